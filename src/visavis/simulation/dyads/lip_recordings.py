"""The mouths of real speakers and singers that the simulator's are fitted to and compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.curves import Array
from visavis.conversation import Conversation, Participant
from visavis.corpora import rig_speech
from visavis.errors import InputError
from visavis.media import open_video
from visavis.media.audio import Audio
from visavis.motion.spaces import ARKIT_SHAPES
from visavis.perception.faces.tracker import FaceTracker
from visavis.perception.voice_activity import FPS as VOICE_FPS
from visavis.perception.voice_activity import voice_activity
from visavis.reading import read_arrays
from visavis.simulation.dyads.lip_statistics import LipStatistics, jaw_statistics, lip_statistics
from visavis.simulation.dyads.recordings import there

VOICED: Mapping[str, bool] = {
    "WDA_AlexandriaOcasioCortez_000": False,
    "WDA_KatieHill_000": False,
    "latentsync_demo1_video": False,
    "liveportrait_d10": True,
    "liveportrait_d6": True,
}
"""Faces whose own voice is heard, and whether they sing over music, where no voice is found by itself and the whole
clip counts. The other clips are silent, or their mouths stay shut."""


@dataclass(frozen=True)
class Mouth:
    """Somebody who was filmed talking.

    Attributes:
        name: Of the recording.
        sings: Whether it is song rather than speech.
        scores: By the landmarker's own scores.
        tracked: By this package's tracker, whose jaw follows from the parted lips too: the scores miss mouths that
            are a little open (`visavis.perception.faces.motion.jaw`).
    """

    name: str
    sings: bool
    scores: LipStatistics
    tracked: LipStatistics


def filmed_mouths(data: Path) -> list[Mouth]:
    """The speakers and singers of ``one-face/``.

    Args:
        data: The folder of recordings.

    Raises:
        InputError: A recording is missing.
    """
    mouths = []
    for name, sings in VOICED.items():
        audio, shapes, fps = landmarker_scores(data, name)
        raw = lip_statistics(shapes, fps, _speaking(audio, fps, len(shapes), sings))
        values, tracked_fps = tracked_shapes(data, name)
        seen = lip_statistics(values, tracked_fps, _speaking(audio, tracked_fps, len(values), sings))
        mouths.append(Mouth(name, sings, raw, seen))
    return mouths


def landmarker_scores(data: Path, name: str) -> tuple[Audio, Array, float]:
    """A clip's sound, its scores (T, 52) in the order of `ARKIT_SHAPES` (0 where it has none), and its frame rate."""
    stored = read_arrays(there(data / "one-face" / "tracks" / f"{name}.npz"))
    names, scores = [str(n) for n in stored["names"]], stored["bs"].astype(np.float64)
    shapes = np.zeros((len(scores), len(ARKIT_SHAPES)))
    for i, shape in enumerate(ARKIT_SHAPES):
        if shape in names:
            shapes[:, i] = scores[:, names.index(shape)]
    return Audio(stored["audio"]), shapes, float(stored["fps"])


def tracked_shapes(data: Path, name: str) -> tuple[Array, float]:
    """What `FaceTracker` makes of a clip: shapes (T, 52), and their frame rate."""
    video = open_video(there(data / "one-face" / f"{name}.mp4"))
    nobody = Conversation(name, (Participant("A"), Participant("B")), video.duration)
    motion = FaceTracker()(nobody.with_video(video)).a.motion
    if motion is None:
        raise InputError(f"{name}.mp4: no face was found")
    return motion.values[:, : len(ARKIT_SHAPES)].astype(np.float64), motion.fps


def rig_jaws(data: Path) -> list[tuple[float, float]]:
    """Each recording of ``rig-speech/``: 95th minus 5th percentile of the jaw's weight, and openings per second.

    The columns' names are not reliable; the jaw is taken to be the column that follows loudness best.
    """
    found = []
    for load in rig_speech.read(data / "rig-speech").values():
        speaker = load().a
        assert speaker.motion is not None and speaker.audio is not None  # noqa: PT018
        weights, fps = speaker.motion.values.astype(np.float64), speaker.motion.fps
        jaw = weights[:, int(np.argmax(_following(weights, fps, speaker.audio)))]
        found.append(jaw_statistics(jaw, fps, _speaking(speaker.audio, fps, len(jaw), sings=False)))
    return found


def _following(weights: Array, fps: float, audio: Audio) -> Array:
    """Correlation of each column with log energy; -1 for columns that stand still."""
    hop = audio.sample_rate / fps
    edges = np.minimum(np.round(np.arange(len(weights) + 1) * hop), len(audio)).astype(int)
    power = np.diff(np.concatenate([[0.0], np.cumsum(np.square(audio.samples, dtype=np.float64))])[edges])
    loud = np.log10(power / hop + 1e-8)
    return np.array([np.corrcoef(loud, w)[0, 1] if w.std() > 1e-3 else -1.0 for w in weights.T])


def _speaking(audio: Audio, fps: float, frames: int, sings: bool) -> NDArray[np.bool_]:
    """The frames in which a voice is heard."""
    if sings:
        return np.ones(frames, bool)
    voice = voice_activity(audio.samples)
    at = (np.arange(frames) + 0.5) / fps
    speaking: NDArray[np.bool_] = np.interp(at, (np.arange(len(voice)) + 0.5) / VOICE_FPS, voice) > 0.5
    return speaking
