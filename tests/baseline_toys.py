"""Pairs in a space of three columns, in which one person's motion is a known function of what the other does.

A speaks: A's loudness is the exponential of A's first column. B listens: B's first column is A's second one upside
down, B's second is A's first a quarter of a second later, at half the size. The third column never moves.
"""

import numpy as np

from visavis.conversation import Conversation, Participant, Track
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.models import from_pretrained
from visavis.motion import Column, Motion, MotionSpace
from visavis.training.corpora import Corpora
from visavis.training.train import train

SMILES = MotionSpace("smiles", tuple(Column(name, "coefficient", "expression") for name in ("AU06", "AU12", "AU45")))
FPS = 25.0
LAG = 6


def smooth(rng: np.random.Generator, frames: int, columns: int) -> np.ndarray:
    """(frames, columns) of unit variance, no faster than people are."""
    kernel = np.hanning(20) / np.sqrt(np.square(np.hanning(20)).sum())
    noise = rng.standard_normal((columns, frames + len(kernel) - 1))
    return np.stack([np.convolve(row, kernel, "valid") for row in noise], 1)


def smiling_pair(
    seed: int, seconds: float = 12.0, *, sound: bool = False, roles: bool = True, listener: bool = True
) -> Conversation:
    rng = np.random.default_rng(seed)
    frames = round(seconds * FPS)
    a, b = np.full((2, frames, 3), 0.25, np.float32)
    a[:, :2] = 1 + smooth(rng, frames, 2)
    b[:, 0] = 2 - a[:, 1]
    b[:, 1] = 0.5 + 0.5 * np.concatenate([np.repeat(a[:1, 0], LAG), a[:-LAG, 0]])
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE * FPS - 0.5
    loud = np.exp(np.interp(at, np.arange(frames), a[:, 0])) / 50
    voices = [loud * rng.standard_normal(len(at)), 1e-4 * rng.standard_normal(len(at))]

    def person(i: int, values: np.ndarray | None) -> Participant:
        return Participant(
            "AB"[i],
            audio=Audio(voices[i]) if sound and values is not None else None,
            speaking=Track(np.full(frames, 1.0 - i), FPS, ("speaking",)) if roles else None,
            motion=None if values is None else Motion(values, FPS, SMILES),
        )

    return Conversation(f"smiles-{seed}", (person(0, a), person(1, b if listener else None)), seconds)


def trained(name, conversations, folder, *changes, max_steps=None, seed=0, preset="small"):
    """A model that has learnt from conversations as by ``visavis train``, read back from its checkpoint.

    `folder` is a new one for each corpus, since conversations are told apart by their ids alone.
    """
    folder = folder / f"{name}-{seed}-{max_steps}-{len(list(folder.iterdir()))}"
    corpora = Corpora.listed(conversations)
    done = train(name, corpora, folder, preset=preset, overrides=changes, max_steps=max_steps, seed=seed, device="cpu")
    return from_pretrained(done)


def moved(model, conversation, person, seed=0):
    """How a model moves a person."""
    (found,) = model.generate(conversation, (person,), seed=seed)
    return found.participants[person].motion
