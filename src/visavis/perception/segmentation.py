"""Speaker segmentation in windows of ten seconds, including overlap, by pyannote's network."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.cancellation import check_cancelled
from visavis.media.audio import SAMPLE_RATE

WINDOW = 10.0
SPEAKERS = 3
_HOP, _FIRST = 270, 495
"""The network's frames: one per 270 samples, the first centred on sample 495."""

# The network's seven classes as sets of its three local speakers: none, each alone, each pair.
_CLASSES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32)


@cache
def _session() -> Any:
    from visavis.assets import resolve
    from visavis.features.onnx import open_session

    return open_session(resolve("segmentation-3.0"))


def local_speakers(samples: NDArray[np.float32], fps: float, step: float) -> NDArray[np.float16]:
    """Probability that each of up to three speakers speaks, in windows of 10 s.

    Which speaker is first, second or third has no meaning beyond its window.

    Source: A. Plaquet and H. Bredin, Powerset multi-class cross entropy loss for neural speaker diarization,
    Interspeech 2023.

    Args:
        samples: (N,) at 16 kHz.
        fps: Frames per second of the result.
        step: Seconds between windows' starts.

    Returns:
        (windows, 10 * fps, 3); window w begins at ``(w + 1) * step - 10`` seconds, so that every moment is in
        as many windows; what lies outside the recording is silence.
    """
    session = _session()
    name = session.get_inputs()[0].name
    size, stride = int(WINDOW * SAMPLE_RATE), int(step * SAMPLE_RATE)
    count = max(1, -(-len(samples) // stride)) + int((WINDOW - step) // step)
    frames = round(WINDOW * fps)
    where = ((np.arange(frames) + 0.5) / fps * SAMPLE_RATE - _FIRST) / _HOP
    result = np.zeros((count, frames, SPEAKERS), np.float16)
    for window in range(count):
        check_cancelled()
        start = (window + 1) * stride - size
        piece = np.zeros(size, np.float32)
        have = samples[max(start, 0) : max(start + size, 0)]
        piece[max(-start, 0) : max(-start, 0) + len(have)] = have
        (logs,) = session.run(None, {name: piece[None, None]})
        speaks = np.exp(logs[0]) @ _CLASSES
        rows = np.arange(len(speaks))
        result[window] = np.stack([np.interp(where, rows, column) for column in speaks.T], 1)
    return result
