"""Two simulated people's tracks, and the ways by which a voice gets into the other's track."""

import io
from functools import lru_cache

import av
import numpy as np
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

from visavis.simulation.dyads import simulate

RATE = 16_000
FPS = 25


@lru_cache
def dyad(seed=1, seconds=30.0, voices=None):
    """Both voices, float32 (N,) with a little noise, and who speaks, bool (2, T) at 25 fps."""
    talk = simulate(seed=seed, duration=seconds, voices=voices)
    rng = np.random.default_rng(seed)
    tracks = [p.audio.samples + 1e-4 * rng.standard_normal(len(p.audio), dtype=np.float32) for p in talk]
    return tracks[0], tracks[1], np.stack([p.speaking.values[:, 0] > 0.5 for p in talk])


def carrying(own, other, ms, db, path=lambda sound: sound):
    """A track that carries another voice so late and so loud, by a path that changes it."""
    return own + path(late(other, ms)) * np.float32(10 ** (db / 20))


def late(sound, ms):
    """So many milliseconds later, or earlier, and as long as before."""
    shift = round(abs(ms) * RATE / 1000)
    if ms < 0:
        return np.concatenate([sound[shift:], np.zeros(shift, np.float32)])
    return np.concatenate([np.zeros(shift, np.float32), sound[: len(sound) - shift]])


def room(sound, seconds=0.4):
    """With the reverberation of a room, as loud as the sound itself."""
    t = np.arange(round(seconds * RATE)) / RATE
    response = np.random.default_rng(0).standard_normal(len(t)) * 10 ** (-3 * t / seconds)
    response /= np.sqrt((response**2).sum())
    response[0] += 1
    return (fftconvolve(sound, response)[: len(sound)] / np.sqrt(2)).astype(np.float32)


def telephone(sound):
    """What is left of it between 300 and 3400 Hz."""
    return sosfilt(butter(4, [300, 3400], "band", fs=RATE, output="sos"), sound).astype(np.float32)


def two_paths(sound):
    """And once more, 350 ms later and half as loud."""
    return sound + 0.5 * late(sound, 350)


def drifting(sound, ppm=150):
    """By a clock that goes wrong by so many millionths."""
    at = np.arange(len(sound)) * (1 + ppm * 1e-6)
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32)


def narrowed(sound):
    """Sampled at 8 kHz on the way."""
    return soxr.resample(soxr.resample(sound, RATE, RATE // 2), RATE // 2, RATE)[: len(sound)].astype(np.float32)


def encoded(sound, codec="libopus", form="ogg", bit_rate=16_000, rate=48_000):
    """Encoded and decoded again, as late as the codec makes it, and as long as before."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as out:
        _encode(out, [out.add_stream(codec, rate=rate, layout="mono", bit_rate=bit_rate)], [sound], rate)
    file.seek(0)
    pieces, resample = [], av.AudioResampler("flt", "mono", RATE)
    with av.open(file) as container:
        for frame in container.decode(audio=0):
            pieces += [part.to_ndarray()[0] for part in resample.resample(frame)]
    back = np.concatenate(pieces)[: len(sound)]
    return np.pad(back, (0, len(sound) - len(back)))


def write_tracks(path, *sounds, codec="libopus", rate=48_000, start=0.0):
    """A file whose audio tracks are these sounds, (N,) or (channels, N), on a clock that begins at `start`."""
    with av.open(str(path), "w") as out:
        layouts = ["stereo" if np.ndim(sound) == 2 else "mono" for sound in sounds]
        streams = [out.add_stream(codec, rate=rate, layout=layout) for layout in layouts]
        _encode(out, streams, sounds, rate, start)
    return path


def _encode(out, streams, sounds, rate, start=0.0):
    for stream, sound in zip(streams, sounds, strict=True):
        channels = np.atleast_2d(soxr.resample(np.atleast_2d(sound).T, RATE, rate).T.astype(np.float32))
        resample = av.AudioResampler(stream.format, stream.layout, rate)
        for at in range(0, channels.shape[1], rate):
            piece = np.ascontiguousarray(np.clip(channels[:, at : at + rate], -1, 1))
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=stream.layout.name)
            frame.sample_rate, frame.pts = rate, at + round(start * rate)
            for converted in resample.resample(frame):
                out.mux(stream.encode(converted))
        out.mux(stream.encode(None))


def level(sound, frames):
    """Level in dB of those frames, bool (T,) at 25 fps, of a sound."""
    hop = RATE // FPS
    count = min(len(sound) // hop, len(frames))
    power = (sound[: count * hop].reshape(count, hop).astype(float) ** 2).mean(1)
    return 10 * np.log10(power[frames[:count]].mean() + 1e-12)
