"""Stages of curation by name: the built-in ones and those of installed packages."""

from __future__ import annotations

from visavis import plugins
from visavis.corpora.curation.stage import Stage
from visavis.corpora.curation.stages import (
    clips,
    duplicates,
    extraction,
    face_quality,
    segments,
    speaker,
    split_screen,
    talk,
    thumbnail,
)

BUILT_IN: tuple[type[Stage], ...] = (
    thumbnail.Thumbnail,
    duplicates.Duplicates,
    segments.Segments,
    split_screen.SplitScreen,
    extraction.Speaking,
    talk.TwoSpeakers,
    extraction.Words,
    talk.Language,
    talk.Safety,
    extraction.Faces,
    face_quality.FaceQuality,
    extraction.ActiveSpeaker,
    speaker.SpeakerFrames,
    speaker.SpeakerCrops,
    extraction.Bodies,
    clips.Clips,
)
"""In an order in which they work."""

ENTRY_POINTS = "visavis.stages"
"""Entry-point group of stages by others: a name and a `Stage` subclass."""


def known_stages() -> dict[str, type[Stage]]:
    """All stages by name: the built-in ones, then those of installed packages."""
    known: dict[str, type[Stage]] = {kind.name: kind for kind in BUILT_IN}
    for name, point in plugins.installed(ENTRY_POINTS).items():
        if name not in known:
            known[name] = plugins.load(point, f"the stage {name!r}")
    return known
