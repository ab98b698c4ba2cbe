"""A video of a speaker next to the retrieved listeners, with the description below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.media.audio import Audio
from visavis.media.frames import Video
from visavis.media.video import VideoWriter
from visavis.motion.mapping import project_to_space
from visavis.motion.motion import Motion
from visavis.motion.resampling import resample
from visavis.motion.spaces import ARKIT
from visavis.rendering.portrait import Portraits
from visavis.rendering.typography import broken, font
from visavis.reporter import Update

Picture = NDArray[np.uint8]

FPS = 25.0
SIZE = (1280, 600)
MOST = 3
"""Listeners that are shown."""
LONGEST = 60.0
"""Seconds of a video at most."""
_SPEAKER, _FACE = 400, 264
_LEFT, _TOP, _FACES_TOP = 24, 24, 100
_PAPER, _INK, _FAINT, _BAR, _PANEL = (250, 249, 247), (34, 38, 42), (112, 118, 124), (31, 111, 120), (237, 235, 230)
_CHUNK = 16
"""Frames that are drawn of one face after the other."""


@dataclass(frozen=True)
class Speaker:
    """Who is listened to.

    Attributes:
        words: What is said; shown large where there is neither video nor motion.
        video: The picture, if there is one.
        motion: How the speaker moves, if that is known.
        audio: What is heard.
    """

    words: str
    video: Video | None = None
    motion: Motion | None = None
    audio: Audio | None = None

    @property
    def duration(self) -> float:
        """Seconds; 0 of words alone."""
        return max([part.duration for part in (self.video, self.motion, self.audio) if part is not None], default=0.0)


@dataclass(frozen=True)
class Listener:
    """One of those beside.

    Attributes:
        title: Rank and score.
        about: Which clip it is.
        motion: In `arkit` or `arkit-body`.
    """

    title: str
    about: str
    motion: Motion


@dataclass(frozen=True)
class Caption:
    """What stands under the pictures from a share of the turn on, 0 to 1."""

    start: float
    text: str


def video_length(speaker: Speaker, listeners: Sequence[Listener]) -> float:
    """Seconds: as long as the speaker speaks and every listener is shown once, `LONGEST` at most."""
    return min(LONGEST, max([speaker.duration, *(each.motion.duration for each in listeners)]))


def write_beside(
    path: Path, speaker: Speaker, listeners: Sequence[Listener], captions: Sequence[Caption],
    update: Update = lambda _share: None,
) -> Path:  # fmt: skip
    """Writes the video (H.264 and AAC, 25 frames per second); a listener's clip that is over begins again.

    Args:
        path: The file; it appears when it is complete.
        speaker: On the left.
        listeners: On the right, the best first; `MOST` of them are shown.
        captions: In order of time; shares are of the speaker's turn, or of the whole where that has no length.
        update: Takes the share done.

    Raises:
        InputError: A motion's space cannot be drawn, the video cannot be read, or the file cannot be written.
    """
    listeners = [
        Listener(each.title, each.about, resample(project_to_space(each.motion, ARKIT), FPS))
        for each in listeners[:MOST]
    ]
    length = video_length(speaker, listeners)
    count = max(1, round(length * FPS))
    turn = speaker.duration or length
    under = "" if speaker.video is None and speaker.motion is None else speaker.words
    with VideoWriter(path, SIZE, FPS, speaker.audio) as writer:
        pictures = zip(_speaking(speaker, count), _listening(listeners, count), strict=True)
        for frame, (left, faces) in enumerate(pictures):
            share = min(frame / FPS / turn, 1.0)
            caption = next((c.text for c in reversed(captions) if c.start <= share), "")
            page = np.array(_page(under, caption, tuple((each.title, each.about) for each in listeners)))
            page[_TOP : _TOP + _SPEAKER, _LEFT : _LEFT + _SPEAKER] = left
            for number, (face, each) in enumerate(zip(faces, listeners, strict=True)):
                x = _column(number)
                page[_FACES_TOP : _FACES_TOP + _FACE, x : x + _FACE] = face
                done = round(_FACE * (frame % len(each.motion) + 1) / len(each.motion))
                page[_FACES_TOP + _FACE + 4 : _FACES_TOP + _FACE + 8, x : x + done] = _BAR
            writer.write(page)
            update((frame + 1) / count)
    return path


def _speaking(speaker: Speaker, count: int) -> Iterator[Picture]:
    """The left panel's pictures; the last one stays."""
    last = _words(speaker.words)
    made = 0
    for last in _shown(speaker):
        if made == count:
            return
        yield last
        made += 1
    for _ in range(count - made):
        yield last


def _shown(speaker: Speaker) -> Iterator[Picture]:
    if speaker.video is not None:
        yield from (_fitted(picture) for picture in speaker.video.frames(FPS, longest=2 * _SPEAKER))
    elif speaker.motion is not None:
        moving = resample(project_to_space(speaker.motion, ARKIT), FPS)
        portraits = Portraits(ARKIT, _SPEAKER)
        try:
            for at in range(0, len(moving), _CHUNK):
                yield from portraits.draw(moving.slice(at, at + _CHUNK))
        finally:
            portraits.close()


def _listening(listeners: Sequence[Listener], count: int) -> Iterator[list[Picture]]:
    """The faces on the right, frame by frame."""
    portraits = Portraits(ARKIT, _FACE, close=True)
    try:
        for at in range(0, count, _CHUNK):
            frames = np.arange(at, min(at + _CHUNK, count))
            faces = [
                portraits.draw(Motion(each.motion.values[frames % len(each.motion)], FPS, ARKIT)) for each in listeners
            ]
            yield from ([column[i] for column in faces] for i in range(len(frames)))
    finally:
        portraits.close()


def _column(number: int) -> int:
    """Pixels from the left to a listener."""
    return _LEFT + _SPEAKER + 28 + number * (_FACE + 9)


@lru_cache(maxsize=2)
def _page(words: str, caption: str, listeners: tuple[tuple[str, str], ...]) -> Picture:
    """Everything that does not move: (H, W, 3)."""
    from PIL import Image, ImageDraw

    width, height = SIZE
    page = Image.new("RGB", SIZE, _PAPER)
    pen = ImageDraw.Draw(page)
    for number, (title, about) in enumerate(listeners):
        x = _column(number)
        pen.text((x, _TOP + 4), title, fill=_INK, font=font(24, bold=True))
        small = font(14, writes=about)
        pen.text((x, _TOP + 44), broken(about, small, _FACE, 1)[0], fill=_FAINT, font=small)
    y = _TOP + _SPEAKER + 18
    large, plain = font(22, writes=caption), font(16, writes=words)
    for line in broken(caption, large, width - 2 * _LEFT, 4):
        pen.text((_LEFT, y), line, fill=_INK, font=large)
        y += 31
    y += 6
    fitting = min(2, (height - y - 8) // 22)
    for line in broken(words, plain, width - 2 * _LEFT, fitting) if fitting > 0 else []:
        pen.text((_LEFT, y), line, fill=_FAINT, font=plain)
        y += 22
    return np.asarray(page)


def _words(words: str) -> Picture:
    """What is said, as large as fits."""
    from PIL import Image, ImageDraw

    panel = Image.new("RGB", (_SPEAKER, _SPEAKER), _PANEL)
    for size in (34, 28, 22, 18):
        face, step = font(size, writes=words), round(1.4 * size)
        lines = broken(words, face, _SPEAKER - 48, (_SPEAKER - 40) // step)
        if lines and not lines[-1].endswith("…"):
            break
    pen = ImageDraw.Draw(panel)
    top = (_SPEAKER - len(lines) * step) // 2
    for number, line in enumerate(lines):
        pen.text((24, top + number * step), line, fill=_INK, font=face)
    return np.asarray(panel)


def _fitted(picture: Picture) -> Picture:
    """The whole picture in the middle of the panel."""
    from PIL import Image, ImageOps

    return np.asarray(ImageOps.pad(Image.fromarray(picture), (_SPEAKER, _SPEAKER), color=_PANEL))
