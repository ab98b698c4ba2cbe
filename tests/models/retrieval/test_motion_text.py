"""The encoder of words and motion: what it depends on and what not, its checkpoints, and the built-in weights."""

import numpy as np
import pytest
import torch

from retrieval_toys import BagOfWords
from visavis.assets import resolve
from visavis.errors import InputError
from visavis.models import weights
from visavis.models.retrieval.config import MotionTextConfig
from visavis.models.retrieval.features import COLUMNS, MIRRORED, features
from visavis.models.retrieval.motion_text import BUILT_IN, MotionText, load_network, save_network
from visavis.models.retrieval.motion_text_network import MotionTextNetwork
from visavis.models.retrieval.protocol import Clip
from visavis.motion import ARKIT, ARKIT_BODY, EMOCA56, Motion, get_space
from visavis.motion.resampling import resample
from visavis.simulation.reactions.listener import draw_reaction

TINY = {"dim": 8, "portions": 4, "width": 16, "dilations": [1, 2], "heads": 2, "hidden": 16}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return MotionTextNetwork(len(COLUMNS), MotionTextConfig(**TINY))


@pytest.fixture(scope="module")
def encoder(network):
    return MotionText(network, sentences=BagOfWords())


@pytest.fixture(scope="module")
def motion():
    return draw_reaction(np.random.default_rng(1), "grin", 200)


def clip(motion):
    return Clip("talk", "B", 0.0, motion.duration, motion)


def test_clips_have_a_vector_for_the_whole_and_for_each_part(encoder, motion):
    clips = [clip(motion.slice(0, frames)) for frames in (50, 125, 200, 125)]
    vectors = encoder.embed_clips(clips)
    assert vectors.shape == (4, 5, 8)
    assert np.linalg.norm(vectors, axis=-1) == pytest.approx(1, abs=1e-5)
    assert vectors[1] == pytest.approx(vectors[3], abs=1e-5)
    alone = np.concatenate([encoder.embed_clips([each]) for each in clips])
    assert vectors == pytest.approx(alone, abs=1e-5)
    assert encoder.embed_clips([]).shape == (0, 5, 8)


def test_a_part_is_embedded_from_its_own_frames(encoder, network, motion):
    """What changes in the last quarter does not reach the first, as far as the network's view allows."""
    changed = motion.values.copy()
    changed[150:, ARKIT.index("browInnerUp")] = 0.9
    before, after = encoder.embed_clips([clip(motion), clip(Motion(changed, 25.0, ARKIT))])
    moved = np.linalg.norm(after - before, axis=1)
    assert moved[1] == pytest.approx(0, abs=1e-5)
    assert moved[4] > 0.001
    assert moved[0] > 0.001


def test_who_and_where_somebody_is_makes_no_difference(motion):
    place = motion["translation"] + np.array([1.0, -0.2, 3.0], np.float32)
    assert features(motion.with_columns("translation", place)) == pytest.approx(features(motion), abs=1e-4)
    body = Motion.zeros(len(motion), 25.0, ARKIT_BODY).with_columns(ARKIT.names, motion.values)
    assert np.array_equal(features(body), features(motion))


def test_a_mirrored_person_has_mirrored_features(motion):
    names = list(ARKIT.names)
    swapped = [n.replace("Left", "#").replace("Right", "Left").replace("#", "Right") for n in names]
    swapped = [n.replace("leftEye", "#").replace("rightEye", "leftEye").replace("#", "rightEye") for n in swapped]
    values = motion[swapped].copy()
    # A mirror in the plane x = 0 turns the other way about y and z.
    for name in ("neck", "head", "leftEye", "rightEye"):
        for axis in "yz":
            values[:, names.index(f"{name}.{axis}")] *= -1
    values[:, names.index("translation.x")] *= -1
    mirrored = features(Motion(values, 25.0, ARKIT))
    assert np.abs(mirrored - features(motion) * MIRRORED).max() < 0.02


def test_other_frame_rates_are_resampled(encoder, motion):
    smooth = resample(motion, 12.5)
    back = encoder.embed_clips([clip(resample(smooth, 50.0))])[0, 0]
    assert back @ encoder.embed_clips([clip(resample(smooth, 25.0))])[0, 0] > 0.95


def test_texts_are_embedded_clause_by_clause(encoder):
    one, two, both = encoder.embed_texts(["a broad smile", "raised eyebrows", "A broad smile, raised eyebrows."])
    assert np.linalg.norm(both) == pytest.approx(1, abs=1e-5)
    assert both @ one > one @ two
    assert both @ two > one @ two
    assert encoder.embed_texts(["raised eyebrows"])[0] == pytest.approx(two, abs=1e-5)


@pytest.mark.parametrize("text", ["", "  ", "...", "\n,;"])
def test_texts_without_words_are_refused(encoder, text):
    with pytest.raises(InputError, match="no words"):
        encoder.embed_texts(["a smile", text])


def test_clips_that_cannot_be_read_are_refused(encoder, motion):
    with pytest.raises(InputError, match="'emoca56' has no"):
        encoder.embed_clips([clip(Motion.zeros(100, 25.0, EMOCA56))])
    with pytest.raises(InputError, match="too short"):
        encoder.embed_clips([clip(motion.slice(0, 8))])
    with pytest.raises(InputError, match="has no"):
        encoder.embed_clips([clip(Motion.zeros(100, 25.0, get_space("video-call")))])


def test_checkpoints_give_the_same_vectors_and_names_follow_the_weights(network, motion, tmp_path):
    folder = save_network(network, tmp_path / "one", training={"seed": 0})
    again = MotionText.from_pretrained(folder)
    assert again.embed_clips([clip(motion)]) == pytest.approx(MotionText(network).embed_clips([clip(motion)]), abs=1e-6)
    assert again.name.startswith("motion-text-")
    assert again.provenance["trained"] == {"seed": 0}
    other = MotionTextNetwork(len(COLUMNS), MotionTextConfig(**TINY))
    assert MotionText.from_pretrained(save_network(other, tmp_path / "two")).name != again.name
    assert MotionText.from_pretrained(save_network(network, tmp_path / "three")).name == again.name


def test_checkpoints_of_something_else_are_refused(network, tmp_path):
    folder = save_network(network, tmp_path / "one")
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("eyeBlink,", "eyeWink,"))
    with pytest.raises(InputError, match="different features"):
        load_network(folder)
    config.write_text("model: dim\n")
    with pytest.raises(InputError, match="one of 'motion-text' is needed"):
        load_network(folder)


needs_built_in = pytest.mark.skipif(BUILT_IN not in weights.manifest(), reason="the built-in weights are not made yet")


@needs_built_in
def test_the_built_in_weights_are_small_and_whole():
    folder = weights.built_in(BUILT_IN)
    assert (folder / "model.safetensors").stat().st_size <= 4_000_000
    encoder = MotionText.from_pretrained()
    assert (encoder.dim, encoder.portions) == (64, 4)


QUERIES = {
    "laughter": "Sam laughs out loud.",
    "sympathy": "Sam looks sad and full of sympathy, mouth corners down.",
    "anger": "Sam is furious, brows pulled down.",
    "surprise": "Sam is astonished, eyes wide, eyebrows up.",
    "disgust": "Sam wrinkles the nose in disgust.",
    "contempt": "A smug one-sided smirk.",
}


@needs_built_in
def test_the_built_in_weights_find_reactions_by_free_text():
    """Six reactions of listeners never trained on: most of what is found first shows what was asked for."""
    try:
        resolve("all-MiniLM-L6-v2")
    except InputError as error:
        pytest.skip(f"the sentence embedding is not available: {error}")
    encoder = MotionText.from_pretrained()
    kinds = [kind for kind in QUERIES for _ in range(6)]
    motions = [draw_reaction(np.random.default_rng([77, i]), kind, 200) for i, kind in enumerate(kinds)]
    vectors = encoder.embed_clips([clip(motion) for motion in motions])[:, 0]
    order = np.argsort(-(encoder.embed_texts(list(QUERIES.values())) @ vectors.T), axis=1)[:, :6]
    found = np.array([[kinds[i] == kind for i in row] for kind, row in zip(QUERIES, order, strict=True)])
    assert found.mean() > 0.6
    assert (found.mean(1) > 1 / 6).all()
