"""The true listeners of some queries next to each method's top-ranked clip, for visual inspection."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.evaluation.retrieved import Measured
from visavis.files import atomic_write
from visavis.models.retrieval.keyframes import key_frames
from visavis.motion import ARKIT, Motion
from visavis.motion.mapping import project_to_space
from visavis.rendering.portrait import Portraits
from visavis.workflows.benchmark.databank import Databank, evenly

QUERIES = 6
"""That are shown, evenly spread."""
SIDE = 150


def write_examples(bank: Databank, rows: Mapping[str, Measured | str], path: Path) -> Path:
    """Writes a sheet (PNG): a row for each of some queries, with the face that shows most of each listener.

    Args:
        bank: Clips and queries.
        rows: Methods; those that find nothing first, such as chance, are left out.
        path: Where to.

    Raises:
        InputError: The file cannot be written.
    """
    from matplotlib.figure import Figure

    shown = {name: row for name, row in rows.items() if isinstance(row, Measured) and (row.first >= 0).all()}
    chosen = evenly(len(bank.queries), QUERIES).tolist()
    figure = Figure(figsize=(2.6 + 1.5 * (1 + len(shown)), 1.6 * len(chosen) + 0.5), dpi=100, layout="constrained")
    widths = [1.7, *[1.0] * (1 + len(shown))]
    axes = figure.subplots(len(chosen), len(widths), squeeze=False, width_ratios=widths)
    portraits = Portraits(ARKIT, SIDE, close=True)
    for line, query in zip(axes, chosen, strict=True):
        said = textwrap.shorten(bank.said[query], 150, placeholder=" ...")
        line[0].text(0, 0.5, textwrap.fill(said, 32), fontsize=8, va="center")
        found = {"the true listener": int(bank.queries[query])}
        found |= {name: int(row.first[query]) for name, row in shown.items()}
        for axis, (name, number) in zip(line[1:], found.items(), strict=True):
            axis.imshow(_face(portraits, bank.clip(number).motion))
            if query == chosen[0]:
                axis.set_title(textwrap.fill(name, 22), fontsize=7)
        for axis in line:
            axis.set_axis_off()
    portraits.close()
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def _face(portraits: Portraits, motion: Motion) -> NDArray[np.uint8]:
    frames = key_frames(motion, 1).tolist() or [0]
    best = Motion(motion.values[frames[:1]], motion.fps, motion.space)
    (picture,) = portraits.draw(project_to_space(best, ARKIT))
    return picture
