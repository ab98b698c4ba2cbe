import zipfile
from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.formats.npz import read_npz, write_npz
from visavis.motion import ARKIT, FLAME, Column, Motion, MotionSpace, face_to_face


@pytest.fixture
def talk() -> Conversation:
    rng = np.random.default_rng(0)
    seats = face_to_face(1.3)
    people = tuple(
        Participant(
            name,
            motion=Motion(rng.normal(size=(50, 67)), 25, ARKIT),
            speaking=Track(rng.random(50), 25, ("speaking",)),
            seat=seat,
        )
        for name, seat in zip(("Ана", ""), seats, strict=True)
    )
    return Conversation("talk-1", people, 2.0)


def test_round_trip_is_exact(talk, tmp_path):
    assert read_npz(write_npz(talk, tmp_path / "motion.npz")) == talk


def test_without_speaking_seat_or_frames(tmp_path):
    a, b = (Participant(n, motion=Motion.zeros(0, 30, FLAME)) for n in "AB")
    talk = Conversation("t", (a, b), 0.0)
    assert read_npz(write_npz(talk, tmp_path / "m.npz")) == talk


def test_a_space_of_ones_own_travels_along(tmp_path):
    columns = tuple(Column(f"wave{i}", "rad", "head") for i in range(3))
    space = MotionSpace("waves", columns, {"first": ("wave0",)}, "three waves", {"head": (-1.0, 1.0)})
    a, b = (Participant(name, motion=Motion.zeros(4, 30, space)) for name in "AB")
    path = write_npz(Conversation("t", (a, b), 0.2), tmp_path / "m.npz")
    read = read_npz(path).a.motion.space
    assert read == space
    assert read.bounds == space.bounds
    arrays = dict(np.load(path))
    for text, message in (("[" * 5000, "JSON"), ('{"name": "waves", "columns": [["a", "rad", "nose"]]}', "columns")):
        np.savez(path, **{**arrays, "definition": np.array(text)})
        with pytest.raises(InputError, match=message):
            read_npz(path)


def test_numpy_reads_it_without_us(talk, tmp_path):
    with np.load(write_npz(talk, tmp_path / "m.npz"), allow_pickle=False) as found:
        assert found["fps"] == 25
        assert found["space"] == "arkit"
        assert found["columns"].tolist() == list(ARKIT.names)
        assert found["A_partner"] == "B"
        assert np.array_equal(found["B_motion"], talk.b.motion.values)
        assert found["A_speaking"].shape == (50,)
        assert found["A_seat"].tolist() == pytest.approx([-0.65, 1.6, 0, np.pi / 2, 0])


def test_speaking_is_put_on_the_frames_of_the_motion(talk, tmp_path):
    a = replace(talk.a, speaking=Track(np.repeat([0.0, 1.0], 100), 100, ("speaking",)))
    back = read_npz(write_npz(talk.with_participants(a, talk.b), tmp_path / "m.npz"))
    assert back.a.speaking["speaking"].tolist() == [0.0] * 25 + [1.0] * 25


def test_what_cannot_be_written(talk, tmp_path):
    other = replace(talk.b, motion=Motion.zeros(60, 30, ARKIT))
    with pytest.raises(InputError, match="differ in motion space or frame rate"):
        write_npz(talk.with_participants(talk.a, other), tmp_path / "m.npz")
    with pytest.raises(InputError, match="cannot be written"):
        write_npz(talk, tmp_path / "no" / "m.npz")


def test_one_person_is_enough(talk, tmp_path):
    alone = talk.with_participants(replace(talk.a, motion=None), talk.b)
    assert read_npz(write_npz(alone, tmp_path / "m.npz")) == alone
    nobody = alone.with_participants(alone.a, alone.a)
    with pytest.raises(InputError, match="has no motion to write"):
        write_npz(nobody, tmp_path / "n.npz")
    assert not (tmp_path / "n.npz").exists()


def changed(path, **arrays):
    with np.load(path) as found:
        everything = {name: found[name] for name in found.files}
    for name, array in arrays.items():
        if array is None:
            del everything[name]
        else:
            everything[name] = array
    np.savez(path, **everything)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"A_motion": None, "B_motion": None}, "neither 'A_motion' nor 'B_motion'"),
        ({"A_motion": np.zeros((50, 3))}, "'A_motion' has type float64 and shape"),
        ({"A_motion": np.full((50, 67), "x")}, "'A_motion' has type <U1"),
        ({"B_motion": np.full((50, 67), np.inf)}, "B: motion is not finite at frame 0, column 'eyeBlinkLeft'"),
        ({"fps": np.float64(-1)}, "frame rate of -1"),
        ({"fps": np.array("25")}, "'fps' has type"),
        ({"space": np.array("nowhere")}, "'nowhere' is not built in"),
        ({"columns": np.array(["a"] * 67)}, "differ from those of motion space 'arkit'"),
        ({"A_seat": np.full(5, np.nan)}, "three coordinates of at most"),
        ({"A_seat": np.array([0, 1.6, 0, 1e308, 0])}, r"yaw of at most 10,000 radians, not 1e\+308"),
        ({"A_seat": np.array([1e300, 1.6, 0, 0, 0])}, r"three coordinates of at most 1,000,000 m"),
        ({"B_speaking": np.full(50, 3.0)}, "speaking is not a probability at frame 0"),
        ({"id": np.array("../x")}, "an id needs letters"),
        ({"duration": np.float64(99)}, "lasts 2.000 s, the conversation 99.000 s"),
    ],
)
def test_bad_content_is_named(talk, tmp_path, change, message):
    path = changed(write_npz(talk, tmp_path / "m.npz"), **change)
    with pytest.raises(InputError, match=message) as caught:
        read_npz(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


class Evil:
    def __reduce__(self):
        return (print, ("unpickled!",))


def test_nothing_is_unpickled(talk, tmp_path, capsys):
    path = changed(write_npz(talk, tmp_path / "m.npz"), A_name=np.array([Evil()], dtype=object))
    with pytest.raises(InputError, match="Python objects, which could run code"):
        read_npz(path)
    assert "unpickled" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"x" * 99])
def test_broken_files(tmp_path, content):
    (tmp_path / "m.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"m\.npz"):
        read_npz(tmp_path / "m.npz")


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "m.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fps.npy", b"0" * 100)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"m\.npz"):
        read_npz(path)
