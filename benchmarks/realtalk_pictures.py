"""A sheet of the simulated reactions at their height."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from visavis.models.retrieval.keyframes import expressiveness
from visavis.motion import ARKIT, Motion
from visavis.simulation.reactions.expressions import expressions
from visavis.simulation.reactions.listener import draw_reaction

TITLE = "What the reactions look like"
COLUMNS, SIDE = 6, 150
_ROOT = Path(__file__).resolve().parents[1]
OUT = _ROOT / "docs" / "results" / "realtalk.png"


def report(work: Path, data: Path) -> list[str]:
    """The section's lines; draws the sheet beside the document."""
    from matplotlib.figure import Figure

    from visavis.rendering.portrait import Portraits

    portraits = Portraits(ARKIT, SIDE, close=True)
    names = list(expressions())
    rows = -(-len(names) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * 1.5, rows * 1.72), dpi=100, layout="constrained")
    for number, name in enumerate(names, 1):
        motion = draw_reaction(np.random.default_rng([number, 3]), name)
        height = expressiveness(motion) * (motion["eyeBlinkLeft"] < 0.5)  # not in the middle of a blink
        best = int(height.argmax())
        (picture,) = portraits.draw(Motion(motion.values[best : best + 1], motion.fps, ARKIT))
        axes = figure.add_subplot(rows, COLUMNS, number)
        axes.imshow(picture)
        axes.set_title(name, fontsize=9, pad=3)
        axes.set_axis_off()
    portraits.close()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(128).save(OUT, optimize=True)
    return [
        "One listener for each reaction, drawn from seeds as the corpus is, at the frame that shows most.",
        "",
        f"![{len(names)} reactions on the neutral character]({OUT.name})",
    ]
