"""CLIP on key frames: agreement with transformers, the paper's mean over frames, and what it refuses."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from clip_toys import tiny_clip
from visavis.errors import InputError
from visavis.models.retrieval.clip_encoder import ClipFrames, load_clip, prepared
from visavis.models.retrieval.keyframes import key_frames
from visavis.models.retrieval.protocol import Clip
from visavis.motion import ARKIT, Motion


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture(scope="module")
def encoder(folder):
    return ClipFrames.from_pretrained(folder, frames=3)


def picture(frame, size=(48, 64)):
    return np.random.default_rng(frame).integers(0, 256, (*size, 3), np.uint8)


def listener(frames=60, seen=None):
    """A face that smiles three times; `seen` takes the frames whose pictures were asked for."""
    smile = np.zeros(frames)
    smile[[10, 30, 50]] = (0.5, 0.9, 0.7)
    motion = Motion.zeros(frames, 25.0, ARKIT).with_columns("mouthSmileLeft", smile)

    def pictures(asked):
        if seen is not None:
            seen.extend(asked)
        return np.stack([picture(frame) for frame in asked])

    return Clip("talk", "B", 0.0, frames / 25.0, motion, pictures)


def test_pictures_are_prepared_as_transformers_does():
    transformers = pytest.importorskip("transformers")
    processor = transformers.CLIPImageProcessorPil()
    pictures = np.stack([picture(seed, (260, 300)) // 2 + 40 for seed in range(2)])
    wanted = processor(list(pictures), return_tensors="np")["pixel_values"]
    found = prepared(pictures, 224).numpy()
    assert found.shape == wanted.shape == (2, 3, 224, 224)
    assert np.abs(found - wanted).mean() < 0.02


def test_vectors_are_those_of_the_model(encoder, folder):
    model, tokenizer = load_clip(folder)
    with torch.inference_mode():
        batch = tokenizer(["sad eyes"], return_tensors="pt")
        output = model(**batch, pixel_values=prepared(picture(30)[None], 32))
    assert encoder.embed_texts(["sad eyes"]) == pytest.approx(output.text_embeds.numpy(), abs=1e-5)
    alone = ClipFrames(model, tokenizer, frames=1)
    assert alone.embed_clips([listener()])[0] == pytest.approx(output.image_embeds.numpy(), abs=1e-5)


def test_phi_is_the_mean_of_cosines_over_key_frames(encoder):
    seen = []
    clip = listener(seen=seen)
    vector = encoder.embed_clips([clip])
    assert seen == key_frames(clip.motion, 3).tolist() == [10, 30, 50]
    text = encoder.embed_texts(["a smile"])[0]
    with torch.inference_mode():
        pixels = prepared(clip.pictures(seen), 32)
        frames = encoder.model.visual_projection(encoder.model.vision_model(pixels).pooler_output)
    cosines = functional.normalize(frames, dim=-1).numpy() @ text
    assert vector.shape == (1, 1, encoder.dim)
    assert encoder.portions == 0
    assert vector[0, 0] @ text == pytest.approx(cosines.mean(), abs=1e-5)


def test_the_ablation_looks_at_evenly_spaced_frames(folder):
    seen = []
    uniform = ClipFrames.from_pretrained(folder, frames=3, uniform=True)
    uniform.embed_clips([listener(seen=seen)])
    assert seen == [10, 30, 50] or np.diff(seen).std() < 1
    assert uniform.name != ClipFrames.from_pretrained(folder, frames=3).name


def test_names_tell_weights_apart(encoder, folder, tmp_path):
    other = ClipFrames.from_pretrained(tiny_clip(tmp_path / "other", seed=1), frames=3)
    assert other.name != encoder.name == ClipFrames.from_pretrained(folder, frames=3).name


def test_long_descriptions_are_read_to_the_end(encoder):
    start = "brows drawn, lips pressed, eyes down, "
    vectors = encoder.embed_texts([start + "a smile", start + "a frown", start])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-4)


def test_what_cannot_be_embedded_is_refused(encoder, tmp_path):
    with pytest.raises(InputError, match="no words"):
        encoder.embed_texts([" ... "])
    blind = Clip("talk", "B", 0.0, 2.0, Motion.zeros(50, 25.0, ARKIT))
    with pytest.raises(InputError, match="no images of listener B"):
        encoder.embed_clips([blind])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is not available; pass the folder of a CLIP"):
        ClipFrames.from_pretrained(tmp_path / "empty")
