"""F3, F4 and safety: filters on speakers, language and content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from visavis.corpora.curation.stage import Item, Outcome, Stage
from visavis.corpora.curation.stages.extraction import Extraction
from visavis.errors import InputError
from visavis.perception.safety import harmful_minutes
from visavis.perception.speaking import MORE_VOICES


class TwoSpeakers(Stage):
    """Keeps what has exactly two speakers by diarization (VENUS, 3.1: F3).

    Attributes:
        seconds: How long each of them speaks at least.
    """

    name: ClassVar[str] = "two-speakers"
    about: ClassVar[str] = "keeps items with exactly two speakers (F3)"

    seconds: float = Field(5.0, ge=0)

    def __call__(self, item: Item) -> Outcome:
        """How long each speaks."""
        tracks = [person.speaking for person in item.found]
        if any(track is None for track in tracks):
            raise InputError("voice activity is unknown; put the stage 'speaking' before this one")
        spoken = [round(float((t.values[:, 0] > 0.5).sum() / t.fps), 2) for t in tracks if t is not None]
        crowded = any(note.startswith(MORE_VOICES) for note in item.found.provenance.get("notes", []))
        figures = {"seconds_a": spoken[0], "seconds_b": spoken[1]}
        if crowded:
            return item.dropped("more than two people speak", **figures)
        return item.kept_if(min(spoken) >= self.seconds, "two people speak", "fewer than two people speak", **figures)


class Language(Stage):
    """Keeps what is in one of some languages (VENUS, 3.1: F4).

    Where the transcriber knows one language only, how sure it is of its words tells whether they are of that language.

    Attributes:
        languages: ISO 639-1 codes.
        probability: Of the language, at least, where the transcriber tells it.
        confidence: Mean probability of the words, at least, where it does not.
    """

    name: ClassVar[str] = "language"
    about: ClassVar[str] = "keeps items in given languages, by default English (F4)"

    languages: tuple[str, ...] = ("en",)
    probability: float = Field(0.5, ge=0, le=1)
    confidence: float = Field(0.5, ge=0, le=1)

    def __call__(self, item: Item) -> Outcome:
        """Which language it is."""
        if item.found.fact("language") is None:
            raise InputError("the language is unknown; put the stage 'words' before this one")
        code, told = item.found.fact("language", "code") or "", item.found.fact("language", "probability")
        sure = told if told is not None else item.found.fact("words", "confidence")
        least = self.probability if told is not None else self.confidence
        return item.kept_if(
            code in self.languages and sure is not None and sure >= least,
            f"language {code}",
            f"language {code or 'unknown'}, or too uncertain",
            language=code,
            sure=round(sure or 0.0, 3),
        )


class Safety(Extraction):
    """Marks harmful utterances and drops videos with too many (VENUS, A.1).

    Attributes:
        minutes: Of harmful utterances in all parts of a video together, at most.
    """

    name: ClassVar[str] = "safety"
    about: ClassVar[str] = "marks harmful utterances; drops videos with more than three minutes of them (A.1)"
    compares: ClassVar[bool] = True

    minutes: float = Field(3.0, ge=0)

    def __call__(self, item: Item) -> Outcome:
        """Marks; dropping is for `among`."""
        outcome = super().__call__(item)
        (marked,) = outcome.items
        minutes = round(harmful_minutes(marked.found), 4)
        return Outcome(
            (replace(marked, facts={**item.facts, "harmful_minutes": minutes}),), outcome.reason, {"minutes": minutes}
        )

    def among(self, items: Sequence[Item]) -> list[Outcome]:
        """All parts of a video go together."""
        total: defaultdict[str, float] = defaultdict(float)
        for item in items:
            total[item.source.name] += float(item.facts["harmful_minutes"])
        return [
            item.kept_if(
                total[item.source.name] <= self.minutes,
                "harmless enough",
                "too much harmful language in the video",
                minutes=round(total[item.source.name], 4),
            )
            for item in items
        ]
