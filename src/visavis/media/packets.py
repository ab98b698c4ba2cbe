"""The packets of a file on one running clock, although its own may start anew or be set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from visavis.errors import InputError
from visavis.media.container import is_cover, opened
from visavis.media.parts import parts_of

_BACK = 0.1
"""Seconds; time stamps that go back by more begin a new stretch, as in joined files. Less is an overlap."""

_AHEAD = 3600.0
"""Seconds; nothing to be animated has a hole of an hour in it: the clock was set."""

_NEAR = 10.0
"""Seconds by which streams may run ahead of each other in a file, and `_FEW` stretches."""

_FEW = 8
_ERROR = 1.0
"""Seconds after which a stretch is no error from which the clock returns."""


@dataclass
class _Stretch:
    """A part of a file within which its clock goes on."""

    shift: float
    end: float
    """On the file's clock."""
    began: float
    """On the running clock."""


@dataclass
class _Stream:
    """Where a stream is, on the file's clock, whose ticks last `unit` seconds."""

    unit: float
    stretch: int
    before: int
    """The stretch before that one."""
    last: float
    end: float
    leap: float = 0.0
    """Seconds by which its time stamps last leapt ahead."""


class Clock:
    """Puts packets on the clock with which their file begins; where that breaks, time goes on from where the sound is.

    All streams of a file move together: the first that comes to a break says by how much, the others follow.

    Attributes:
        zero: What the clock shows at time zero, in seconds.
        end: What it shows where the last packet so far ends.
        breaks: Seconds from time zero at which the file's clock started anew or was set.
        broke: Whether that happened within the container that was entered last.
    """

    def __init__(self) -> None:
        self.zero = self.end = 0.0
        self.breaks: list[float] = []
        self.broke = False
        self._stretches: list[_Stretch] = []
        self._streams: dict[int, _Stream] = {}
        self._begins: float | None = None

    def enter(self, container: Any) -> None:
        """What follows is from this container."""
        self._streams, self.broke = {}, False
        self._begins = container.start_time / 1e6 if container.start_time is not None else None

    def place(self, packet: Any) -> None:
        """Moves the time stamps of a packet."""
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None:
            return
        stream = self._streams.get(packet.stream_index)
        if stream is None:
            unit = float(packet.time_base)
            if not self._streams:
                self._begin_container(stamp * unit if self._begins is None else self._begins)
            stream = self._streams[packet.stream_index] = self._new_stream(unit, stamp * unit)
        unit, shown = stream.unit, stamp * stream.unit
        counted = not packet.is_discard
        if counted and packet.dts is not None:  # pictures are shown in another order, in which time goes back and forth
            self._follow(stream, packet.dts * unit, shown)
            stream.last = packet.dts * unit
        stretch = self._stretches[stream.stretch]
        if stretch.shift:
            moved = round(stretch.shift / unit)
            packet.pts = None if packet.pts is None else packet.pts + moved
            packet.dts = None if packet.dts is None else packet.dts + moved
        if counted:
            stream.end = shown + min((packet.duration or 0) * unit, _AHEAD)
            stretch.end = max(stretch.end, stream.end)
            self.end = max(self.end, stream.end + stretch.shift)

    def _begin_container(self, begins: float) -> None:
        if not self._stretches:
            self.zero = self.end = begins
            self._stretches.append(_Stretch(0.0, begins, begins))
        else:
            self._break(begins)

    def _new_stream(self, unit: float, begins: float) -> _Stream:
        newest = len(self._stretches) - 1
        return _Stream(unit, newest, newest, -inf, begins)

    def _follow(self, stream: _Stream, time: float, shown: float) -> None:
        """Goes on to another stretch where the stream's clock has broken."""
        stretch, before = self._stretches[stream.stretch], self._stretches[stream.before]
        back, ahead = time < stream.last - _BACK, time > max(stretch.end, stream.end) + _AHEAD
        leap = time - stream.end
        if not back and leap <= _BACK:
            return
        running = stream.end + stretch.shift
        if running - stretch.began <= _ERROR and abs(time + before.shift - running) <= _BACK:
            stream.stretch = stream.before
        elif back and abs(leap + stream.leap) <= _BACK:  # to where it was before it leapt ahead: that was wrong
            stream.leap = 0.0
        elif back or ahead:
            self._go_on(stream, time, shown)
        else:
            stream.leap = leap

    def _go_on(self, stream: _Stream, time: float, shown: float) -> None:
        """To the stretch that another stream has already come to, or to a new one."""
        last = len(self._stretches) - 1
        later = range(last, max(stream.stretch, last - _FEW), -1)
        known = next((i for i in later if abs(time - self._stretches[i].end) <= _NEAR), None)
        if known is None:
            self._break(shown)
            self.broke = True
        stream.before, stream.stretch, stream.leap = stream.stretch, last + 1 if known is None else known, 0.0

    def _break(self, begins: float) -> None:
        self._stretches.append(_Stretch(self.end - begins, begins, self.end))
        self.breaks.append(self.end - self.zero)


class Packets:
    """The packets of all sound and moving pictures in a file, in its order; may be gone through once.

    Attributes:
        clock: On which they are.
        broken: Whether a container broke off before its end.
        span: The bytes of the part that was read last, in a file that was joined.
        began: Seconds from time zero at which that part begins.
    """

    def __init__(self, path: Path, wanted: str) -> None:
        """Of the file at `path`; `wanted` is what should be passed instead where it is damaged."""
        self.clock, self.broken, self.began, self.span = Clock(), False, 0.0, range(0)
        self._path, self._wanted = path, wanted
        self._start = 0.0
        self._lengths: dict[tuple[str, int], tuple[float, bool]] = {}

    def __iter__(self) -> Iterator[tuple[str, int, Any]]:
        """Kind of stream (audio or video), its number among those, and a packet; at the end of a part an empty one."""
        for span in parts_of(self._path):
            self.span, self.began = span, self.clock.end - self.clock.zero
            try:
                with opened(self._path, self._wanted, span) as container:
                    self._start = (container.start_time or 0) / 1e6
                    self._lengths = _lengths(container)
                    yield from self.of(container)
            except InputError:
                if span.start == 0:
                    raise
                self.broken = True
                return

    def of(self, container: Any) -> Iterator[tuple[str, int, Any]]:
        """Those of one container alone."""
        import av

        numbers = {stream.index: key for key, stream in _streams(container).items()}
        if not numbers:
            return
        self.clock.enter(container)
        packets = container.demux([container.streams[index] for index in numbers])
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:  # the container breaks off here
                self.broken = True
                return
            except IndexError:  # PyAV empties the decoders of streams that came late, which it does not have
                return
            if packet is None:
                return
            self.clock.place(packet)
            yield *numbers[packet.stream.index], packet  # its own index is 0 in the empty ones at the end

    def declared(self, kind: str, number: int, lasts: float) -> float | None:
        """How long a stream of the last part should last, if the file says so and it `lasts` clearly shorter.

        A container that tells only its own length, such as Matroska, is held against its longest stream.
        """
        if self.clock.broke:  # what is declared is that of one recording, or on a clock that was set
            return None
        for sized in (True, False):  # once more without FFmpeg's guesses, where these say that something is missing
            if not sized:
                try:
                    with opened(self._path, self._wanted, self.span, sized=False) as container:
                        self._lengths = _lengths(container)
                except InputError:
                    return None
            length, own = self._lengths.get((kind, number), (0.0, True))
            reached = lasts if own else self.clock.end - self.clock.zero - self.began
            reached = max(reached, reached + self._start)  # Matroska counts from 0
            if length - reached <= max(0.5, 0.02 * length):
                return None
        return length


def _streams(container: Any) -> dict[tuple[str, int], Any]:
    streams = {("audio", i): stream for i, stream in enumerate(container.streams.audio)}
    return streams | {("video", i): stream for i, stream in enumerate(pictures(container))}


def _lengths(container: Any) -> dict[tuple[str, int], tuple[float, bool]]:
    """Seconds that each stream lasts, and whether by its own account or by that of the container."""
    whole = (container.duration or 0) / 1e6
    return {
        key: (float(stream.duration * stream.time_base), True)
        if stream.duration and stream.time_base
        else (whole, False)
        for key, stream in _streams(container).items()
    }


class Decoder:
    """Decodes packets of one stream, past damaged ones.

    Attributes:
        total: Packets so far.
        damaged: Those of them that could not be decoded.
    """

    def __init__(self) -> None:
        self.total = self.damaged = 0

    def frames(self, packet: Any) -> list[Any]:
        """What is in a packet; nothing where it is damaged."""
        import av

        self.total += packet.size > 0
        try:
            return list(packet.decode())
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self.damaged += not _is_tag(packet)
            return []


def pictures(container: Any) -> list[Any]:
    """The streams of moving pictures."""
    return [stream for stream in container.streams.video if not is_cover(stream)]


def clock_notes(breaks: list[float]) -> list[str]:
    """What to tell about a clock that broke."""
    if not breaks:
        return []
    where = f"at {breaks[0]:.1f} s" if len(breaks) == 1 else f"{len(breaks)} times, first at {breaks[0]:.1f} s"
    return [f"its clock jumps {where} (joined recordings?); time goes on from there"]


def is_pause(packet: Any) -> bool:
    """Whether a packet says that nobody speaks, in codecs for telephones whose decoders refuse such packets."""
    codec = packet.stream.codec_context.name
    if codec not in _PAUSES or not packet.size:
        return False
    return (bytes(packet)[0] >> 3) & 15 in _PAUSES[codec]


_PAUSES = {"amrnb": {8, 15}, "amrwb": {9, 14, 15}}
"""Frame types for silence, lost speech and no data (3GPP TS 26.101 and 26.201)."""


def _is_tag(packet: Any) -> bool:
    """Whether this is no sound but a title, as at the joint of two MP3 files."""
    return packet.size > 3 and bytes(packet)[:3] in (b"ID3", b"TAG", b"APE")
