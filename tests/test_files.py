import pytest

from visavis.errors import InputError
from visavis.files import atomic_write, need_room


def test_a_file_appears_whole(tmp_path):
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_left_after_an_interruption(tmp_path):
    (tmp_path / "a.txt").write_text("old")

    def interrupted():
        with atomic_write(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_one_line(tmp_path):
    def full():
        with atomic_write(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"a\.txt cannot be written: the disk is full"):
        full()
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path):
    need_room(tmp_path / "not" / "there" / "yet", 1000, "two files")
    with pytest.raises(
        InputError, match=r"yet: a million films need about 1,000,000,000\.0 GB, of which [\d.,]+ are free"
    ):
        need_room(tmp_path / "not" / "there" / "yet", 1e18, "a million films")
    assert list(tmp_path.iterdir()) == []
