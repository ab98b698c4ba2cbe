"""The parts of a report, rendered as a page and as a table of numbers."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import Any

from visavis.corpora.report.counts import Count
from visavis.corpora.report.filters import Filter
from visavis.corpora.report.maps import Map
from visavis.corpora.report.pictures import PALETTE, TONES
from visavis.corpora.report.talk import Sentiment


@dataclass(frozen=True)
class Missing:
    """A part that the corpus does not have.

    Attributes:
        why: One line.
    """

    why: str


@dataclass(frozen=True)
class DrawnMap:
    """A map with pictures.

    Attributes:
        map: The frames in the plane.
        picture: The plane.
        examples: A picture of each cluster's example; empty where the space cannot be drawn.
        about: What was mapped, in one line.
    """

    map: Map
    picture: str
    examples: list[str]
    about: str


@dataclass(frozen=True)
class Picture:
    """A picture with what it shows.

    Attributes:
        source: A data URI.
        about: In one line.
    """

    source: str
    about: str


@dataclass(frozen=True)
class Faces:
    """A grid of pictures.

    Attributes:
        pictures: Data URIs.
        about: What they show, in one line.
    """

    pictures: list[str]
    about: str


@dataclass(frozen=True)
class Quality:
    """How well faces were seen.

    Attributes:
        people: Whose faces were looked at.
        seen: Mean over people of the share of frames with a valid face.
        rows: By measure the 5th, 25th, 50th, 75th and 95th percentile over frames.
    """

    people: int
    seen: float
    rows: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Contents:
    """Everything a report says.

    Attributes:
        name: Of the corpus.
        version: Of this package.
        counts: Table 2.
        languages: Conversations by language.
        sources: Conversations by where they come from.
        spaces: People by motion space.
        funnel: What curation kept.
        face_map: Of expressions.
        body_map: Of gestures.
        faces: On the neutral character.
        quality: Of tracking.
        topics: A cloud of words.
        sentiment: Shares.
        moods: Clouds of words by label.
    """

    name: str
    version: str
    counts: list[Count]
    languages: Counter[str]
    sources: Counter[str]
    spaces: Counter[str]
    funnel: list[Filter] | Missing
    face_map: DrawnMap | Missing
    body_map: DrawnMap | Missing
    faces: Faces | Missing
    quality: Quality | Missing
    topics: Picture | Missing
    sentiment: Sentiment | Missing
    moods: dict[str, Picture] | Missing


def as_html(contents: Contents) -> str:
    """One page with everything in it; text of the corpus is escaped, scripts there are none."""
    from jinja2 import Environment, StrictUndefined

    text = resources.files("visavis.corpora.report").joinpath("page.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(text).render(c=contents, palette=PALETTE, tones=TONES)


def as_json(contents: Contents) -> str:
    """The numbers of the page for programs; a part that is missing is a string that says why."""
    funnel, sentiment, quality = contents.funnel, contents.sentiment, contents.quality
    content = {
        "corpus": contents.name,
        "visavis": contents.version,
        "counts": {count.name: count.value for count in contents.counts},
        "languages": dict(contents.languages),
        "sources": dict(contents.sources),
        "people_by_space": dict(contents.spaces),
        "funnel": funnel.why if isinstance(funnel, Missing) else [_filter(stage) for stage in funnel],
        "expressions": _map(contents.face_map),
        "gestures": _map(contents.body_map),
        "quality": quality.why if isinstance(quality, Missing) else vars(quality),
        "sentiment": sentiment.why if isinstance(sentiment, Missing) else _sentiment(sentiment),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _filter(stage: Filter) -> dict[str, Any]:
    level = stage.level
    return {
        "stage": level.stage, "entered": level.entered, "kept": level.kept, "hours_in": level.hours_in,
        "hours_kept": level.hours_kept, "reasons": dict(stage.reasons),
    }  # fmt: skip


def _map(drawn: DrawnMap | Missing) -> str | dict[str, Any]:
    if isinstance(drawn, Missing):
        return drawn.why
    found = drawn.map
    clusters = [{"frames": cluster.size, "tells": dict(cluster.tells)} for cluster in found.clusters]
    return {"frames": len(found.points), "radius": found.radius, "clusters": clusters}


def _sentiment(found: Sentiment) -> dict[str, Any]:
    shares = {share.label: {"share": share.share, "low": share.low, "high": share.high} for share in found.shares}
    return {"classifier": found.classifier, "sentences": found.sentences, **shares}
