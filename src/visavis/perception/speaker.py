"""Speaker recognition: GE2E embeddings."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.cancellation import check_cancelled
from visavis.features.mel import mel_power

MEL_FPS = 100
DIM = 256
_PARTIAL = 160
_LEVEL = 10 ** (-30 / 10)


@cache
def _network() -> tuple[Any, Any]:
    """The recurrent layers and the projection, with their trained weights."""
    import torch

    from visavis.assets import resolve

    weights = torch.load(resolve("ge2e-speaker"), map_location="cpu", weights_only=True)["model_state"]
    recurrent, project = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, DIM)
    recurrent.load_state_dict({k[5:]: v for k, v in weights.items() if k.startswith("lstm.")})
    project.load_state_dict({k[7:]: v for k, v in weights.items() if k.startswith("linear.")})
    return recurrent.eval(), project.eval()


def speaker_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What `embed` wants: power in 40 mel bands at 100 Hz, (ceil(N / 160), 40)."""
    return mel_power(samples, 40, fft=400, window=400, hop=160)


def embed(stretches: list[NDArray[np.float32]], powers: list[float], most: int = 4) -> NDArray[np.float32]:
    """Embeds stretches of speech by one person each.

    Each is cut into up to `most` pieces of 1.6 s, brought to -30 dB of full scale, and the pieces'
    embeddings are averaged; a shorter stretch is repeated to fill one.

    Source: L. Wan et al., Generalized end-to-end loss for speaker verification, ICASSP 2018; the network and the
    weights are Resemblyzer's.

    Args:
        stretches: Mel frames from `speaker_mel`, (T, 40) each, T > 0.
        powers: Mean square of the samples of each stretch.
        most: Pieces of one stretch at most.

    Returns:
        (stretches, 256), of length 1.
    """
    import torch

    if not stretches:
        return np.zeros((0, DIM), np.float32)
    pieces, owner = [], []
    for i, (mel, power) in enumerate(zip(stretches, powers, strict=True)):
        mel = np.resize(mel, (max(len(mel), _PARTIAL), mel.shape[1])) * (_LEVEL / max(power, 1e-12))
        number = min(most, max(1, round(len(mel) / _PARTIAL)))
        for start in np.linspace(0, len(mel) - _PARTIAL, number).astype(int):
            pieces.append(mel[start : start + _PARTIAL])
            owner.append(i)
    recurrent, project = _network()
    result = np.zeros((len(stretches), DIM), np.float32)
    with torch.inference_mode():
        for at in range(0, len(pieces), 64):
            check_cancelled()
            batch = torch.from_numpy(np.stack(pieces[at : at + 64]).astype(np.float32))
            _, (hidden, _) = recurrent(batch)
            vectors = torch.nn.functional.normalize(torch.relu(project(hidden[-1])), dim=1)
            np.add.at(result, owner[at : at + 64], vectors.numpy())
    unit: NDArray[np.float32] = result / np.linalg.norm(result, axis=1, keepdims=True)
    return unit
