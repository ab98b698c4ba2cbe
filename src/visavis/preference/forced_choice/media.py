"""Whether browsers can play a file, how long it lasts, and whether it has anything to hear."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visavis.errors import InputError
from visavis.preference.forced_choice.design import Medium

if TYPE_CHECKING:
    from visavis.media.decode import DecodedAudio

LONGEST_APART = 0.5
"""Seconds by which the videos of one trial may differ in length."""
_VIDEO = {".mp4": {"h264", "av1"}, ".m4v": {"h264"}, ".webm": {"vp8", "vp9", "av1"}}
_AUDIO = {".wav": {"pcm_s16le", "pcm_u8"}, ".mp3": {"mp3"}, ".m4a": {"aac"}, ".ogg": {"vorbis", "opus"},
          ".webm": {"vorbis", "opus"}, ".flac": {"flac"}}  # fmt: skip
_IN_VIDEO = {".mp4": {"aac", "mp3", "opus"}, ".m4v": {"aac"}, ".webm": {"vorbis", "opus"}}
_CONVERSION = "convert it (ffmpeg -i FILE -pix_fmt yuv420p out.mp4)"
MEDIA_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".wav": "audio/wav",
               ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".flac": "audio/flac"}  # fmt: skip


_HEARD = 1e-3
"""Of full scale: 60 dB below it, nothing is heard."""


@dataclass(frozen=True)
class Checked:
    """A file that browsers play.

    Attributes:
        seconds: How long it lasts.
        sound: Whether anything is heard in it.
    """

    seconds: float
    sound: bool


def check_video(path: Path) -> Checked:
    """What there is to know about a video; all of it is decoded.

    Raises:
        InputError: It is missing, damaged, cut short, or of a kind that browsers do not play.
    """
    from visavis.media.decode import read_audio
    from visavis.media.frames import open_video

    _check_suffix(path, _VIDEO)
    video = open_video(path)
    frames = video.frames(video.fps, longest=64)
    for _ in frames:
        pass
    if frames.damaged:
        raise InputError(f"{path}: {frames.damaged} of its packets are damaged; get an intact copy")
    for note in video.notes:
        if "truncated" in note:
            raise InputError(f"{path}: {note.removeprefix(path.name + ': ')}; get an intact copy")
    kind = path.suffix.lower()
    codecs, sounds, pixels = _codecs(path)
    for name, known in ((codecs[0], _VIDEO[kind]), *((sound, _IN_VIDEO[kind]) for sound in sounds)):
        if name not in known:
            raise InputError(f"{path}: browsers do not play {name} in {kind}; {_CONVERSION}")
    if pixels not in ("yuv420p", "yuvj420p"):
        raise InputError(f"{path}: browsers do not play the pixel format {pixels}; {_CONVERSION}")
    return Checked(video.duration, bool(sounds) and _is_heard(read_audio(path)))


def check_audio(path: Path) -> Checked:
    """What there is to know about a sound.

    Raises:
        InputError: It is missing, damaged, or of a kind that browsers do not play.
    """
    from visavis.media.decode import read_audio

    _check_suffix(path, _AUDIO)
    found = read_audio(path)
    for note in found.notes:
        if "damaged" in note or "truncated" in note:
            raise InputError(f"{path}: {note.removeprefix(path.name + ': ')}; get an intact copy")
    kind = path.suffix.lower()
    name = _codecs(path)[1][0]
    if name not in _AUDIO[kind]:
        raise InputError(f"{path}: browsers do not play {name} in {kind}; convert it (ffmpeg -i FILE out.mp3)")
    return Checked(found.duration, _is_heard(found))


def _is_heard(sound: DecodedAudio) -> bool:
    return any(bool((np.abs(channel.samples) > _HEARD).any()) for channel in sound.channels)


def check_lengths(where: str, media: list[Medium]) -> None:
    """Refuses a trial whose files would not end together.

    Raises:
        InputError: Lengths differ by more than `LONGEST_APART`.
    """
    lengths = [medium.seconds for medium in media]
    if max(lengths) - min(lengths) > LONGEST_APART:
        shown = ", ".join(f"{seconds:.1f}" for seconds in lengths)
        raise InputError(
            f"{where}: files of unequal length ({shown} s); trim them to within {LONGEST_APART} s of each other"
        )


def _check_suffix(path: Path, known: dict[str, set[str]]) -> None:
    from visavis.media.container import check_file

    check_file(path)
    if path.suffix.lower() not in known:
        raise InputError(f"{path}: browsers play {', '.join(known)}, not {path.suffix or 'files without an extension'}")


def _codecs(path: Path) -> tuple[list[str], list[str], str]:
    """Codecs of the pictures and of the sounds, and the format of the first picture's pixels."""
    from visavis.media.container import codec_name, opened

    with opened(path, "a file that plays") as container:
        pictures, sounds = container.streams.video, container.streams.audio
        pixels = str(getattr(pictures[0].codec_context, "pix_fmt", "")) if pictures else ""
        names = [
            [s.codec_context.codec.canonical_name if s.codec_context is not None else codec_name(s) for s in streams]
            for streams in (pictures, sounds)
        ]
        return names[0], names[1], pixels
