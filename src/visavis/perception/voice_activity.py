"""Voice activity detection: Silero VAD."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.cancellation import check_cancelled
from visavis.media.audio import SAMPLE_RATE

BLOCK = 512
FPS = SAMPLE_RATE / BLOCK
_LOOK_BACK = 64


@cache
def _session() -> Any:
    from visavis.assets import resolve
    from visavis.features.onnx import open_session

    return open_session(resolve("silero-vad"), threads=1)


def voice_activity(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability of speech in each block of 512 samples.

    Source: Silero Team, Silero VAD 6.2 (2024): a recurrent network that sees each block with the 64 samples
        before.

    Args:
        samples: (N,) at 16 kHz.

    Returns:
        (ceil(N / 512),) at 31.25 per second.
    """
    count = -(-len(samples) // BLOCK)
    result = np.zeros(count, np.float32)
    h = c = np.zeros((1, 1, 128), np.float32)
    for at in range(0, count, 2000):  # a minute at a time, the state carried over
        check_cancelled()
        stop = min(at + 2000, count)
        piece = np.zeros(_LOOK_BACK + (stop - at) * BLOCK, np.float32)
        have = samples[max(at * BLOCK - _LOOK_BACK, 0) : stop * BLOCK]
        lead = _LOOK_BACK if at == 0 else 0
        piece[lead : lead + len(have)] = have
        blocks = np.lib.stride_tricks.sliding_window_view(piece, _LOOK_BACK + BLOCK)[::BLOCK]
        result[at:stop], h, c = _session().run(None, {"input": np.ascontiguousarray(blocks), "h": h, "c": c})
    return result
