"""The one place where media files are opened: what is read is the file itself, whatever its name or content says.

FFmpeg takes names for addresses (``10:30 call.wav``, ``concat:a|b.wav``, ``shot%03d.png``) and follows playlists to
other files. Here it is handed bytes and no name, and every further file it asks for is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from visavis.errors import InputError, plainly
from visavis.media.boxes import references
from visavis.reading import regular_file, shown

MOST_PIXELS = 40_000_000
"""Pixels of the largest picture that is decoded; 8K has 33 million."""

_LIMITS = {"max_pixels": str(MOST_PIXELS)}
_HEAD = 4096
_BUFFER = 2**16
_LISTS = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*"
    rb"(?:#EXTM3U|ffconcat version|file\s+['\"]|v=0\r?\no=|\[playlist\]|\[reference\]|RTSPtext)",
    re.IGNORECASE,
)
_LIST_SUFFIXES = frozenset({".m3u", ".m3u8", ".pls", ".cue", ".asx", ".wpl", ".xspf", ".ram", ".smil"})
_MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<")
_LISTS_IN_MARKUP = re.compile(
    rb"<(?:\w+:)?(?:MPD|smil|asx|CompositionPlaylist|SmoothStreamingMedia|playlist)\b", re.IGNORECASE
)


class _Part:
    """Bytes of a file, as FFmpeg reads them through PyAV.

    Args:
        file: Open for reading.
        span: The bytes that there are, as if they were the file.
        suffix: Of the file's name, by which FFmpeg knows formats that have no signature.
        sized: Whether to tell how long it is.
    """

    def __init__(self, file: BinaryIO, span: range, suffix: str, sized: bool) -> None:
        self._file, self._span, self._sized, self.name = file, span, sized, f"media{suffix}"
        self._file.seek(span.start)

    def read(self, count: int) -> bytes:
        return self._file.read(max(0, min(count, self._span.stop - self._file.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END and not self._sized:
            return -1
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: len(self._span)}[whence]
        try:
            return self._file.seek(self._span.start + max(0, origin + offset)) - self._span.start
        except (OSError, OverflowError):  # to where a damaged header says that something is
            return -1

    def tell(self) -> int:
        return self._file.tell() - self._span.start


def check_file(path: Path) -> None:
    """Refuses what is no file of its own: missing, a folder, a pipe, empty, or a list of other files.

    Raises:
        InputError: Says which.
    """
    regular_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            elsewhere = _is_list(head, path.suffix) or references(file, path.stat().st_size)
    except OSError as error:
        raise InputError(f"{shown(path)}: cannot be read: {plainly(error)}") from None
    if not head:
        raise InputError(f"{shown(path)}: is empty (0 bytes)")
    if elsewhere:
        raise InputError(f"{shown(path)}: holds no sound or pictures but points to other files; pass the file it names")


def _is_list(head: bytes, suffix: str) -> bool:
    """Whether a file that begins so is a list of others; some are mere lines of names, and known by their suffix."""
    if suffix.lower() in _LIST_SUFFIXES and b"\0" not in head:
        return True
    return bool(_LISTS.match(head) or (_MARKUP.match(head) and _LISTS_IN_MARKUP.search(head)))


@contextmanager
def opened(path: Path, wanted: str, span: range | None = None, *, sized: bool = True) -> Iterator[Any]:
    """A container of a file; what goes wrong while it is read becomes a line for the user.

    Args:
        path: A file that `check_file` lets pass.
        wanted: What should be passed instead of a file that is damaged.
        span: The bytes of it to read; all unless given.
        sized: Whether FFmpeg learns how long the file is. Where it does not, it cannot guess durations either, and
            those that it tells are what the file declares.

    Raises:
        InputError: It cannot be read, or is no media.
    """
    import av

    asked: list[str] = []

    def refused(url: str, flags: int, options: dict[str, str]) -> Any:
        asked.append(url)
        raise OSError(f"asks for another file: {url}")

    try:
        with path.open("rb", buffering=0) as file:
            part = _Part(file, range(path.stat().st_size) if span is None else span, path.suffix, sized)
            with av.open(
                part,
                options=_LIMITS,  # of the decoders that FFmpeg tries while it finds out what is in a file
                container_options={"protocol_whitelist": "none"},  # demuxers that open files past io_open
                io_open=refused,
                buffer_size=_BUFFER,
                metadata_errors="replace",
            ) as container:
                for stream in container.streams.video:
                    if stream.codec_context is not None:
                        stream.codec_context.options = _LIMITS
                yield container
    except (av.error.FFmpegError, OSError) as error:
        if asked:
            raise InputError(f"{shown(path)}: points to another file ({shown(asked[0])[:80]}); pass that one") from None
        why = getattr(error, "strerror", None) or plainly(error)
        raise InputError(f"{shown(path)}: not a readable media file, or damaged ({why}); pass {wanted}") from error


def file_url(path: Path | str) -> str:
    """How FFmpeg is told the name of a file of ours: as a name, whatever is in it."""
    return f"file:{path}"


def is_cover(stream: Any) -> bool:
    """Whether a stream is a single picture attached to the file."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def codec_name(stream: Any) -> str:
    """FFmpeg's name of a stream's codec, or the container's where FFmpeg knows none."""
    import av.logging

    if stream.codec_context is not None:
        return str(stream.codec_context.name)
    if getattr(stream, "name", None):  # of data and attached files
        return str(stream.name)
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)  # what is said about a stream without decoder is said in the log only
    try:
        text = stream.container.dumps_format()
    finally:
        av.logging.set_level(level)
    line = next((line for line in text.splitlines() if f"Stream #0:{stream.index}" in line), "")
    named = re.search(r": \w+: (\w+)", line), re.search(r"\((\S+) / 0x", line)
    names = [found[1] for found in named if found and found[1] != "none"]
    return f"unknown codec ({shown(names[0])})" if names else "unknown codec"
