"""What Duet's sampler makes of the same weights: how lively people are, and how well their mouths fit the sound.

    python -m benchmarks.duet_sampling [--model FOLDER] [--corpus FOLDER] [--conversations N] [--seconds S]

Conversations are simulated, of seeds that no built-in weights saw, unless a corpus is given; each person is heard by
the own voice. Prints Markdown: a row for the paper's sampler (eight DDIM steps, guidance 2), for the one that the
built-in weights of 0.1 had (guidance 1.5), for the present one with articulation sampled like everything else, and for
the present one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated import SEEDS
from visavis.conversation import Conversation, Participant
from visavis.conversation.corpus import Corpus
from visavis.evaluation.moments import frechet_of_sums, moment_sums
from visavis.evaluation.motion_error import articulation_error, role_frames
from visavis.evaluation.parts import rotations
from visavis.models import from_pretrained
from visavis.models.duet.model import Duet
from visavis.models.preprocessing import frame_count
from visavis.models.windowing import windows
from visavis.motion import Motion, MotionSpace
from visavis.simulation.dyads.generate import generate

SAMPLERS: dict[str, dict[str, object]] = {
    "DDIM, guidance 2 (paper)": {"sampler": "ddim", "guidance_scale": 2.0, "articulation": "sample"},
    "DDIM, guidance 1.5 (0.1)": {"sampler": "ddim", "guidance_scale": 1.5, "articulation": "sample"},
    "DPM-Solver++, all sampled": {"sampler": "dpm++", "guidance_scale": 1.0, "articulation": "sample"},
    "DPM-Solver++, articulation mean": {"sampler": "dpm++", "guidance_scale": 1.0, "articulation": "mean"},
}
HEADER = (
    "sampler", "blink", "eyes", "head", "brows", "FD expression", "FD pose", "articulation error x 100",
    "jaw p95-p5", "jaw correlation", "network passes per window",
)  # fmt: skip

Rows = NDArray[np.float64]


def varied(space: MotionSpace) -> dict[str, NDArray[np.intp]]:
    """Columns whose standard deviation is compared."""
    return {
        "blink": space.indices(["eyeBlinkLeft", "eyeBlinkRight"]), "eyes": space.indices("eyes"),
        "head": space.indices("head"), "brows": space.indices([n for n in space.names if n.startswith("brow")]),
    }  # fmt: skip


def moved_by(
    model: Duet, conversations: Sequence[Conversation], move: Callable[[Conversation], Conversation]
) -> tuple[list[Conversation], float]:
    """The conversations as `move` has them moved by the model, and how often its network ran per window."""
    passes = 0

    def count(_network: object, inputs: tuple[object, ...]) -> None:
        nonlocal passes
        passes += len(inputs[0])  # type: ignore[arg-type]

    hook = model.network.register_forward_pre_hook(count)
    moved = [move(conversation) for conversation in conversations]
    hook.remove()
    spans = (windows(frame_count(c, model.fps), model.config.window, model.config.overlap) for c in conversations)
    return moved, passes / sum(map(len, spans))


def beside_truth(moved: Sequence[Conversation], true: Sequence[Conversation]) -> dict[str, float]:
    """How lively people are beside the truth, and how well their mouths fit: figures by the names of `HEADER`."""
    pairs = [
        (_motion(here), _motion(there), roles["speaker"])
        for after, before in zip(moved, true, strict=True)
        for here, there, roles in zip(
            after, before, role_frames(before, 25.0, frame_count(before, 25.0)), strict=True
        )
    ]  # fmt: skip
    space = pairs[0][1].space
    values = [[motion.values.astype(np.float64) for motion in pair[:2]] for pair in pairs]
    ratios = [
        np.mean([here[:, i].std(0).mean() for here, _ in values]) / np.mean([t[:, i].std(0).mean() for _, t in values])
        for i in varied(space).values()
    ]
    distances = []
    for columns in (space.indices("expression"), rotations(space)):
        here, there = (np.concatenate([pair[k][:, columns] for pair in values]) for k in (0, 1))
        origin = there.mean(0)
        distances.append(frechet_of_sums(moment_sums(here, origin), moment_sums(there, origin)))
    error = np.concatenate([articulation_error(here, there)[speaks] for here, there, speaks in pairs]).mean()
    jaw = space.index("jawOpen")
    jaws = [(here[s, jaw], there[s, jaw]) for (here, there), (*_, s) in zip(values, pairs, strict=True) if s.any()]
    opening = np.subtract(*np.percentile(np.concatenate([here for here, _ in jaws]), [95, 5]))
    correlation = np.mean([np.corrcoef(here, there)[0, 1] for here, there in jaws])
    return dict(zip(HEADER[1:-1], map(float, (*ratios, *distances, 100 * error, opening, correlation)), strict=True))


def still_error(true: Sequence[Conversation]) -> float:
    """Articulation error x 100 of mouths that stay as they are on average while people speak."""
    people = [
        (_motion(person), roles["speaker"])
        for conversation in true
        for person, roles in zip(
            conversation, role_frames(conversation, 25.0, frame_count(conversation, 25.0)), strict=True
        )
    ]
    mean = np.concatenate([motion.values[speaks] for motion, speaks in people]).mean(0)
    errors = [
        articulation_error(replace(motion, values=np.tile(mean, (len(motion), 1))), motion)[speaks]
        for motion, speaks in people
    ]
    return float(100 * np.concatenate(errors).mean())


def row(name: str, moved: Sequence[Conversation], true: Sequence[Conversation], passes: float) -> str:
    """One sampler's line."""
    digits = (2, 2, 2, 2, 3, 4, 2, 3, 2)
    found = beside_truth(moved, true).values()
    figures = [*(f"{value:.{places}f}" for value, places in zip(found, digits, strict=True)), f"{passes:.0f}"]
    return f"| {' | '.join([name, *figures])} |"


def _motion(person: Participant) -> Motion:
    assert person.motion is not None
    return person.motion


def report(model: Duet, conversations: Sequence[Conversation], seed: int) -> list[str]:
    """The table; the last line says what the truth would have."""
    lines = [f"| {' | '.join(HEADER)} |", "| --- " * len(HEADER) + "|"]
    config = model.config
    for name, settings in SAMPLERS.items():
        diffusion = config.diffusion.model_copy(update=settings)
        model.config = config.model_copy(update={"diffusion": diffusion})
        moved, passes = moved_by(model, conversations, lambda c: model.generate(c, seed=seed)[0])
        lines.append(row(name, moved, conversations, passes))
    model.config = config
    lines.append(row("truth", conversations, conversations, 0))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="duet", help="checkpoint folder; the built-in weights unless given")
    parser.add_argument("--corpus", type=Path, help="held-out conversations; simulated unless given")
    parser.add_argument("--conversations", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--voices", default="builtin", help="by comma")
    parser.add_argument("--seed", type=int, default=0, help="of the noise")
    options = parser.parse_args()
    model = from_pretrained(options.model)
    assert isinstance(model, Duet)
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or generate(
            Path(folder) / "corpus", conversations=options.conversations, seconds=options.seconds,
            seed=SEEDS["test"], voices=options.voices.split(","),
        )  # fmt: skip
        print("\n".join(report(model, list(Corpus.open(corpus)), options.seed)))


if __name__ == "__main__":
    main()
