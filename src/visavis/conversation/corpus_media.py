"""Lossless audio on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.reading import LARGEST_ARRAYS, regular_file

# Rates above this are not streamable FLAC unless they are round; they are rare enough for WAV.
_FLAC_RATES = range(1, 48_001)


def save_exactly(audio: Audio, stem: Path) -> Path:
    """Writes FLAC where 16 or 24 bits hold every sample exactly, else 32-bit float WAV.

    Args:
        audio: What to write.
        stem: The path without its ending.

    Returns:
        The path written.

    Raises:
        InputError: It cannot be written.
    """
    import soundfile

    try:
        path = _write(audio, stem)
        whole = _last_sample(path, len(audio)) == (audio.samples[-1] if len(audio) else None)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{stem.name}: the audio cannot be written; is the disk full?") from error
    except ValueError as error:
        raise InputError(f"{stem.name}: the audio is longer than a WAV file can be; cut the recording") from error
    if not whole:  # libsndfile does not say so when the last block finds no room
        raise InputError(f"{stem.name}: the audio was only partly written; is the disk full?")
    return path


def _last_sample(path: Path, samples: int) -> np.float32 | None:
    import soundfile

    with soundfile.SoundFile(path) as file:
        if samples == 0 or file.frames < samples:
            return None
        file.seek(samples - 1)
        last = file.read(1, dtype="float32")
        return last[0] if len(last) else None


def _write(audio: Audio, stem: Path) -> Path:
    import soundfile
    from scipy.io import wavfile

    bits = _exact_bits(audio.samples) if audio.sample_rate in _FLAC_RATES and len(audio) else None
    if bits is None:
        path = stem.with_name(stem.name + ".wav")
        # libsndfile would add a chunk with the time of writing, and equal sounds would differ by bytes.
        wavfile.write(path, audio.sample_rate, audio.samples)
        return path
    path = stem.with_name(stem.name + ".flac")
    with soundfile.SoundFile(path, "w", audio.sample_rate, 1, f"PCM_{bits}", format="FLAC") as file:
        for block in _blocks(audio.samples):
            scaled = block * np.float32(2 ** (bits - 1))
            # libsndfile takes the upper 24 bits of int32.
            file.write(scaled.astype(np.int16) if bits == 16 else scaled.astype(np.int32) << 8)
    return path


def _blocks(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """A stretch at a time, so that an hour of sound is not copied whole."""
    return (samples[i : i + 2**20] for i in range(0, len(samples), 2**20))


def _exact_bits(samples: NDArray[np.float32]) -> int | None:
    """The bits of the smallest integers, 16 or 24, that hold every sample exactly; None if neither do."""
    for bits in (16, 24):
        limit = np.float32(2 ** (bits - 1))  # multiplying by a power of two is exact
        scaled = (block * limit for block in _blocks(samples))
        if all(((s >= -limit) & (s < limit) & (s == np.rint(s))).all() for s in scaled):
            return bits
    return None


def load_exactly(folder: Path, file: str, sample_rate: int, samples: int) -> Audio:
    """Reads what `save_exactly` wrote.

    Args:
        folder: The corpus.
        file: Path relative to `folder`.
        sample_rate: What the corpus says it is.
        samples: How many the corpus says there are.

    Raises:
        InputError: The path leaves the corpus, or the file is missing, unreadable or not what the corpus says.
    """
    import soundfile

    if "\0" in file:
        raise InputError(f"{folder}: the media path {file[:80]!r} has a zero in it")
    path = Path(os.path.realpath(folder / file))  # Path.resolve has no answer for links in a circle
    if Path(file).is_absolute() or not path.is_relative_to(os.path.realpath(folder)):
        raise InputError(f"{folder}: the media path {file[:80]!r} is outside the corpus")
    if not path.exists():
        raise InputError(f"{path} is missing from the corpus")
    if 4 * samples > LARGEST_ARRAYS:
        raise InputError(
            f"{path}: lasts {samples / max(sample_rate, 1) / 3600:,.1f} h, which is more than is read at once"
        )
    try:
        info = soundfile.info(regular_file(path))
        if (info.channels, info.samplerate, info.frames) != (1, sample_rate, samples):
            raise InputError(
                f"{path} has {info.channels} channel(s), {info.frames} samples at {info.samplerate} Hz; the corpus "
                f"says 1, {samples} at {sample_rate}"
            )
        values, _ = soundfile.read(path, dtype="float32")
    except soundfile.SoundFileError as error:
        raise InputError(f"{path} cannot be read as audio: {' '.join(str(error).split())[:160]}") from error
    return Audio(values, sample_rate)
