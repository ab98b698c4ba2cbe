import numpy as np
import pytest
import torch

from visavis.bodies import AnnyBody, BodyModel, body_for, default_appearances
from visavis.bodies.identity import JOINTS
from visavis.errors import InputError
from visavis.motion import ARKIT, EMOCA56, TALKING_TOGETHER78

HEAD = np.array([0.0, 1.6, 0.0])


@pytest.fixture(scope="module", params=[0, 1], ids=["A", "B"])
def body(request) -> AnnyBody:
    return AnnyBody(default_appearances()[request.param])


@pytest.fixture(scope="module")
def seated() -> AnnyBody:
    return AnnyBody(default_appearances()[0], seated=True)


def values(**columns: float) -> torch.Tensor:
    row = np.zeros(ARKIT.dim, np.float32)
    row[ARKIT.indices("translation")] = HEAD
    for name, value in columns.items():
        row[ARKIT.index(name.replace("_", "."))] = value
    return torch.from_numpy(row)


def moved(body: AnnyBody, **columns: float) -> np.ndarray:
    """How far each vertex is from where it rests, (V, 3)."""
    return (body.vertices(values(**columns)) - body.vertices(values())).numpy()


def eye_centre(body: AnnyBody, side: str) -> np.ndarray:
    figure = body.figure
    turns = figure.weights[:, JOINTS.index(f"eye.{side}")] == 1
    return body.vertices(values()).numpy()[turns].mean(0)


def iris_direction(body: AnnyBody, side: str, yaw: float = 0.0, **columns: float) -> np.ndarray:
    """Where the front of the eyeball points."""
    eye = np.flatnonzero(body.figure.weights[:, JOINTS.index(f"eye.{side}")] == 1)
    front = eye[body.figure.rest[eye, 2].argmax()]
    back = eye[body.figure.rest[eye, 2].argmin()]
    points = body.vertices(values(**columns), yaw).numpy()
    return (points[front] - points[back]) / np.linalg.norm(points[front] - points[back])


def test_is_a_body_of_the_arkit_space(body):
    assert isinstance(body, BodyModel)
    assert body.space is ARKIT
    points = body.vertices(values())
    assert points.shape == (len(body.figure.rest), 3)
    assert torch.isfinite(points).all()
    assert body.faces.min() == 0
    assert body.faces.max() == len(points) - 1
    assert np.allclose(body.figure.weights.sum(1), 1, atol=1e-5)


def test_measures_of_an_adult(body):
    apart = np.linalg.norm(eye_centre(body, "L") - eye_centre(body, "R"))
    assert 0.055 < apart < 0.069  # adults: 54 to 74 mm, mean 63 (Dodgson 2004)
    height = np.ptp(body.figure.rest[:, 1])
    assert 1.5 < height < 1.95
    assert abs(body.figure.rest[:, 1].min()) < 0.01


def test_left_is_positive_x_and_the_face_looks_along_z(body):
    assert eye_centre(body, "L")[0] > 0.02 > -0.02 > eye_centre(body, "R")[0]
    assert eye_centre(body, "L")[2] > HEAD[2] + 0.03
    assert iris_direction(body, "L") == pytest.approx([0, 0, 1], abs=0.02)


def test_arms_hang_beside_the_body(body):
    for low, high in ((-0.5, -0.15), (0.15, 0.5)):
        hands = body.figure.rest[body.figure.part("skin")]
        hands = hands[hands[:, 1] < 1.0]
        side = hands[(hands[:, 0] > low) & (hands[:, 0] < high)]
        assert len(side) > 100
        assert side[:, 1].max() < 1.0


def test_seated_is_lower_and_has_knees_in_front(seated):
    standing = AnnyBody(default_appearances()[0])
    head = JOINTS.index("head")
    assert seated.figure.joints[head, 1] < standing.figure.joints[head, 1] - 0.25
    trousers = seated.figure.rest[seated.figure.part("trousers")]
    assert np.ptp(trousers[:, 2]) > 0.4


def test_translation_is_where_the_head_joint_is_and_turning_does_not_change_it(body):
    expected = HEAD + body.figure.rest[0] - body.figure.joints[JOINTS.index("head")]
    assert body.vertices(values()).numpy()[0] == pytest.approx(expected, abs=1e-5)
    shift = np.array([0.3, 0.1, -0.4], np.float32)
    other = values()
    other[ARKIT.indices("translation")] += torch.from_numpy(shift)
    assert np.allclose((body.vertices(other) - body.vertices(values())).numpy(), shift, atol=1e-5)
    # Only the head moves when it turns, about a joint that stays where it is.
    still = np.abs(moved(body, head_y=0.5)).max(1) < 1e-6
    assert still[body.figure.weights[:, 0] == 1].all()
    centre = body.vertices(values(head_y=0.5)).numpy()[body.figure.weights[:, 4] == 1]
    rest = body.vertices(values()).numpy()[body.figure.weights[:, 4] == 1]
    assert np.allclose(np.linalg.norm(centre - HEAD, axis=1), np.linalg.norm(rest - HEAD, axis=1), atol=1e-5)


def test_yaw_turns_the_whole_person(body):
    rest = body.vertices(values()).numpy() - HEAD
    left = body.vertices(values(), np.pi / 2).numpy() - HEAD  # looks along +X
    assert np.allclose(left, np.stack([rest[:, 2], rest[:, 1], -rest[:, 0]], 1), atol=1e-5)


def test_world_gaze_is_the_product_of_yaw_neck_head_and_eye(body):
    import roma

    rng = np.random.default_rng(0)
    neck, head, eye = (torch.from_numpy(rng.normal(0, 0.2, 3)).float() for _ in range(3))
    columns = {
        f"{joint}_{axis}": float(v[i])
        for joint, v in (("neck", neck), ("head", head), ("leftEye", eye))
        for i, axis in enumerate("xyz")
    }
    turn = roma.rotvec_to_rotmat(torch.tensor([0.0, 0.7, 0.0]))
    chain = turn @ roma.rotvec_to_rotmat(neck) @ roma.rotvec_to_rotmat(head) @ roma.rotvec_to_rotmat(eye)
    expected = chain @ torch.from_numpy(iris_direction(body, "L"))
    assert iris_direction(body, "L", 0.7, **columns) == pytest.approx(expected.numpy(), abs=2e-3)


def test_signs_of_rotations(body):
    assert iris_direction(body, "L", leftEye_y=0.3)[0] > 0.25  # to the person's left
    assert iris_direction(body, "R", rightEye_x=0.3)[1] < -0.25  # down
    assert iris_direction(body, "L", head_x=0.3)[1] < -0.25
    assert iris_direction(body, "L", neck_x=0.3)[1] < -0.25
    assert iris_direction(body, "L", neck_y=0.3)[0] > 0.25


def test_jaw_moves_lips_down_and_leaves_the_forehead(body):
    offset = moved(body, jawOpen=1.0)
    assert offset[body.lip_vertices, 1].min() < -0.015
    points = body.vertices(values()).numpy()
    forehead = body.figure.part("skin")
    forehead = forehead[points[forehead, 1] > eye_centre(body, "L")[1] + 0.03]
    assert np.abs(offset[forehead]).max() < 1e-4


def test_each_side_is_the_persons_own(body):
    rest = body.vertices(values()).numpy()
    for side, sign in (("Left", 1), ("Right", -1)):
        for shape in (f"eyeBlink{side}", f"mouthSmile{side}", f"browOuterUp{side}"):
            size = np.linalg.norm(moved(body, **{shape: 1.0}), axis=1)
            mean = (rest[:, 0] * size).sum() / size.sum()
            assert sign * mean > 0.01, shape


def test_smile_lifts_the_corners_and_blink_lowers_the_upper_lid(body):
    smile = moved(body, mouthSmileLeft=1.0, mouthSmileRight=1.0)
    lips = body.lip_vertices
    x = body.figure.rest[lips, 0]
    corners = lips[np.abs(x) > np.quantile(np.abs(x), 0.9)]
    assert smile[corners, 1].mean() > 0.002
    blink = moved(body, eyeBlinkLeft=1.0)
    assert blink[body.upper_face_vertices, 1].min() < -0.006


def test_index_sets_are_apart_and_where_they_should_be(body):
    assert not set(body.lip_vertices) & set(body.upper_face_vertices)
    height = body.figure.rest[:, 1] - body.figure.joints[JOINTS.index("eye.L"), 1]
    assert height[body.upper_face_vertices].min() > -0.06
    assert height[body.lip_vertices].mean() < -0.04
    assert min(len(body.lip_vertices), len(body.upper_face_vertices)) > 200


def test_eyelook_shapes_move_lids_but_never_the_eyeball(body):
    offset = moved(body, eyeLookDownLeft=1.0)
    assert np.abs(offset[body.figure.part("eyes")]).max() == 0
    assert np.abs(offset).max() > 0.001


def test_batches_and_subsets_agree(body):
    batch = torch.stack([values(jawOpen=0.5, head_y=0.2), values(neck_x=0.3)])
    both = body.vertices(batch.reshape(1, 2, -1), torch.tensor([[0.4, -0.2]]))
    assert both.shape[:2] == (1, 2)
    assert torch.allclose(both[0, 1], body.vertices(batch[1], -0.2), atol=1e-6)
    lips = body.lip_vertices[::7]
    assert torch.allclose(body.vertices(batch[0], 0.4, subset=lips), both[0, 0, lips], atol=1e-5)


def test_gradients_reach_every_kind_of_column(body):
    variable = values(jawOpen=0.2).requires_grad_()
    weight = torch.from_numpy(np.random.default_rng(0).normal(size=(len(body.figure.rest), 3))).float()
    (body.vertices(variable) * weight).sum().backward()
    gradient = variable.grad.numpy()
    assert np.isfinite(gradient).all()
    for group in ("expression", "neck", "head", "eyes", "translation"):
        assert (np.abs(gradient[ARKIT.indices(group)]) > 0).mean() > 0.9, group


def test_linear_basis_is_the_unposed_face(body):
    lips = body.lip_vertices[::5]
    rest, deltas = body.linear_basis(lips)
    shape = torch.zeros(52)
    shape[ARKIT.index("jawOpen")] = 0.6
    direct = body.vertices(values(jawOpen=0.6), subset=lips) - torch.from_numpy(HEAD).float()
    # Lips belong to the head alone, so skinning changes nothing while the head is straight.
    assert torch.allclose(rest + torch.einsum("k,knc->nc", shape, deltas), direct, atol=1e-5)


def test_default_people_differ():
    a, b = default_appearances()
    assert all(a[key] != b[key] for key in ("gender", "skin", "iris", "hair", "shirt", "hair_style"))


@pytest.mark.parametrize(
    ("appearance", "told"),
    [
        ({"gender": 2}, "gender"),
        ({"gender": "female"}, "gender"),
        ({"shirt": "red"}, "shirt"),
        ({"wings": 1}, "wings"),
        ({"african": 0, "asian": 0, "caucasian": 0}, "african"),
        ({"face": {"../../etc": 1}}, "face"),
        ({"face": {"nose-of-wax": 1}}, "nose-of-wax"),
        ({"hair_style": "mohawk"}, "mohawk"),
    ],
)
def test_bad_appearances_are_named_in_one_line(appearance, told):
    with pytest.raises(InputError, match=told) as error:
        AnnyBody(appearance)
    assert "\n" not in str(error.value)


def test_wrong_columns_are_refused(seated):
    with pytest.raises(InputError, match="67"):
        seated.vertices(torch.zeros(3, 56))


def test_body_for_names_what_is_missing():
    with pytest.raises(InputError, match="model file"):
        body_for(EMOCA56)
    with pytest.raises(InputError, match="map the motion"):
        body_for(TALKING_TOGETHER78)


def test_a_figure_survives_the_cache_and_a_broken_cache_is_rebuilt(tmp_path, monkeypatch):
    monkeypatch.setenv("VISAVIS_CACHE", str(tmp_path))
    appearance = {"gender": 0.3, "face": {"nose-hump-incr": 0.5}, "hair_style": "bald"}
    made = AnnyBody(appearance).figure
    (stored,) = (tmp_path / "figures").glob("*.npz")
    read = AnnyBody(appearance).figure
    assert np.array_equal(made.rest, read.rest)
    assert np.array_equal(made.deltas, read.deltas)
    stored.write_bytes(b"not a zip")
    assert np.array_equal(AnnyBody(appearance).figure.rest, made.rest)
