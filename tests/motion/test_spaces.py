import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, FLAME, SPACES, Column, Motion, MotionSpace, Seat, face_to_face, get_space

DIMS = {
    "arkit": 67, "arkit-body": 184, "flame": 118, "emoca56": 56, "talking-together78": 78, "smplx-upper117": 117,
    "flame-face53": 53, "venus-face153": 153, "venus-face156": 156, "venus-body179": 179, "venus332": 332,
    "venus335": 335, "venus170": 170,
}  # fmt: skip
SIGNALS = {"video-call": 6, "rig-speech": 116, "biwi64": 64}  # weights and measurements only, no angle and no place


@pytest.mark.parametrize("name", DIMS | SIGNALS)
def test_columns_are_counted_and_partitioned_by_the_groups(name):
    space = get_space(name)
    assert space.dim == len(space) == (DIMS | SIGNALS)[name]
    together = np.concatenate([space.indices(group) for group in space.groups])
    assert sorted(together) == list(range(space.dim))
    assert len(set(space.names)) == space.dim


@pytest.mark.parametrize("name", DIMS)
def test_units_follow_the_groups(name):
    for column in get_space(name).columns:
        expected = {"expression": "coefficient", "shape": "coefficient", "translation": "m"}.get(column.group, "rad")
        assert column.unit == expected, column


@pytest.mark.parametrize("name", SIGNALS)
def test_signals_have_no_angles_and_no_places(name):
    assert {column.unit for column in get_space(name).columns} == {"coefficient"}


def test_arkit_has_apples_52_shapes_and_its_sets():
    assert len(ARKIT.indices("expression")) == 52
    assert {c.group for c in ARKIT.columns} == {"expression", "neck", "head", "eyes", "translation"}
    lips, upper = ({ARKIT.names[i] for i in ARKIT.indices(name)} for name in ("lips", "upper_face"))
    assert len(lips) == 27
    assert {"jawOpen", "mouthClose", "mouthPucker"} <= lips
    assert len(upper) == 21
    assert not lips & upper


def test_a_body_comes_after_the_face():
    space = get_space("arkit-body")
    assert space.columns[: ARKIT.dim] == ARKIT.columns
    assert [len(space.indices(group)) for group in ("body", "hands")] == [27, 90]
    assert space.names[67:73] == ("spine.x", "spine.y", "spine.z", "leftClavicle.x", "leftClavicle.y", "leftClavicle.z")
    assert space.names[-1] == "rightPinky3.z"


def test_known_sizes_of_the_others():
    assert len(FLAME.indices("expression")) == 100
    assert len(get_space("emoca56").indices("jaw")) == 3
    assert len(get_space("talking-together78").indices("lips")) == 20
    assert [len(get_space("smplx-upper117").indices(g)) for g in ("body", "hands")] == [27, 90]


def test_questions_without_an_answer():
    with pytest.raises(InputError, match="there is no motion space named 'x'; there are: arkit"):
        get_space("x")
    with pytest.raises(InputError, match="no column 'jawopen'"):
        ARKIT.index("jawopen")
    with pytest.raises(InputError, match="no columns for 'hands'; it has: expression"):
        ARKIT.indices("hands")
    with pytest.raises(InputError, match="two columns of the same name"):
        MotionSpace("x", (Column("a", "m", "body"), Column("a", "m", "body")))
    with pytest.raises(InputError, match=r"names unknown columns \['b'\]"):
        MotionSpace("x", (Column("a", "m", "body"),), {"s": ("a", "b")})


def test_motion_says_what_is_wrong_and_where():
    values = np.zeros((9, 67), np.float32)
    values[4, 17] = np.nan
    with pytest.raises(InputError, match="not finite at frame 4, column 'jawOpen'"):
        Motion(values, 25, ARKIT)
    with pytest.raises(InputError, match=r"shape \(9, 67\); space 'flame' needs \(frames, 118\)"):
        Motion(values, 25, FLAME)
    for fps in (0, -1, float("nan")):
        with pytest.raises(InputError, match="must be above 0"):
            Motion(np.zeros((1, 67)), fps, ARKIT)


def test_columns_by_name_group_and_set():
    motion = Motion(np.arange(134, dtype=np.float32).reshape(2, 67), 25, ARKIT)
    assert motion["jawOpen"].tolist() == [17, 84]
    assert motion["head"].shape == (2, 3)
    assert motion[["jawOpen", "head.x"]].tolist() == [[17, 55], [84, 122]]
    changed = motion.with_columns("lips", np.zeros((2, 27)))
    assert changed["lips"].sum() == 0
    assert changed["upper_face"].tolist() == motion["upper_face"].tolist()
    assert motion["jawOpen"].tolist() == [17, 84]


def test_slices_join_again():
    motion = Motion(np.random.default_rng(0).normal(size=(10, 67)), 25, ARKIT)
    assert Motion.concatenate([motion.slice(0, 4), motion.slice(4, 4), motion.slice(4, 10)]) == motion
    with pytest.raises(InputError, match="differ in space or frame rate"):
        Motion.concatenate([motion, Motion.zeros(1, 30, ARKIT)])
    with pytest.raises(InputError, match="nothing to concatenate"):
        Motion.concatenate([])


def test_seats():
    a, b = face_to_face(2.0)
    assert np.allclose(np.add(a.position, 2 * a.forward), b.position)
    assert np.allclose(a.forward, -b.forward)
    with pytest.raises(InputError, match="three coordinates of at most 1,000,000 m"):
        Seat((0, float("inf"), 0), 0)
    assert SPACES["arkit"] is ARKIT
