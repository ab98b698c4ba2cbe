"""Builds each part of the page; a part that cannot be built says why."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from visavis.bodies import shown_as
from visavis.corpora.report import pictures
from visavis.corpora.report.looks import SampledMotion
from visavis.corpora.report.maps import FEWEST, Map, draw_map
from visavis.corpora.report.page import DrawnMap, Faces, Missing, Picture, Quality
from visavis.corpora.report.survey import Survey
from visavis.corpora.report.talk import Sentiment, topics
from visavis.errors import MissingExtraError
from visavis.motion import Motion
from visavis.motion.spaces import ARKIT_BODY

GRID = 24
"""Faces in the grid."""
PERCENTILES = (5, 25, 50, 75, 95)
_MEASURES = {
    "size": "pixels between the eyes", "sharpness": "sharpness (about 1: sharp; below 0.3: blurred)",
    "visible": "visible and turned to the camera (0 to 1)",
}  # fmt: skip
_NO_MOTION = "no motion in this corpus"


def face_map(looks: SampledMotion) -> DrawnMap | Missing:
    """Expressions."""
    if looks.faces is None:
        return Missing(_NO_MOTION if looks.space is None else f"the space {looks.space.name} has no face columns")
    return _map(looks, looks.faces, looks.face_columns, "expression and jaw, without gaze")


def body_map(looks: SampledMotion) -> DrawnMap | Missing:
    """Gestures."""
    if looks.bodies is None:
        return Missing(_NO_MOTION if looks.space is None else f"the space {looks.space.name} has no body columns")
    return _map(looks, looks.bodies, looks.body_columns, "spine, arms and fingers")


def faces(looks: SampledMotion) -> Faces | Missing:
    """Frames drawn at random, as they are, but for where the person is."""
    if looks.faces is None or not len(looks.faces):
        return Missing(_NO_MOTION if looks.space is None else "no face is visible in the sampled frames")
    if shown_as(looks.faces.space) is None:
        return Missing(f"faces in the space {looks.faces.space.name} cannot be drawn on the built-in character")
    rng = np.random.default_rng(1)
    chosen = np.sort(rng.choice(len(looks.faces), min(GRID, len(looks.faces)), replace=False))
    return Faces(
        pictures.faces(_frames(looks.faces, chosen)),
        f"{len(chosen)} frames drawn at random, on an invented character; heads and eyes turned as in the recordings.",
    )


def quality(looks: SampledMotion) -> Quality | Missing:
    """How often and how well faces were seen."""
    if not len(looks.seen):
        return Missing("there is no track 'face', which visavis extract and curate write for faces in videos")
    rows = {
        _MEASURES[name]: tuple(float(p) for p in np.percentile(values, PERCENTILES))
        for name, values in looks.quality.items()
        if len(values)
    }
    return Quality(len(looks.seen), float(looks.seen.mean()), rows)


def topic_cloud(found: Survey) -> Picture | Missing:
    """What is talked about."""
    said = topics(found)
    if not said.weights:
        return Missing("no words and no titles in this corpus")
    return _cloud(said.weights, "topics", (980, 400), f"Larger words occur more often; {said.by}")


def mood_clouds(found: Sentiment | Missing) -> dict[str, Picture] | Missing:
    """Words by the sentiment of their sentences."""
    if isinstance(found, Missing):
        return found
    drawn = {}
    for label, words in found.words.items():
        if words:
            made = _cloud(words, label, (520, 280), f"Words typical of {label} sentences")
            if isinstance(made, Missing):
                return made
            drawn[label] = made
    return drawn or Missing("too few words to tell which are typical")


def _cloud(weights: Mapping[str, float], tone: str, size: tuple[int, int], about: str) -> Picture | Missing:
    """A cloud of words; those whose letters the machine's fonts do not have are left out, and told."""
    written = pictures.written(weights)
    if not written:
        return Missing("no font with the letters of these words is installed")
    left_out = len(weights) - len(written)
    if left_out:
        about += f"; {left_out:,} words are left out, for no single installed font has their letters as well"
    try:
        return Picture(pictures.cloud(written, tone, size), about)
    except MissingExtraError as error:
        return Missing(str(error))


def _map(looks: SampledMotion, motion: Motion, columns: NDArray[np.intp], what: str) -> DrawnMap | Missing:
    drawn = draw_map(motion, columns)
    if drawn is None:
        few = len(motion) < FEWEST
        return Missing(f"{len(motion)} frames are too few for a map" if few else f"too little motion: {what}")
    small = sum(cluster.size for cluster in drawn.clusters[len(pictures.PALETTE) :])
    smaller = (
        f" {len(drawn.clusters) - len(pictures.PALETTE)} smaller clusters, together {small / len(motion):.0%} of the "
        "frames, are grey."
        if small
        else ""
    )
    left_out = f" {looks.left_out} people in other motion spaces are excluded." if looks.left_out else ""
    outside = float((drawn.labels < 0).mean())
    about = (
        f"{len(motion):,} frames by {what} ({motion.space.name}): t-SNE, clusters by DBSCAN; {outside:.0%} are in no "
        "cluster. For each cluster: its central frame, its share, the number of frames, and the largest differences "
        f"from the mean (coefficients, radians).{smaller}{left_out}"
    )
    return DrawnMap(drawn, pictures.map_picture(drawn), _examples(motion, drawn, columns), about)


def _examples(motion: Motion, drawn: Map, columns: NDArray[np.intp]) -> list[str]:
    """The clusters' middle frames: faces by the face alone, gestures with everything."""
    if shown_as(motion.space) is None:
        return []
    shown = drawn.clusters[: len(pictures.PALETTE)]
    chosen = _frames(motion, np.array([cluster.example for cluster in shown], np.intp))
    gestures = {motion.space.columns[i].group for i in columns} & {"body", "hands"}
    if gestures and motion.space.columns == ARKIT_BODY.columns:
        return pictures.bodies(chosen)
    return pictures.faces(chosen, columns)


def _frames(motion: Motion, chosen: NDArray[np.intp]) -> Motion:
    return Motion(motion.values[chosen], motion.fps, motion.space)
