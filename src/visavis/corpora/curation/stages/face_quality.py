"""TT8: faces that are large, sharp and open enough."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from visavis.conversation import Track
from visavis.corpora.curation.stage import Item, Outcome, Stage

_WRONG = {
    "unseen": "unseen",
    "still": "a still picture",
    "small": "small",
    "blurred": "blurred",
    "hidden": "hidden",
}
"""Ways in which a frame is not good, and their words."""


class FaceQuality(Stage):
    """Drops what shows small, blurred, hidden or still faces in too many frames (Talking Together, 3.6.1).

    A frame is good for a person whose face is seen, large, sharp and turned to the camera enough at the same time, and
    no still picture.

    Attributes:
        people: Of how many people the faces must be good.
        share: Of the frames in which they must be.
        size: Pixels between the eyes, at least.
        sharpness: At least; see `visavis.perception.faces.quality`.
        visible: Share of the face in view, at least.
    """

    name: ClassVar[str] = "face-quality"
    version: ClassVar[int] = 2
    about: ClassVar[str] = "drops small, blurred, occluded or still faces (Talking Together)"

    people: int = Field(2, ge=1, le=2)
    share: float = Field(0.5, ge=0, le=1)
    size: float = Field(20.0, ge=0)
    sharpness: float = Field(0.2, ge=0)
    visible: float = Field(0.3, ge=0, le=1)

    def __call__(self, item: Item) -> Outcome:
        """The share of good frames of each person, and of what is wrong with the others."""
        tracks = [person.tracks.get("face") for person in item.found]
        shares = [self.shares(track) for track in tracks]
        good = sorted((s["good"] for s in shares), reverse=True)[self.people - 1]
        worst = min(shares, key=lambda s: s["good"]) if self.people == 2 else max(shares, key=lambda s: s["good"])
        figures = {f"{what}_{letter}": s[what] for letter, s in zip("ab", shares, strict=True) for what in s}
        wrong = _WRONG[max(_WRONG, key=lambda what: worst[what])]
        return item.kept_if(
            good >= self.share,
            f"faces are good in {good:.0%} of the frames",
            f"a face is good in {good:.0%} of the frames only, mostly because it is {wrong}",
            **figures,
        )

    def shares(self, track: Track | None) -> dict[str, float]:
        """Shares of the frames that are good, and that are bad in each way."""
        if track is None or not len(track):
            return {"good": 0.0, **dict.fromkeys(_WRONG, 0.0), "unseen": 1.0}
        seen = track.valid
        still = ~seen & (track["still"] > 0) if "still" in track.columns else np.zeros(len(track), bool)
        bad: dict[str, NDArray[np.bool_]] = {
            "unseen": ~seen & ~still,
            "still": still,
            "small": seen & (track["size"] < self.size),
            "blurred": seen & (track["sharpness"] < self.sharpness),
            "hidden": seen & (track["visible"] < self.visible),
        }
        good = ~np.logical_or.reduce(list(bad.values()))
        return {name: round(float(mask.mean()), 4) for name, mask in {"good": good, **bad}.items()}
