"""TT8: two separate scenes side by side, as in video calls."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from visavis.corpora.curation.stage import Item, Outcome, Stage


class SplitScreen(Stage):
    """Drops video calls: two scenes that meet in the middle (Talking Together, 3.6.1).

    The paper inspects the colours of the background left and right of the middle seam and gives no formula. Here two
    figures decide together: the share of the seam's height at which the picture breaks, and how much the colours of the
    strips left and right of it differ.

    Attributes:
        edge: The seam's share of broken rows from which there are two scenes.
        colour: The strips' difference in colour from which there are two scenes, 0 to 1.
        pictures: How many are looked at; what moves counts less than what stays.
    """

    name: ClassVar[str] = "split-screen"
    about: ClassVar[str] = "drops split-screen video calls (Talking Together)"

    edge: float = Field(0.6, ge=0, le=1)
    colour: float = Field(0.3, ge=0, le=1)
    pictures: int = Field(8, ge=1, le=1000)

    def __call__(self, item: Item) -> Outcome:
        """Looks for a seam."""
        video = item.video
        times = (np.arange(self.pictures) + 0.5) / self.pictures * video.duration
        shown = [next(iter(video.frames(25.0, t, t + 0.04, 320)), None) for t in times.tolist()]
        edge, colour = seam(np.stack([picture for picture in shown if picture is not None]))
        return item.kept_if(
            not (edge >= self.edge and colour >= self.colour),
            "one scene",
            "split screen",
            edge=round(edge, 3),
            colour=round(colour, 3),
        )


def seam(pictures: NDArray[np.uint8]) -> tuple[float, float]:
    """How much the middle of pictures looks like a seam.

    Args:
        pictures: (N, H, W, 3) of one video.

    Returns:
        Share of the rows of one column near the middle across which the background (the median picture) changes by more
        than 12 levels of 255 and three times as much as is usual in that row; and one minus the overlap of the colour
        histograms (4 x 4 x 4) of the strips of an eighth of the width on both sides of that column.
    """
    background = np.median(pictures, axis=0)
    width = background.shape[1]
    if width < 16:
        return 0.0, 0.0
    # Over two pixels, as scaling and chroma subsampling blur a seam over that many.
    steps = np.abs(background[:, 2:] - background[:, :-2]).max(2)
    usual = np.median(steps, axis=1, keepdims=True)
    broken = (steps > np.maximum(12, 3 * usual)).mean(0)
    middle, reach = width // 2, max(2, width // 50)
    near = broken[middle - 1 - reach : middle + reach]
    edge = float(near.max())
    column = middle - reach + int(near.argmax())
    strip = width // 8
    left, right = (background[:, a:b] for a, b in ((column - strip, column - 1), (column + 2, column + strip + 1)))
    return edge, 1.0 - float(np.minimum(_histogram(left), _histogram(right)).sum())


def _histogram(strip: NDArray[np.floating]) -> NDArray[np.float64]:
    codes = (strip // 64).astype(int).reshape(-1, 3) @ np.array([16, 4, 1])
    return np.bincount(codes, minlength=64) / len(codes)
