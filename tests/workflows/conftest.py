"""What the tests of whole jobs share."""

import pytest

from film_toys import ToyExtractor
from visavis.workflows import extract


@pytest.fixture
def calls(monkeypatch):
    """The extractors that ran, and on what."""
    made = []
    monkeypatch.setattr(
        extract, "get_extractor", lambda step, _name=None, **settings: ToyExtractor(step, made, **settings)
    )
    return made
