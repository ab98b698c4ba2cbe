"""The scene as a viewer sees it: valid, named, and moving as the body model moves."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation, Slerp

from visavis.bodies.figure import PARTS
from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.formats.glb import srgb_to_linear
from visavis.formats.gltf import write_glb
from visavis.motion import ARKIT, ARKIT_BODY, FLAME, Motion, Seat
from visavis.motion.mapping import with_body
from visavis.motion.spaces import ARKIT_SHAPES

FRAMES = 30


@pytest.fixture(scope="module")
def talk() -> Conversation:
    rng = np.random.default_rng(0)
    people = []
    for name, seat in (("A", Seat((-0.6, 1.58, 0.1), 1.4)), ("B", Seat((0.6, 1.25, 0), -1.7, seated=True))):
        values = np.zeros((FRAMES, 67), np.float32)
        values[:, :52] = rng.random((FRAMES, 52)) * 0.5
        values[:, 52:64] = rng.normal(0, 0.15, (FRAMES, 12))
        values[:, 64:] = np.array(seat.position) + rng.normal(0, 0.02, (FRAMES, 3))
        people.append(Participant(name, motion=Motion(values, 25, ARKIT), seat=seat))
    return Conversation("talk", tuple(people), FRAMES / 25)


@pytest.fixture(scope="module")
def path(talk, tmp_path_factory):
    return write_glb(talk, tmp_path_factory.mktemp("glb") / "scene.glb")


class Glb:
    """A small reader of its own, so that writer and reader share no mistakes."""

    TYPES = {5126: "<f4", 5125: "<u4", 5123: "<u2", 5121: "<u1"}  # noqa: RUF012
    WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}  # noqa: RUF012

    def __init__(self, path):
        data = path.read_bytes()
        assert data[:4] == b"glTF"
        assert int.from_bytes(data[8:12], "little") == len(data)
        length = int.from_bytes(data[12:16], "little")
        self.json = json.loads(data[20 : 20 + length])
        self.binary = data[28 + length :]

    def _view(self, view, component, count, width, offset=0):
        view = self.json["bufferViews"][view]
        start = view.get("byteOffset", 0) + offset
        return np.frombuffer(self.binary, self.TYPES[component], count * width, start).reshape(count, width)

    def array(self, index):
        a = self.json["accessors"][index]
        width = self.WIDTHS[a["type"]]
        if "bufferView" in a:
            result = self._view(a["bufferView"], a["componentType"], a["count"], width, a.get("byteOffset", 0))
        else:
            result = np.zeros((a["count"], width), np.float32)
        if "sparse" in a:
            s = a["sparse"]
            rows = self._view(s["indices"]["bufferView"], s["indices"]["componentType"], s["count"], 1)[:, 0]
            result = result.copy()
            result[rows] = self._view(s["values"]["bufferView"], a["componentType"], s["count"], width)
        if a.get("normalized"):
            result = result / np.iinfo(result.dtype).max
        return result

    def node(self, name):
        return next(i for i, node in enumerate(self.json["nodes"]) if node["name"] == name)

    def pose(self, seconds):
        """Global matrices of all nodes and the morph weights of the animated ones."""
        nodes = [dict(node) for node in self.json["nodes"]]
        for channel in self.json["animations"][0]["channels"]:
            sampler = self.json["animations"][0]["samplers"][channel["sampler"]]
            times, values = self.array(sampler["input"])[:, 0], self.array(sampler["output"])
            values = values.reshape(len(times), -1)
            target = channel["target"]
            if target["path"] == "rotation":
                now = Slerp(times, Rotation.from_quat(values))(np.clip(seconds, times[0], times[-1])).as_quat()
            else:
                now = np.array([np.interp(seconds, times, column) for column in values.T])
            nodes[target["node"]][target["path"]] = now
        matrices = {}

        def walk(index, above):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_quat(nodes[index].get("rotation", [0, 0, 0, 1])).as_matrix()
            local[:3, 3] = nodes[index].get("translation", [0, 0, 0])
            matrices[index] = above @ local
            for child in nodes[index].get("children", []):
                walk(child, matrices[index])

        for root in self.json["scenes"][0]["nodes"]:
            walk(root, np.eye(4))
        return matrices, {i: node["weights"] for i, node in enumerate(nodes) if "weights" in node}

    def vertices(self, name, seconds):
        """World positions of a skinned mesh, by the name of its primitive's material."""
        matrices, weights = self.pose(seconds)
        index = self.node(name)
        node = self.json["nodes"][index]
        skin = self.json["skins"][node["skin"]]
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        joints = np.stack([matrices[joint] for joint in skin["joints"]]) @ inverse
        found = {}
        for primitive in self.json["meshes"][node["mesh"]]["primitives"]:
            points = self.array(primitive["attributes"]["POSITION"]).astype(float)
            for weight, target in zip(weights.get(index, []), primitive.get("targets", []), strict=False):
                points = points + weight * self.array(target["POSITION"])
            blend = np.einsum(
                "nk,nkij->nij",
                self.array(primitive["attributes"]["WEIGHTS_0"]),
                joints[self.array(primitive["attributes"]["JOINTS_0"])],
            )
            material = self.json["materials"][primitive["material"]]["name"]
            found[material] = np.einsum("nij,nj->ni", blend[:, :3, :3], points) + blend[:, :3, 3]
        return found


@pytest.fixture(scope="module")
def glb(path) -> Glb:
    return Glb(path)


@pytest.mark.parametrize("person", [0, 1])
@pytest.mark.parametrize("frame", [0, 7, 29])
def test_faces_are_where_the_body_model_puts_them(glb, talk, person, frame):
    import torch

    from visavis.bodies.anny import AnnyBody
    from visavis.bodies.appearance import default_appearances

    participant = talk.participants[person]
    body = AnnyBody(default_appearances()[person], seated=participant.seat.seated)
    values = torch.from_numpy(participant.motion.values[frame])
    expected = body.vertices(values, participant.seat.yaw).numpy()
    name = f"person_{'ab'[person]}"
    seen = {**glb.vertices(f"{name}_body", frame / 25)}
    for part, points in glb.vertices(f"{name}_face", frame / 25).items():
        seen[part] = np.concatenate([points, seen.get(part, np.zeros((0, 3)))])
    chest = body.figure.joints[0, 1] + 0.46  # below it the scene keeps hips and feet where they are
    for part, points in seen.items():
        mine = (body.figure.parts == PARTS.index(part)) & (body.figure.rest[:, 1] > chest)
        if mine.any():
            distance, _ = cKDTree(points).query(expected[mine])
            assert distance.max() < 1e-3, part
            assert np.sqrt((distance**2).mean()) < 2e-4, part


def test_arms_and_fingers_are_where_the_body_model_puts_them(talk, tmp_path):
    import torch

    from visavis.bodies.anny import AnnyBody
    from visavis.bodies.appearance import default_appearances

    seat = talk.a.seat
    motion = with_body(talk.a.motion)
    turns = np.random.default_rng(1).normal(0, 0.3, (FRAMES, 117))
    motion = motion.with_columns("body", turns[:, :27]).with_columns("hands", turns[:, 27:])
    glb = Glb(write_glb(talk.with_participants(replace(talk.a, motion=motion), talk.b), tmp_path / "x.glb"))
    body = AnnyBody(default_appearances()[0], space=ARKIT_BODY)
    hands = (body.figure.parts == PARTS.index("skin")) & (body.figure.arms > 0.99)
    assert hands.sum() > 500
    for frame in (0, 7, 29):
        expected = body.vertices(torch.from_numpy(motion.values[frame]), seat.yaw).numpy()[hands]
        distance, _ = cKDTree(glb.vertices("person_a_body", frame / 25)["skin"]).query(expected)
        assert distance.max() < 4e-3
        assert np.sqrt((distance**2).mean()) < 1e-3


def test_feet_stay_on_the_floor(glb):
    shoes = [glb.vertices("person_a_body", i / 25)["shoes"] for i in range(0, FRAMES, 5)]
    assert abs(shoes[0][:, 1].min()) < 0.02
    assert np.ptp(shoes, axis=0).max() < 0.015


def solid(glb: Glb, name: str) -> np.ndarray:
    """Points of a thing that does not move."""
    primitive = glb.json["meshes"][glb.json["nodes"][glb.node(name)]["mesh"]]["primitives"][0]
    return glb.array(primitive["attributes"]["POSITION"])


def test_who_sits_sits_on_a_chair(glb):
    names = [node["name"] for node in glb.json["nodes"]]
    assert "chair-b" in names
    assert "chair-a" not in names
    assert "table" not in names
    chair = solid(glb, "chair-b")
    assert abs(chair[:, 1].min()) < 1e-6
    clothes = glb.vertices("person_b_body", 0)["trousers"]
    board = np.unique(chair[:, 1])[2]  # foot, underside and upper side of the board, and what is above
    hips = glb.pose(0)[0][glb.node("person_b_torso")][:3, 3]
    above = clothes[np.linalg.norm((clothes - hips)[:, [0, 2]], axis=1) < 0.15]
    assert abs(above[:, 1].min() - board) < 0.04


def test_a_table_stands_between_two_who_sit_and_the_floor_is_darker_below(talk, tmp_path):
    seats = (Seat((-0.55, 1.18, 0), np.pi / 2, True), Seat((0.55, 1.18, 0), -np.pi / 2, True))
    people = (replace(person, seat=seat) for person, seat in zip(talk, seats, strict=True))
    glb = Glb(write_glb(talk.with_participants(*people), tmp_path / "x.glb"))
    table = solid(glb, "table")
    assert 0.65 < table[:, 1].max() < 0.8
    assert 0.2 < np.abs(table[:, 0]).max() < 0.3
    primitive = glb.json["meshes"][glb.json["nodes"][glb.node("floor")]["mesh"]]["primitives"][0]
    light = glb.array(primitive["attributes"]["COLOR_0"])[:, 0]
    away = np.linalg.norm(solid(glb, "floor"), axis=1)
    assert light[away < 0.1].max() < 0.7
    assert light[away > 2].min() > 0.95


def test_morph_targets_have_apples_names(glb):
    for name in ("person_a_face", "person_b_face"):
        mesh = glb.json["meshes"][glb.json["nodes"][glb.node(name)]["mesh"]]
        assert mesh["extras"]["targetNames"] == list(ARKIT_SHAPES)
        assert all(len(primitive["targets"]) == 52 for primitive in mesh["primitives"])


def test_animation_has_a_key_per_frame(glb):
    animation = glb.json["animations"][0]
    paths = [channel["target"]["path"] for channel in animation["channels"]]
    assert sorted(paths) == ["rotation"] * 12 + ["translation"] * 2 + ["weights"] * 2
    for sampler in animation["samplers"]:
        times = glb.array(sampler["input"])[:, 0]
        assert np.allclose(times, np.arange(FRAMES) / 25)


def test_two_different_people_cameras_and_lights(glb):
    a, b = ({m: len(v) for m, v in glb.vertices(f"person_{x}_body", 0).items()} for x in "ab")
    assert a != b
    assert [camera["name"] for camera in glb.json["cameras"]] == ["two-shot", "close-up-a", "close-up-b"]
    assert len(glb.json["extensions"]["KHR_lights_punctual"]["lights"]) == 3


@pytest.mark.parametrize("space", [ARKIT, ARKIT_BODY], ids=lambda space: space.name)
def test_names_are_those_that_viewers_show(talk, tmp_path, space):
    """three.js takes blanks and reserved characters out of names; nothing may be left for it to take out."""
    seats = (Seat((-0.55, 1.18, 0), np.pi / 2, True), Seat((0.55, 1.18, 0), -np.pi / 2, True))
    motions = (person.motion if space is ARKIT else with_body(person.motion) for person in talk)
    people = (
        replace(person, name="A. B/C [x]: d", motion=motion, seat=seat)
        for person, motion, seat in zip(talk, motions, seats, strict=True)
    )
    scene = Glb(write_glb(talk.with_participants(*people), tmp_path / "x.glb")).json
    named = [thing for kind in ("nodes", "meshes", "cameras", "animations", "skins") for thing in scene[kind]]
    named += scene["extensions"]["KHR_lights_punctual"]["lights"]
    names = [thing["name"] for thing in named]
    names += [name for mesh in scene["meshes"] for name in mesh.get("extras", {}).get("targetNames", [])]
    assert {"person_a_head", "table", "chair-b", "key-light", "close-up-a", "jawOpen"} <= set(names)
    assert [re.sub(r"[\[\].:/]", "", re.sub(r"\s", "_", name)) for name in names] == names
    nodes = [node["name"] for node in scene["nodes"]]
    assert len(set(nodes)) == len(nodes)


def test_the_frame_rate_is_where_importers_keep_it(glb, talk, tmp_path):
    rate = {"fps": 25.0, "frames": FRAMES}
    assert glb.json["scenes"][0]["extras"] == {"conversation": "talk", "duration": FRAMES / 25, **rate}
    assert glb.json["animations"][0]["extras"] == rate
    people = (replace(person, motion=replace(person.motion, fps=30)) for person in talk)
    faster = Glb(write_glb(Conversation("talk", tuple(people), FRAMES / 30), tmp_path / "x.glb"))
    assert faster.json["animations"][0]["extras"] == {"fps": 30.0, "frames": FRAMES}
    times = faster.array(faster.json["animations"][0]["samplers"][0]["input"])[:, 0]
    assert np.allclose(times * 30, np.arange(FRAMES), atol=1e-4)


def test_faces_get_about_as_much_light_as_makes_white(glb):
    """Pi lux at an exposure of 1; what a viewer adds of its own is little."""
    matrices, _ = glb.pose(0)
    lights = glb.json["extensions"]["KHR_lights_punctual"]["lights"]
    eyes = glb.vertices("person_a_body", 0)["eyes"].mean(0)
    lux = 0.0
    for light in lights:
        assert light["type"] == "point"
        place = matrices[glb.node(light["name"])][:3, 3]
        lux += light["intensity"] / np.sum((place - eyes) ** 2)
    assert 0.5 * np.pi < lux < 3 * np.pi


def test_close_ups_look_at_faces(glb):
    matrices, _ = glb.pose(0)
    for camera, person in (("close-up-a", "a"), ("close-up-b", "b")):
        matrix = matrices[glb.node(camera)]
        eyes = glb.vertices(f"person_{person}_body", 0)["eyes"].mean(0)
        local = np.linalg.inv(matrix) @ [*eyes, 1]
        assert local[2] < -0.4  # in front, as glTF cameras look along -Z
        assert np.abs(local[:2]).max() < 0.15 * -local[2]
        assert matrix[1, 1] > 0.9  # upright


def test_size_of_a_minute(glb, path):
    per_frame = 4 * (52 + 3 + 4 * 4) * 2
    assert path.stat().st_size + 1500 * per_frame < 15e6


def test_known_colours():
    assert srgb_to_linear(np.array([0.0, 0.04045, 0.5, 1.0])) == pytest.approx([0, 0.0031308, 0.2140411, 1], abs=1e-6)


def test_what_cannot_be_shown(talk, tmp_path):
    for change, message in (
        ({"motion": None}, "participant B has no motion"),
        ({"seat": None}, "participant B has no seat"),
        (
            {"motion": Motion.zeros(FRAMES, 25, FLAME)},
            "participant B: a scene needs 'arkit' or 'arkit-body' motion, not 'flame'",
        ),
    ):
        with pytest.raises(InputError, match=message):
            write_glb(talk.with_participants(talk.a, replace(talk.b, **change)), tmp_path / "x.glb")
    with pytest.raises(InputError, match="cannot be written"):
        write_glb(talk, tmp_path / "no" / "x.glb")
    assert list(tmp_path.iterdir()) == []


def test_without_frames(tmp_path):
    people = (
        Participant(n, motion=Motion.zeros(0, 25, ARKIT), seat=Seat((x, 1.6, 0), 0)) for n, x in (("A", 0), ("B", 1))
    )
    glb = Glb(write_glb(Conversation("t", tuple(people), 0.0), tmp_path / "x.glb"))
    assert "animations" not in glb.json


VALIDATE = """
const fs = require('fs');
require('gltf-validator').validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])), {maxIssues: 100})
  .then(report => console.log(JSON.stringify(report)));
"""


@pytest.fixture(scope="session")
def validator(tmp_path_factory):
    """A folder in which node finds the Khronos validator."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs node and npm for the Khronos glTF validator")
    folder = tmp_path_factory.mktemp("validator")
    command = ["npm", "install", "--no-audit", "--no-fund", "gltf-validator@2.0.0-dev.3.10"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not bring the Khronos glTF validator in a minute")
    if done.returncode:
        pytest.skip(f"npm cannot bring the Khronos glTF validator: {done.stderr.strip().splitlines()[:1]}")
    return folder


def test_the_khronos_validator_finds_nothing(validator, path):
    done = subprocess.run(
        ["node", "-e", VALIDATE, str(path)], cwd=validator, capture_output=True, text=True, timeout=60, check=True
    )
    report = json.loads(done.stdout)
    assert report["issues"]["messages"] == []
    assert (report["issues"]["numErrors"], report["issues"]["numWarnings"]) == (0, 0)
    assert report["info"]["hasMorphTargets"]
    assert report["info"]["hasSkins"]
