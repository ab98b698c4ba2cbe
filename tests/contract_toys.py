"""Conversations that have every cue, and models that have learnt from them for a step or two."""

import numpy as np
import torch

from visavis.conversation import Conversation, Participant, Track, Utterance, Word
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.motion import ARKIT, Column, Motion, MotionSpace, face_to_face
from visavis.reporter import SILENT
from visavis.training.corpora import Corpora

NINE = MotionSpace(
    "nine",
    (
        *(Column(f"shape{i}", "coefficient", "expression") for i in range(6)),
        *(Column(f"head.{axis}", "rad", "head") for axis in "xyz"),
    ),
    bounds={"expression": (0.0, 1.0)},
)
"""A space that nobody has heard of."""
FPS = 25.0
TURN = 5
"""Seconds that one speaks before the other does."""
SAID = ["you", "will", "not", "believe", "it", "I", "got", "the", "job", "that", "I", "wanted", "so", "much"]


def talk(seed: int, seconds: float, space: MotionSpace = ARKIT) -> Conversation:
    """Two people who take turns of five seconds, seen, heard and understood."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * FPS)
    turn = (np.arange(frames) // round(TURN * FPS)) % 2
    scale = np.array([{"coefficient": 0.15, "rad": 0.1, "m": 0.01}[column.unit] for column in space.columns])
    people = []
    for i, seat in enumerate(face_to_face()):
        speaks = (turn == i).astype(np.float32)
        waves = np.sin(np.arange(frames)[:, None] * rng.uniform(0.05, 0.4, space.dim) + rng.uniform(0, 6, space.dim))
        values = scale * (
            waves * (0.5 + 0.5 * speaks[:, None]) + [1.0 if c.unit == "coefficient" else 0 for c in space.columns]
        )
        if space.has("translation"):
            values[:, space.indices("translation")] += seat.position
        loud = np.repeat(speaks, round(SAMPLE_RATE / FPS))
        people.append(
            Participant(
                "AB"[i],
                audio=Audio((0.1 * loud * rng.standard_normal(len(loud))).astype(np.float32)),
                utterances=tuple(_utterances(seconds, i)),
                speaking=Track(speaks, FPS, ("speaking",)),
                motion=Motion(values.astype(np.float32), FPS, space),
                seat=seat,
            )
        )
    mixed = Audio(people[0].audio.samples + people[1].audio.samples)
    return Conversation(f"talk-{seed}", (people[0], people[1]), seconds, mixed, {"words": {"model": "made up"}})


def _utterances(seconds: float, person: int):
    for start in np.arange(person * TURN, seconds, 2 * TURN):
        times = start + 0.1 + 0.35 * np.arange(len(SAID))
        words = tuple(
            Word(w, t, t + 0.3) for w, t in zip(SAID, times, strict=True) if t + 0.3 < min(seconds, start + TURN)
        )
        if words:
            yield Utterance(words[0].start, words[-1].end, words)


CHEAP = {"duet": ("diffusion.sample_steps=1", "diffusion.guidance_scale=1"), "dim": ("sampling.rounds=1",)}
"""Changes of settings with which ten minutes take seconds."""


def tiny(entry, space: MotionSpace, folder):
    """A model that has learnt from three conversations, by gradients for one step of each stage.

    Its settings are those of the debug preset, or its own where it has no presets.
    """
    preset = entry.read_preset("debug", CHEAP.get(entry.name, ())) if entry.presets else {}
    learner = entry.load_learner()(entry, preset, "preset debug")
    corpora = Corpora.listed([talk(seed, 12.0, space) for seed in range(3)], space.name)
    data = learner.prepare(corpora, folder.parent, 0, SILENT)
    fitted = learner.fit(data, seed=0, update=lambda _share: None)
    if fitted is not None:
        return fitted
    before = None
    for stage in learner.default_stages():
        torch.manual_seed(0)
        model = learner.start(data, stage, before)
        sampler = learner.sampler(data, model, stage, 0)
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-2)
        model.train()
        model.loss(sampler.batch(0), torch.Generator().manual_seed(0)).total.backward()
        optimizer.step()
        before = learner.save(model.eval(), folder / (stage or "model"), {})
    return model
