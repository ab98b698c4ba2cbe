"""VENUS's annotation of one video segment: the keys, nesting and units of the paper's Figure 9.

Times are seconds and frames are pictures at ``FPS``, both from the segment's start; ``Duration`` says where in the
video the segment lies; boxes are pixels. Utterances that are listed as harmful do not appear under ``Conversation``.

Source: Kim et al., Speaking Beyond Language (2025), appendix A.7 and Figure 9.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from visavis.errors import InputError
from visavis.files import atomic_write
from visavis.reading import read_text

FACE_SIZES, BODY_SIZE = (153, 156), 179
FASTEST, LONGEST, MOST = 1000, 1_000_000, 10_000_000
"""Pictures per second, seconds of a video, and numbers of utterances and frames: larger ones are mistakes."""
_TIME = r"(\d{2,}):([0-5]\d):([0-5]\d(?:\.\d+)?)"
_DURATION = re.compile(f"{_TIME} ~ {_TIME}")

Seconds = Annotated[float, Field(ge=0, le=LONGEST)]
Index = Annotated[int, Field(ge=0, le=MOST)]


def _key(name: str, **limits: Any) -> Any:
    """A field that files call by Figure 9's name."""
    return Field(validation_alias=name, serialization_alias=name, **limits)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


class VenusWord(_Part):
    """One word."""

    word: str = _key("Word")
    start: Seconds = _key("Start_time")
    end: Seconds = _key("End_time")


class VenusUtterance(_Part):
    """What one of the two says in one go."""

    id: Index = _key("Utt_id")
    speaker: int = _key("Speaker", ge=0, le=1)
    text: str = _key("Text")
    start: Seconds = _key("Start time")
    end: Seconds = _key("End time")
    words: list[VenusWord] = _key("Words")


class VenusFeatures(_Part):
    """What one frame of an utterance shows of its speaker."""

    utterance: Index = _key("Utt_id")
    frame: Index = _key("Frame")
    features: list[float] = _key("Features")


class VenusBox(_Part):
    """Where a speaker is in a picture: left, top, right, bottom."""

    frame: Index = _key("Frame")
    box: list[float] = _key("Bbox", min_length=4, max_length=4)


class Venus(_Part):
    """The annotation of one segment."""

    channel: str = _key("Channel_id")
    video: str = _key("Video_id")
    duration: str = _key("Duration")
    fps: int | float = _key("FPS", gt=0, le=FASTEST)
    segment: Index = _key("Segment_id")
    conversation: list[VenusUtterance] = _key("Conversation")
    face: list[VenusFeatures] = _key("Facial expression")
    body: list[VenusFeatures] = _key("Body language")
    boxes: list[VenusBox] = _key("Speaker bbox")
    harmful: list[Index] = _key("Harmful_utterance_id")

    @field_validator("duration")
    @classmethod
    def _duration(cls, text: str) -> str:
        start, stop = span(text)
        if not start < stop:
            raise ValueError(f"{text[:40]!r} ends before it begins")
        if stop > LONGEST:
            raise ValueError(f"{text[:40]!r} ends after {LONGEST // 3600} hours; no video is so long")
        return text

    @field_validator("face", "body")
    @classmethod
    def _sizes(cls, entries: list[VenusFeatures], info: ValidationInfo) -> list[VenusFeatures]:
        sizes = FACE_SIZES if info.field_name == "face" else (BODY_SIZE,)
        for number, entry in enumerate(entries):
            if len(entry.features) not in sizes or len(entry.features) != len(entries[0].features):
                wanted = " or ".join(map(str, sizes))
                raise ValueError(
                    f"entry {number} has {len(entry.features)} features; expected {wanted}, the same for all"
                )
        return entries

    @classmethod
    def read(cls, path: str | Path) -> Venus:
        """Reads a file.

        Raises:
            InputError: It cannot be read, is no JSON or not as in Figure 9; the message names file and field.
        """
        path = Path(path)
        text = read_text(path)
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise InputError(f"{path}: {told(error)}") from None

    def write(self, path: str | Path) -> Path:
        """Writes a file under a temporary name and renames it."""
        path = Path(path)
        with atomic_write(path) as temporary:
            temporary.write_text(self.model_dump_json(by_alias=True), encoding="utf-8")
        return path


def told(error: ValidationError) -> str:
    """The first field that is wrong, and why."""
    first = error.errors()[0]
    field = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"]).lstrip(".")
    return f"{field[:80] or 'the file'}: {first['msg'][:200]}"


def span(text: str) -> tuple[float, float]:
    """Start and stop in seconds of ``HH:MM:SS ~ HH:MM:SS``.

    Raises:
        ValueError: It is not written so.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not of the form HH:MM:SS ~ HH:MM:SS")
    hours = [float(part) for part in match.groups()]
    return hours[0] * 3600 + hours[1] * 60 + hours[2], hours[3] * 3600 + hours[4] * 60 + hours[5]


def span_text(start: float, stop: float) -> str:
    """Seconds as ``HH:MM:SS ~ HH:MM:SS``, with up to three decimals where they are not whole."""
    return " ~ ".join(_clock(time) for time in (start, stop))


def _clock(time: float) -> str:
    thousandths = round(time * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    seconds = f"{rest // 1000:02d}" + (f".{rest % 1000:03d}".rstrip("0") if rest % 1000 else "")
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds}"
