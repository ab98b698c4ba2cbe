"""Writes video and audio: H.264 and AAC in an MP4."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, plainly
from visavis.media.audio import Audio
from visavis.media.container import file_url


class VideoWriter:
    """Writes frames, and the sound that goes with them, to an MP4 file.

    The file appears under its name when the ``with`` block ends well; otherwise nothing is left behind. Sound is
    written as far as the picture has got, then cut or padded with silence to the picture's length.

    Args:
        path: The file to write; its folder must exist.
        size: Width and height in pixels, both even (H.264 with 4:2:0 colour).
        fps: Frames per second.
        audio: The sound, or nothing.
    """

    def __init__(self, path: Path | str, size: tuple[int, int], fps: float, audio: Audio | None = None) -> None:
        self.path, self.size, self.fps, self.audio = Path(path), size, fps, audio
        self._partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        width, height = size
        if width <= 0 or height <= 0 or width % 2 or height % 2:
            raise InputError(f"{self.path}: a video of {width}x{height}; width and height must be even and above 0")
        if not fps > 0:
            raise InputError(f"{self.path}: a video with {fps} frames per second; it must be above 0")

    def __enter__(self) -> VideoWriter:
        """Opens the file."""
        import av

        if not self.path.parent.is_dir():
            raise InputError(f"{self.path}: there is no folder {self.path.parent}; create it first")
        try:
            self._container: Any = av.open(
                file_url(self._partial), "w", format="mp4", options={"movflags": "faststart"}
            )
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {plainly(error)}") from error
        self._frames = self._sent = 0
        rate = Fraction(self.fps).limit_denominator(1001)
        self._video = self._container.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
        self._video.width, self._video.height = self.size
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = 1 / rate
        if self.audio is not None:
            self._sound = self._container.add_stream("aac", rate=self.audio.sample_rate, layout="mono")
            self._sound.bit_rate = 96_000
        return self

    def write(self, rgb: NDArray[np.uint8]) -> None:
        """Adds one frame, uint8 (height, width, 3)."""
        import av

        if rgb.shape != (self.size[1], self.size[0], 3) or rgb.dtype != np.uint8:
            raise InputError(f"a frame of {rgb.dtype} {rgb.shape}; uint8 {(self.size[1], self.size[0], 3)} is needed")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts = self._frames
        frame.time_base = self._video.codec_context.time_base
        self._container.mux(self._video.encode(frame))
        self._frames += 1
        self._send_sound()

    def _send_sound(self) -> None:
        """Encodes the sound up to where the picture is, so that the two lie side by side in the file."""
        import av

        if self.audio is None:
            return
        rate = self.audio.sample_rate
        until = round(self._frames / self.fps * rate)
        samples = np.zeros(until - self._sent, np.float32)
        have = self.audio.samples[self._sent : until]
        samples[: len(have)] = np.clip(have, -1, 1)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, self._sent, Fraction(1, rate)
        self._container.mux(self._sound.encode(frame))
        self._sent = until

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Finishes the file, or removes what there is of it."""
        try:
            if kind is None:
                if self._frames == 0:
                    raise InputError(f"{self.path}: the video has no frames")
                self._container.mux(self._video.encode(None))
                if self.audio is not None:
                    self._container.mux(self._sound.encode(None))
            self._container.close()
            if kind is None:
                self._partial.replace(self.path)
            elif isinstance(error, OSError):
                raise error
        except OSError as problem:
            if kind is None or isinstance(error, OSError):
                raise InputError(f"{self.path}: cannot be written: {plainly(problem)}") from problem
        finally:
            self._partial.unlink(missing_ok=True)
