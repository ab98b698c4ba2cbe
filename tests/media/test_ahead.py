"""What is made ahead is what would have been made."""

import threading

import pytest

from visavis.media.ahead import ahead


def test_items_come_in_order_and_end():
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([])) == []
    assert list(ahead([None, None])) == [None, None]


def test_only_a_few_are_made_before_they_are_asked_for():
    made = []

    def source():
        for i in range(100):
            made.append(i)
            yield i

    items = ahead(source())
    assert next(items) == 0
    items.close()
    assert len(made) <= 4
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_an_error_comes_where_the_item_would_be():
    def source():
        yield 1
        raise OSError("torn")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(OSError, match="torn"):
        next(items)
