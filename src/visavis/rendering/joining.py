"""Concatenates segments of H.264 into one MP4 without re-encoding, and adds the audio."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from visavis.errors import InputError, plainly
from visavis.media.audio import Audio
from visavis.media.container import file_url


def join_segments(segments: Sequence[Path], path: Path, fps: float, audio: Audio | None) -> None:
    """Writes one MP4 of all segments one after the other.

    Args:
        segments: MP4 files of the same size and encoder settings, named ``START-STOP.mp4`` by frames.
        path: The file to write; it appears under its name only when complete.
        fps: Frames per second.
        audio: The sound of the whole, or nothing.

    Raises:
        InputError: The file cannot be written.
    """
    import av

    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with (
            av.open(file_url(segments[0])) as first,
            av.open(file_url(partial), "w", format="mp4", options={"movflags": "faststart"}) as container,
        ):
            video = container.add_stream_from_template(first.streams.video[0])
            streams = [_packets(segments, video, Fraction(fps).limit_denominator(1001))]
            if audio is not None:
                sound = container.add_stream("aac", rate=audio.sample_rate, layout="mono")
                sound.bit_rate = 96_000
                streams.append(_encoded(audio, sound))
            for packet in _interleaved(streams):
                container.mux(packet)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {plainly(error)}") from error
    finally:
        partial.unlink(missing_ok=True)


def _packets(segments: Sequence[Path], stream: Any, rate: Fraction) -> Iterator[Any]:
    """The pictures of all segments on one clock."""
    import av

    for segment in segments:
        start = Fraction(int(segment.stem.split("-")[0])) / rate
        with av.open(file_url(segment)) as container:
            for packet in container.demux(video=0):
                if packet.dts is None:
                    continue
                shift = round(start / packet.time_base)
                packet.pts, packet.dts = (packet.pts or 0) + shift, packet.dts + shift
                packet.stream = stream
                yield packet


def _encoded(audio: Audio, stream: Any) -> Iterator[Any]:
    """The sound, a second at a time."""
    import av

    rate = audio.sample_rate
    for start in range(0, len(audio.samples), rate):
        samples = np.clip(audio.samples[start : start + rate], -1, 1).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _interleaved(streams: Sequence[Iterator[Any]]) -> Iterator[Any]:
    """Packets of all streams in order of time, so that players need not seek between picture and sound."""
    import heapq

    def timed(number: int, packets: Iterator[Any]) -> Iterator[tuple[float, int, int, Any]]:
        for count, packet in enumerate(packets):
            yield float(packet.dts * packet.time_base), number, count, packet

    for _, _, _, packet in heapq.merge(*(timed(i, packets) for i, packets in enumerate(streams))):
        yield packet
