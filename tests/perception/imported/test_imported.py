"""Results of other systems, written here in the forms that they and their users write."""

import json
import pickle

import numpy as np
import pytest

from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.motion import SMPLX_UPPER117
from visavis.perception.imported.extractor import Imported
from visavis.perception.imported.systems import read_result
from visavis.perception.protocol import get_extractor

FRAMES = 6
RNG = np.random.default_rng(0)
EXP, POSE = RNG.standard_normal((FRAMES, 50)).astype(np.float32), RNG.standard_normal((FRAMES, 6)).astype(np.float32)
CODES = np.concatenate([EXP, POSE], 1)
BODY, LEFT, RIGHT = (RNG.standard_normal((FRAMES, n, 3)).astype(np.float32) for n in (21, 15, 15))


class Hostile:
    """Would write a file if it were unpickled without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def smirk(frame):
    """The encoder's outputs for one picture; a batch of one."""
    return {
        "pose_params": POSE[frame : frame + 1, :3], "cam": np.ones((1, 3)), "shape_params": np.zeros((1, 300)),
        "expression_params": EXP[frame : frame + 1], "eyelid_params": np.zeros((1, 2)),
        "jaw_params": POSE[frame : frame + 1, 3:],
    }  # fmt: skip


def smpler_x(frame):
    """As SMPLer-X's inference writes one person of one frame."""
    return {
        "global_orient": np.zeros((1, 3)), "body_pose": BODY[frame], "left_hand_pose": LEFT[frame],
        "right_hand_pose": RIGHT[frame], "jaw_pose": np.zeros((1, 3)), "leye_pose": np.zeros((1, 3)),
        "reye_pose": np.zeros((1, 3)), "betas": np.zeros((1, 10)), "expression": np.zeros((1, 10)),
        "transl": np.ones((1, 3)),
    }  # fmt: skip


def listed(entry):
    return {name: np.asarray(value).tolist() for name, value in entry.items()}


@pytest.mark.parametrize("form", ["npz", "npy", "json", "pkl"])
def test_smirk_frame_by_frame_in_every_form(tmp_path, form):
    for frame in range(FRAMES):
        path = tmp_path / f"{frame + 1:05d}.{form}"
        if form == "npz":
            np.savez(path, **smirk(frame))
        elif form == "npy":
            np.save(path, smirk(frame), allow_pickle=True)
        elif form == "json":
            path.write_text(json.dumps(listed(smirk(frame))))
        else:
            path.write_bytes(pickle.dumps(smirk(frame)))
    motion, tracked = read_result("smirk", tmp_path, 25.0)
    np.testing.assert_allclose(motion.values, CODES, rtol=1e-6)
    assert (motion.space.name, motion.fps, tracked.valid.all()) == ("emoca56", 25.0, True)


@pytest.mark.parametrize("form", ["npz", "npy", "json", "pkl", "list"])
def test_spectre_of_a_whole_clip(tmp_path, form):
    codes = {"shape": np.zeros((FRAMES, 100)), "exp": EXP, "pose": POSE, "cam": np.zeros((FRAMES, 3))}
    path = tmp_path / f"clip.{'pkl' if form == 'list' else form}"
    if form == "npz":
        np.savez(path, **codes)
    elif form == "npy":
        np.save(path, codes, allow_pickle=True)
    elif form == "json":
        path.write_text(json.dumps(listed(codes)))
    elif form == "pkl":
        path.write_bytes(pickle.dumps(codes, protocol=2))
    else:
        path.write_bytes(pickle.dumps([{name: value[i] for name, value in codes.items()} for i in range(FRAMES)]))
    np.testing.assert_allclose(read_result("spectre", path, 30.0)[0].values, CODES, rtol=1e-6)


def test_smpler_x_columns_are_the_joints_they_are_named_after(tmp_path):
    for frame in range(FRAMES):
        if frame != 3:  # nobody was found there
            np.savez(tmp_path / f"{frame + 1:05d}_0.npz", **smpler_x(frame))
        np.savez(tmp_path / f"{frame + 1:05d}_1.npz", **smpler_x(0))
    motion, tracked = read_result("smpler-x", tmp_path, 25.0, FRAMES + 2)
    assert motion.space == SMPLX_UPPER117
    assert tracked.valid.tolist() == [True, True, True, True, True, True, False, False]  # person 1 where 0 is missing
    motion, tracked = read_result("smpler-x", tmp_path, 25.0, FRAMES + 2, person=0)
    assert tracked.valid.tolist() == [True, True, True, False, True, True, False, False]
    # Rows of SMPL-X's poses, counted by hand from its list of joints (the pelvis is not in the body pose).
    rows = {"spine3": BODY[2, 8], "neck": BODY[2, 11], "head": BODY[2, 14], "right_elbow": BODY[2, 18]}
    rows |= {
        "left_index1": LEFT[2, 0],
        "left_pinky2": LEFT[2, 7],
        "right_ring3": RIGHT[2, 11],
        "right_thumb3": RIGHT[2, 14],
    }
    for joint, value in rows.items():
        np.testing.assert_array_equal(motion.slice(2, 3)[[f"{joint}.{axis}" for axis in "xyz"]][0], value)
    np.testing.assert_allclose(motion.values[3], (motion.values[2] + motion.values[4]) / 2, rtol=1e-5)
    assert np.array_equal(motion.values[6], motion.values[5])


def test_osx_pickles_are_those_of_its_evaluation(tmp_path):
    for frame in range(FRAMES):
        entry = {"params": {k: np.asarray(v).reshape(1, -1) for k, v in smpler_x(frame).items()}, "joints": np.ones(2)}
        (tmp_path / f"{frame}.pkl").write_bytes(pickle.dumps(entry))
    own = {"smplx_body_pose": BODY, "smplx_lhand_pose": LEFT, "smplx_rhand_pose": RIGHT}
    np.savez(tmp_path.with_suffix(".npz"), **own)
    evaluated, saved = (read_result("osx", path, 25.0)[0] for path in (tmp_path, tmp_path.with_suffix(".npz")))
    assert evaluated == saved


@pytest.mark.parametrize("form", ["pkl", "npy"])
def test_a_hostile_pickle_is_one_line_and_does_nothing(tmp_path, form):
    target = tmp_path / "made"
    path = tmp_path / f"clip.{form}"
    entry = {"exp": EXP, "pose": Hostile(target)}
    if form == "pkl":
        path.write_bytes(pickle.dumps(entry))
    else:
        np.save(path, entry, allow_pickle=True)
    with pytest.raises(InputError, match=rf"clip\.{form}: contains io\.open, which is not an array"):
        read_result("spectre", path, 25.0)
    assert not target.exists()


def test_what_does_not_fit_is_said(tmp_path):
    clip = tmp_path / "clip.npz"
    for arrays, message in [
        ({"exp": EXP}, r"clip\.npz: has no pose \(as pose or posecode\); it has exp"),
        ({"exp": EXP, "pose": POSE[:, :3]}, r"pose has shape \(6, 3\); \(frames, 6\) is needed"),
        ({"exp": EXP, "pose": POSE[:4]}, "differ in length, in frames: expression 6, pose 4"),
        ({"exp": np.where(np.arange(50) == 7, np.nan, EXP), "pose": POSE}, "expression is not finite in frame 0"),
        ({"exp": EXP.astype(str), "pose": np.array(["x"])}, "pose is not a numeric array"),
    ]:
        np.savez(clip, **arrays)
        with pytest.raises(InputError, match=message):
            read_result("emoca", clip, 25.0)
    clip.write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(InputError, match=r"clip\.npz: not an intact \.npz file"):
        read_result("emoca", clip, 25.0)
    (tmp_path / "torn.pkl").write_bytes(pickle.dumps({"exp": EXP})[:-900])
    with pytest.raises(InputError, match=r"torn\.pkl: not an intact pickle"):
        read_result("emoca", tmp_path / "torn.pkl", 25.0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: contains no results"):
        read_result("smpler-x", tmp_path / "empty", 25.0)
    with pytest.raises(InputError, match="no such file or folder"):
        read_result("smirk", tmp_path / "nothing", 25.0)
    with pytest.raises(InputError, match="'deca' cannot be read; there are: emoca, smirk"):
        read_result("deca", clip, 25.0)


def test_as_an_extractor_each_person_has_a_path(tmp_path):
    np.savez(tmp_path / "left.npz", exp=EXP, pose=POSE)
    before = Conversation("x", (Participant("A"), Participant("B")), FRAMES / 25)
    done = get_extractor("faces", "imported", system="spectre", a=tmp_path / "left.npz", fps=25.0)(before)
    np.testing.assert_array_equal(done.a.motion.values, CODES)
    assert done.a.tracks["tracked"].valid.all()
    assert done.b == before.b
    with pytest.raises(InputError, match="has no video; set 'fps', the frame rate"):
        Imported("spectre", tmp_path / "left.npz")(before)
    for kind in ("faces", "bodies"):
        with pytest.raises(InputError, match="need 'system'"):
            get_extractor(kind, "imported")
