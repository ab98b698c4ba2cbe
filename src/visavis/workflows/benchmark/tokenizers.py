"""Motion tokenizers side by side: reconstruction error of decoded motion, and bits (MARS, table 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from visavis.errors import InputError
from visavis.evaluation.side_by_side import Figures
from visavis.files import results_folder
from visavis.models.registry import get_entry
from visavis.reporter import SILENT, Reporter
from visavis.training.train import train
from visavis.workflows.benchmark.codecs import MotionData, figures, measure_tokenizer, people_of
from visavis.workflows.benchmark.held_out import HeldOut
from visavis.workflows.benchmark.kept import Kept
from visavis.workflows.benchmark.report import NOT_MEASURED, Report, Section, how_made, short_names

PRESETS = ("conv-small", "transformer-small", "actions-small")
"""Trained unless others are named."""
KEPT = "kept"
ABOUT = (
    "How far held-out motion is from itself after it went through codes, on columns that move, in standard deviations "
    "of the training motion: 1 is about what the mean pose alone would give. Error and velocity error are root mean "
    "squares. Bits are those of equally likely codes. PCA: the error of principal components of 8 frames that may "
    "spend as many bits, where they help most. Brackets hold 95% intervals over conversations, from two on.",
)


@dataclass(frozen=True)
class TokenizersRequest:
    """What is asked for.

    Attributes:
        corpus: Folder of a corpus with motion.
        tokenizers: Checkpoints: folders or Hub ids.
        presets: Trained on what is not held out.
        steps: Of each training; 0 trains nothing.
        seed: Of the trainings.
        device: ``cpu``, ``cuda`` or ``auto``.
    """

    corpus: Path
    tokenizers: tuple[str, ...] = ()
    presets: tuple[str, ...] = PRESETS
    steps: int = 600
    seed: int = 0
    device: str = "auto"


def run(request: TokenizersRequest, out: Path, *, reporter: Reporter = SILENT) -> Report:
    """Trains what is to be trained, measures everything, and writes the report to a folder; a stopped run goes on.

    Args:
        request: What is asked for.
        out: Folder, made if missing.
        reporter: Takes notes and shows progress.

    Raises:
        InputError: The corpus, a checkpoint, a preset or the folder cannot be used.
    """
    from visavis.tokenizers import from_pretrained

    presets = request.presets if request.steps else ()
    if not request.tokenizers and not presets:
        raise InputError("there is nothing to measure: name a tokenizer, or train presets with --steps")
    for preset in presets:
        get_entry("tokenizer").read_preset(preset)
    given = {name: from_pretrained(which) for name, which in short_names(request.tokenizers).items()}
    parts = HeldOut.of(request.corpus)
    space, fps = parts.motion()
    first = next(iter(given.values()), None)
    if first is not None:
        space, fps = first.space, first.fps
    whole = space if first is None else first.whole
    with results_folder(out):
        learnt, held = (people_of(part, space, fps, whole) for part in (parts.training(), parts.testing()))
        data = MotionData(space, fps, learnt, held)
        if not data.train:
            raise InputError(f"{request.corpus}: nobody's motion is known in what is not held out")
        kept = Kept(out / KEPT)
        makers: dict[str, tuple[list[object], Callable[[], Any]]] = {}
        for name, tokenizer in given.items():
            makers[name] = [tokenizer.provenance["weights"]], partial(_itself, tokenizer)
        for preset in presets:
            keys = [preset, request.steps, request.seed]
            folder = kept.place(f"trained/{preset}", [parts.state, *keys])
            makers[preset] = keys, partial(trained, request, preset, folder, reporter)
        rows: dict[str, Figures | str] = {}
        for name, (keys, make) in makers.items():
            try:
                measured = kept.values(f"rows/{name}", [parts.state, space.name, *keys], partial(_measured, data, make))
                rows[name] = figures(measured)
            except InputError as error:
                rows[name] = f"{NOT_MEASURED}{error}"
                reporter.note(f"{name} {rows[name]}")
        moves = f"{space.name!r} at {fps:g} frames/s, {int(data.moves.sum())} of {space.dim} columns move"
        header = (
            *parts.header(), ("motion", moves), ("presets", f"{request.steps} steps each" if presets else "none"),
            *how_made(),
        )  # fmt: skip
        report = Report("Motion tokenizers", header, ABOUT, (Section("Reconstruction", rows, first="tokenizer"),))
        report.write(out)
    return report


def trained(request: TokenizersRequest, preset: str, folder: Path, reporter: Reporter) -> Any:
    """A tokenizer trained on what is not held out; a training that was stopped goes on."""
    from visavis.tokenizers import from_pretrained

    final = train(
        "tokenizer", request.corpus, folder, preset=preset, max_steps=request.steps, seed=request.seed,
        device=request.device, reporter=reporter,
    )  # fmt: skip
    return from_pretrained(final)


def _measured(data: MotionData, make: Callable[[], Any]) -> dict[str, Any]:
    return measure_tokenizer(data, make())


def _itself(tokenizer: Any) -> Any:
    return tokenizer
