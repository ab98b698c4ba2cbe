"""The networks behind `visavis.features.audio`: windows of audio in, features at 50 Hz out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, MissingExtraError
from visavis.features.windowed import HOP
from visavis.media.audio import SAMPLE_RATE

_SHORTEST = SAMPLE_RATE // 4
"""Samples; shorter sound is followed by silence before a network sees it."""


class LogMel:
    """Natural log of the power in 80 mel bands: 25 ms windows, floor at -90 dB of full scale."""

    name, dim, level = "log-mel", 80, False
    window, step, fade = 1502, 1500, 0

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `visavis.features.windowed.WindowEncoder`."""
        from visavis.features.mel import mel_power

        power = mel_power(samples, self.dim, fft=1024, window=400, hop=HOP, first=HOP // 2)
        # 1e-9 of what a full-scale sine gives in a band of 100 Hz.
        features: NDArray[np.float32] = np.log(np.maximum(power / 100.0, 1e-9))
        return features


class Moonshine:
    """Moonshine tiny's encoder, quantised.

    Its convolutions (kernels 127, 7, 3; strides 64, 3, 2) make one frame per 384 samples, the first centred on
    sample 447; they are interpolated to 50 Hz.
    """

    name, dim, level = "moonshine-tiny", 288, False
    window, step, fade = 300, 100, 50
    _stride, _first = 384, 447.0

    def __init__(self) -> None:
        from visavis.assets import resolve
        from visavis.features.onnx import open_session

        self._session = open_session(resolve("moonshine-tiny"))

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `visavis.features.windowed.WindowEncoder`."""
        count = -(-len(samples) // HOP)
        lead = int(self._first)  # so that the first and the last frame have neighbours to interpolate between
        padded = np.pad(samples, (lead, lead + max(0, _SHORTEST - len(samples))))
        (own,) = self._session.run(None, {"input_values": padded[None]})
        where = (np.arange(count) * HOP + HOP / 2 + lead - self._first) / self._stride
        return _interpolate(own[0], where)


class Whisper:
    """Whisper tiny.en's encoder, through CTranslate2, without padding to 30 s."""

    name, dim, level = "whisper-tiny.en", 384, False
    window, step, fade = 150, 25, 12

    def __init__(self) -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise MissingExtraError("the audio encoder 'whisper-tiny.en'", "perception") from None
        from visavis.assets import resolve

        self._model = WhisperModel(str(resolve("whisper-tiny.en")), device="cpu", compute_type="float32")

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `visavis.features.windowed.WindowEncoder`."""
        count = -(-len(samples) // HOP)
        padded = np.pad(samples, (0, max(_SHORTEST, (count + 2) * HOP) - len(samples)))
        mel = self._model.feature_extractor(padded, padding=0)
        own = np.asarray(self._model.encode(np.ascontiguousarray(mel[:, : mel.shape[1] // 2 * 2])))[0]
        # Frame i of the network is centred on sample 320 i; ours lie half a frame later.
        return _interpolate(own, np.arange(count) + 0.5)


class SpeechTransformer:
    """wav2vec 2.0 or HuBERT through transformers.

    Args:
        kind: ``wav2vec2`` or ``hubert``.
        where: Hub name or folder, with ``@LAYER`` to choose a hidden layer: 0 is what goes into the
            transformer, 1 its first layer's output, -1 (the default) the last.
    """

    window, step, fade = 1000, 800, 100

    def __init__(self, kind: str, where: str) -> None:
        place, at, layer = where.rpartition("@") if "@" in where else (where, "", "-1")
        try:
            self._layer = int(layer)
        except ValueError:
            raise InputError(f"audio encoder '{kind}:{where}': the layer after '@' must be a whole number") from None
        try:
            import torch
            from transformers import AutoConfig, AutoFeatureExtractor, AutoModel
        except ImportError:
            raise MissingExtraError(f"the audio encoder '{kind}:{where}'", "perception") from None
        self._torch = torch
        self.name = f"{kind}:{place}{at}{layer if at else ''}"
        try:
            config = AutoConfig.from_pretrained(place)
            if config.model_type != kind:
                raise InputError(f"{place}: contains a {config.model_type} model, not {kind}")
            self._model = AutoModel.from_pretrained(place, dtype=torch.float32).eval()
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            line = str(error).strip().splitlines()[0][:160]
            raise InputError(f"audio encoder '{kind}:{where}' cannot be loaded: {line}") from error
        try:
            self.level = AutoFeatureExtractor.from_pretrained(place).do_normalize
        except (OSError, ValueError):  # a folder with the network alone
            self.level = True
        self.dim = config.hidden_size
        layers = config.num_hidden_layers
        if not -layers - 1 <= self._layer <= layers:
            raise InputError(f"{place}: has no layer {self._layer}; it has 0 to {layers}")

    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `visavis.features.windowed.WindowEncoder`."""
        torch = self._torch
        count = -(-len(samples) // HOP)
        # Windows of 400 samples every 320: 40 more in front centre frame i on our frame i.
        padded = np.pad(samples, (40, max(_SHORTEST, (count + 1) * HOP) - len(samples)))
        with torch.inference_mode():
            out = self._model(torch.from_numpy(padded)[None], output_hidden_states=True)
        features: NDArray[np.float32] = out.hidden_states[self._layer][0, :count].numpy().copy()
        return features


def _interpolate(values: NDArray[np.float32], where: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rows of `values` at fractional positions, the ends held."""
    where = np.clip(where, 0, len(values) - 1)
    low = np.minimum(where.astype(int), max(len(values) - 2, 0))
    high = np.minimum(low + 1, len(values) - 1)
    part = (where - low).astype(np.float32)[:, None]
    between: NDArray[np.float32] = (1 - part) * values[low] + part * values[high]
    return between
