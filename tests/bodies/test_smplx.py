import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from visavis.bodies import BodyModel, FlameBody, SmplxBody, body_for
from visavis.bodies.model_files import read_model_file
from visavis.errors import InputError, MissingExtraError
from visavis.motion import EMOCA56, FLAME, SMPLX_UPPER117

pytest.importorskip("smplx", reason="needs the bodies extra")


def tiny_model(joints: int, expressions: int, vertices: int = 90) -> dict[str, np.ndarray]:
    """A random model with the keys and shapes of the published files, only smaller."""
    rng = np.random.default_rng(0)
    weights = rng.random((vertices, joints))
    regressor = rng.random((joints, vertices))
    return {
        "v_template": rng.normal(0, 0.1, (vertices, 3)),
        "shapedirs": rng.normal(0, 0.01, (vertices, 3, 300 + expressions)),
        "posedirs": rng.normal(0, 0.001, (vertices, 3, 9 * (joints - 1))),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, *range(joints - 1)], range(joints)]),
        "weights": weights / weights.sum(1, keepdims=True),
        "f": rng.integers(0, vertices, (120, 3)),
    }


@pytest.fixture(scope="module")
def flame_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "FLAME_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(tiny_model(5, 100), protocol=2))
    return path


@pytest.fixture(scope="module")
def smplx_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "SMPLX_NEUTRAL.npz"
    # The published file also holds tables of objects, which must neither be needed nor loaded.
    np.savez(path, joint2num=np.array({"Pelvis": 0}, dtype=object), **tiny_model(55, 100))
    return path


@pytest.mark.parametrize("space", [FLAME, EMOCA56])
def test_flame_follows_its_columns(flame_file, space):
    body = FlameBody(flame_file, space)
    assert isinstance(body, BodyModel)
    values = torch.from_numpy(np.random.default_rng(1).normal(0, 0.2, (2, 3, space.dim))).float().requires_grad_()
    points = body.vertices(values, 0.5)
    assert points.shape == (2, 3, 90, 3)
    points.square().sum().backward()
    assert (values.grad.abs() > 0).float().mean() > 0.95
    alone = body.vertices(values[1, 2], 0.5)
    assert torch.allclose(points[1, 2], alone, atol=1e-5)


def test_flame_agrees_with_the_packages_own_kernel(flame_file):
    from smplx.lbs import lbs

    model = {
        key: torch.from_numpy(np.asarray(value)).float() for key, value in tiny_model(5, 100).items() if key != "f"
    }
    values = torch.zeros(1, FLAME.dim)
    values[0, FLAME.indices("jaw")[0]] = 0.4
    values[0, 3] = 1.5
    pose = torch.zeros(1, 15)
    pose[0, 6] = 0.4
    parents = torch.tensor([-1, 0, 1, 2, 3])
    expected, _ = lbs(
        values[:, :100],
        pose,
        model["v_template"],
        model["shapedirs"][..., 300:],
        model["posedirs"].reshape(-1, 36).T,
        model["J_regressor"],
        parents,
        model["weights"],
    )
    assert torch.allclose(FlameBody(flame_file).vertices(values), expected, atol=1e-6)


def test_smplx_moves_each_named_joint(smplx_file):
    body = body_for(SMPLX_UPPER117, model_file=smplx_file)
    assert isinstance(body, SmplxBody)
    rest = body.vertices(torch.zeros(117))
    turned = [body.vertices(0.5 * torch.eye(117)[column]) for column in range(117)]
    assert all((points - rest).abs().max() > 1e-4 for points in turned)
    assert len({points.numpy().tobytes() for points in turned}) == 117  # no two columns turn the same joint alike


def test_bodies_are_chosen_by_columns(flame_file, smplx_file):
    face = body_for(replace(EMOCA56, name="my-emoca"), model_file=flame_file)
    assert isinstance(face, FlameBody)
    assert face.space == EMOCA56
    assert isinstance(body_for(replace(SMPLX_UPPER117, name="flame"), model_file=smplx_file), SmplxBody)
    with pytest.raises(InputError, match="FLAME shows"):
        FlameBody(flame_file, replace(SMPLX_UPPER117, name="flame"))


def test_a_model_with_too_few_components_is_named(tmp_path):
    np.savez(tmp_path / "small.npz", **tiny_model(5, 10))
    with pytest.raises(InputError, match="expression components"):
        FlameBody(tmp_path / "small.npz", EMOCA56).vertices(torch.zeros(56))


class Evil:
    def __reduce__(self):
        return (sys.exit, (3,))


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps({"v_template": Evil()}), pickle.dumps([1, 2])])
def test_hostile_and_broken_files_are_one_line(tmp_path, content):
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.pkl") as error:
        read_model_file(path, ["v_template"])
    assert "\n" not in str(error.value)


def test_missing_file_and_missing_package(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no such model file"):
        FlameBody(tmp_path / "none.pkl")
    monkeypatch.setitem(sys.modules, "smplx.lbs", None)
    with pytest.raises(MissingExtraError, match="bodies"):
        FlameBody(tmp_path / "none.pkl")


def spoilt(**changes):
    return {**tiny_model(5, 100), **changes}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"v_template": np.zeros((90, 2))}, "'v_template' has shape"),
        ({"v_template": np.array(3.0)}, "'v_template' has shape"),
        ({"shapedirs": np.zeros((90, 3))}, "'shapedirs' has shape"),
        ({"posedirs": np.zeros((90, 3, 7))}, "'posedirs' has shape"),
        ({"weights": np.zeros((4, 5))}, "'weights' has shape"),
        ({"weights": np.full((90, 5), np.nan)}, "'weights' is not finite"),
        ({"kintree_table": np.zeros((2, 0))}, "'posedirs' has shape"),
        ({"kintree_table": np.array([[0, 4, 1, 2, 3], range(5)])}, "hangs a joint on one that comes after it"),
        ({"kintree_table": np.array([[0, -9, 1, 2, 3], range(5)])}, "hangs a joint on one that comes after it"),
        ({"f": np.full((3, 3), 90)}, "'f' names vertices that are not there"),
        ({"f": np.full((3, 3), -1)}, "'f' names vertices that are not there"),
        ({"f": [[0, 1, 2]]}, "an array of numbers is needed"),
        ({"v_template": np.array(["a"])}, "an array of numbers is needed"),
    ],
)
def test_arrays_that_do_not_belong_together_are_named(tmp_path, changes, says):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(spoilt(**changes)))
    with pytest.raises(InputError, match=r"model\.pkl.*" + says):
        FlameBody(path)


def test_a_sparse_array_of_any_size_is_refused_before_it_is_made_dense(tmp_path):
    from scipy.sparse import csc_matrix

    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(spoilt(J_regressor=csc_matrix((10**6, 10**6))), 2))
    with pytest.raises(InputError, match="too large for a body"):
        read_model_file(path, ["J_regressor"])


def test_what_is_no_file_is_no_model(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.pkl")
    for name, says in (("pipe.pkl", "is a pipe"), (".", "is a folder"), ("none.npz", "no such model file")):
        with pytest.raises(InputError, match=says):
            read_model_file(tmp_path / name, ["f"])
