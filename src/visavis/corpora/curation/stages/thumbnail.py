"""F1: the thumbnail shows people."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.media import open_video
from visavis.media.stills import opened_still

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class Thumbnail(Stage):
    """Keeps videos whose thumbnail shows people (VENUS, 3.1: F1).

    The thumbnail is a picture of the same name beside the video, as download programs leave it, else a frame.

    Attributes:
        people: How many it shows at least.
        at: Where the frame is taken, as a share of the video.
        longest: Pixels that the picture is shrunk to.
    """

    name: ClassVar[str] = "thumbnail"
    about: ClassVar[str] = "keeps videos whose thumbnail shows people (F1)"

    people: int = Field(1, ge=0, le=100)
    at: float = Field(0.1, ge=0, le=1)
    longest: int = Field(640, ge=64, le=8192)

    def prepare(self) -> None:
        """Fetches the detector."""
        from visavis.perception.people import person_finder

        person_finder()

    def __call__(self, item: Item) -> Outcome:
        """How many people the thumbnail shows."""
        from visavis.perception.people import person_finder

        beside = next((p for s in _PICTURES if (p := item.source.path.with_suffix(s)).is_file()), None)
        picture = _picture(beside, self.longest) if beside else self._frame(item)
        count = len(person_finder()(picture))
        what = "thumbnail" if beside else "frame"
        return item.kept_if(
            count >= self.people,
            f"{count} people in the {what}",
            f"{count} people in the {what}; {self.people} are needed",
            people=count,
        )

    def _frame(self, item: Item) -> NDArray[np.uint8]:
        video = open_video(item.source.path)
        time = min(self.at * video.duration, max(0.0, video.duration - 0.04))
        return next(iter(video.frames(25.0, time, time + 0.04, self.longest)))


def _picture(path: Path, longest: int) -> NDArray[np.uint8]:
    with opened_still(path) as image:
        rgb = image.convert("RGB")
    rgb.thumbnail((longest, longest))
    return np.asarray(rgb)
