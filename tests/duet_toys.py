"""Conversations simple enough to check by hand: two people take turns, jaws follow loudness, heads turn."""

from pathlib import Path

import numpy as np

from visavis.conversation import Conversation, Participant, Track
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion import ARKIT, Motion, MotionSpace, face_to_face


def toy_conversation(
    seed: int, seconds: float = 8.0, *, space: MotionSpace = ARKIT, motion: bool = True
) -> Conversation:
    rng = np.random.default_rng(seed)
    frames = round(seconds * 25)
    turn = (np.arange(frames) // int(rng.integers(20, 40))) % 2
    people = []
    for i, seat in enumerate(face_to_face(rng.uniform(0.8, 2.0))):
        speaking = (turn == i).astype(np.float32)
        syllables = np.abs(np.sin(np.arange(frames) * rng.uniform(0.3, 0.5) + rng.uniform(0, 3)))
        loud = speaking * syllables
        smooth = np.interp(np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE * 25 - 0.5, np.arange(frames), loud)
        voice = 0.1 * smooth * rng.standard_normal(len(smooth))
        values = np.zeros((frames, space.dim), np.float32)
        if space.has("lips"):
            values[:, space.indices("lips")] = 0.6 * loud[:, None] * np.linspace(0.2, 1, len(space.indices("lips")))
        if space.has("head"):
            sway = 0.05 * (seed % 5) * np.sin(np.arange(frames) * 0.1)
            values[:, space.indices("head")[:2]] += sway[:, None] + 0.1 * speaking[:, None]
        if space.has("translation"):
            values[:, space.indices("translation")] = seat.position
        people.append(
            Participant(
                name="AB"[i],
                audio=Audio(voice),
                speaking=Track(speaking, 25.0, ("speaking",)),
                motion=Motion(values, 25.0, space) if motion else None,
                seat=seat,
            )
        )
    mixed = Audio(people[0].audio.samples + people[1].audio.samples)
    return Conversation(f"toy-{seed}", (people[0], people[1]), seconds, mixed)


def toy_checkpoint(folder: Path) -> Path:
    """A tiny Duet that never learnt anything, but whose output moves with its input."""
    import torch

    torch.manual_seed(0)
    model = toy_duet()
    torch.nn.init.normal_(model.network.out.weight, std=0.05)
    return model.save(folder)


def toy_duet(*overrides: str, space: MotionSpace = ARKIT):
    """An untrained Duet of the debug preset."""
    from visavis.models.duet.model import Duet
    from visavis.models.registry import get_entry

    return Duet(get_entry("duet").load_preset("debug", overrides), space)
