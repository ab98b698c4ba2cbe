import json

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.motion import ARKIT, ARKIT_BODY, EMOCA56, FLAME, Motion
from visavis.motion.mapping import LinearMapping, on_body, project_to_space, to_space, with_body
from visavis.motion.rotations import compose
from visavis.motion.stats import MotionStats

RNG = np.random.default_rng(0)


def test_a_linear_mapping_is_learnt(tmp_path):
    weights, offset = RNG.normal(size=(67, 56)) * 0.1, RNG.normal(size=56)
    pairs = []
    for _ in range(3):
        source = Motion(RNG.normal(size=(100, 67)), 25, ARKIT)
        pairs.append((source, Motion(source.values @ weights + offset, 25, EMOCA56)))
    mapping = LinearMapping.fit(pairs, ridge=1e-8)
    new = Motion(RNG.normal(size=(50, 67)), 30, ARKIT)
    mapped = mapping(new)
    assert mapped.fps == 30
    assert mapped.space is EMOCA56
    assert np.abs(mapped.values - (new.values @ weights + offset)).max() < 1e-3
    again = LinearMapping.load(mapping.save(tmp_path / "m.safetensors"))
    assert again(new) == mapped


def test_a_mapping_refuses_what_it_is_not_for(tmp_path):
    mapping = LinearMapping(ARKIT, EMOCA56, np.zeros((67, 56)), np.zeros(56))
    with pytest.raises(InputError, match="needs motion in 'arkit'"):
        mapping(Motion.zeros(2, 25, FLAME))
    with pytest.raises(InputError, match="weights of shape"):
        LinearMapping(ARKIT, EMOCA56, np.zeros((3, 56)), np.zeros(56))
    with pytest.raises(InputError, match="at least one pair"):
        LinearMapping.fit([])
    with pytest.raises(InputError, match="pair 0 has 2 source frames and 3"):
        LinearMapping.fit([(Motion.zeros(2, 25, ARKIT), Motion.zeros(3, 25, FLAME))])
    (tmp_path / "x").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="not a mapping"):
        LinearMapping.load(tmp_path / "x")


def test_statistics_over_parts_equal_those_of_the_whole():
    values = RNG.normal(3, 2, size=(301, 67)).astype(np.float32)
    values[:, 4] = 0.25
    parts = [Motion(values[a:b], 25, ARKIT) for a, b in ((0, 1), (1, 1), (1, 200), (200, 301))]
    stats = MotionStats.of(parts)
    assert np.allclose(stats.mean, values.mean(0), atol=1e-5)
    assert np.allclose(np.delete(stats.std, 4), np.delete(values.std(0), 4), rtol=1e-5)
    assert stats.std[4] == 1
    normal = stats.normalize(Motion(values, 25, ARKIT))
    assert np.allclose(normal.mean(0), 0, atol=1e-4)
    assert np.allclose(stats.denormalize(normal, 25, ARKIT).values, values, atol=1e-5)


def test_statistics_round_trip(tmp_path):
    stats = MotionStats.of([Motion(RNG.normal(size=(20, 67)), 25, ARKIT)])
    again = MotionStats.load(stats.save(tmp_path / "stats.json"))
    assert again.columns == ARKIT.names
    assert np.array_equal(again.mean, stats.mean)
    assert np.array_equal(again.std, stats.std)


@pytest.mark.parametrize(
    "content",
    ["", "[1]", "3", '{"a": 1}', '{"a": {"mean": "x", "std": 1}}', '{"a": {"mean": 0, "std": 0}}',
     '{"a": {"mean": NaN, "std": 1}}', "[" * 100_000, json.dumps({"a": {"mean": 0}})],
)  # fmt: skip
def test_hostile_statistics(tmp_path, content):
    (tmp_path / "stats.json").write_text(content)
    with pytest.raises(InputError, match=r"stats\.json") as caught:
        MotionStats.load(tmp_path / "stats.json")
    assert "\n" not in str(caught.value)


def test_statistics_refuse():
    with pytest.raises(InputError, match="at least one frame"):
        MotionStats.of([Motion.zeros(0, 25, ARKIT)])
    with pytest.raises(InputError, match="one space"):
        MotionStats.of([Motion.zeros(2, 25, ARKIT), Motion.zeros(2, 25, FLAME)])
    stats = MotionStats.of([Motion.zeros(2, 25, ARKIT)])
    with pytest.raises(InputError, match="not for motion space 'flame'"):
        stats.normalize(Motion.zeros(2, 25, FLAME))


def test_a_body_is_added_and_taken_away_without_turning_the_face():
    rng = np.random.default_rng(0)
    face = Motion(rng.normal(0, 0.2, (5, ARKIT.dim)), 25, ARKIT)
    whole = with_body(face)
    assert whole.space is ARKIT_BODY
    assert not whole["body"].any()
    assert not whole["hands"].any()
    assert np.allclose(project_to_space(whole, ARKIT).values, face.values, atol=1e-6)
    spine = rng.normal(0, 0.3, (5, 3))
    bent = project_to_space(whole.with_columns(["spine.x", "spine.y", "spine.z"], spine), ARKIT)
    assert np.allclose(bent["neck"], compose(spine, face["neck"]), atol=1e-6)
    assert np.array_equal(bent["head"], face["head"])


def test_a_face_on_anothers_body_looks_where_it_looked():
    rng = np.random.default_rng(1)
    face = Motion(rng.normal(0, 0.2, (5, ARKIT.dim)), 25.0, ARKIT)
    body = Motion(rng.normal(0, 0.2, (5, ARKIT_BODY.dim)), 25.0, ARKIT_BODY)
    made = on_body(face, body)
    np.testing.assert_allclose(to_space(made, ARKIT).values, face.values, atol=1e-5)
    assert np.array_equal(made.values[:, ARKIT.dim :], body.values[:, ARKIT.dim :])
    with pytest.raises(InputError, match="differ in length"):
        on_body(face.slice(0, 4), body)
    with pytest.raises(InputError, match="cannot be put on a body in 'arkit'"):
        on_body(face, face)


def test_only_arkit_and_its_body_are_taken_for_each_other():
    other = Motion.zeros(2, 25, FLAME)
    assert project_to_space(other, ARKIT) is other
    assert project_to_space(with_body(Motion.zeros(2, 25, ARKIT)), FLAME).space is ARKIT_BODY
    assert len(project_to_space(with_body(Motion.zeros(0, 25, ARKIT)), ARKIT)) == 0
    with pytest.raises(InputError, match="not in 'flame'"):
        with_body(other)
