"""Speech with the weights of an animated face rig, one person per recording.

    <name>.npy     (frames, 116) weights, 30 per second
    <name>.wav     the speech, 16 kHz
    bsname.txt     names of the columns, which do not fit what the columns do; not read

The motion lags the sound by about one frame, as published; it is left so.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from visavis.conversation import Conversation, Participant
from visavis.corpora.reading import Recordings, load_array, need_file, need_folder, plain_id, provenance
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.media.decode import read_audio
from visavis.motion import RIG_SPEECH, Motion
from visavis.reading import files_in

LICENCE = "MIT (FACEGOOD-Audio2Face)"
FPS = 30.0
TOLERANCE = 0.2
"""Seconds that sound and motion may differ in length; the longer one is cut."""


def read(folder: Path) -> Recordings:
    """The recordings under their file names: A speaks, B is not there.

    Raises:
        InputError: A sound file is missing, or an array is not (frames, 116).
    """
    need_folder(folder, "the recordings, NAME.npy and NAME.wav")
    return {plain_id(path.stem): partial(_recording, path) for path in files_in(folder, "*.npy")}


def _recording(path: Path) -> Conversation:
    weights = load_array(path, (None, RIG_SPEECH.dim))
    sound = path.with_suffix(".wav")
    need_file(sound, f"{path.name} needs the recording with the same name")
    voice = read_audio(sound).channels[0]
    if abs(voice.duration - len(weights) / FPS) > TOLERANCE:
        raise InputError(
            f"{path}: {len(weights)} frames are {len(weights) / FPS:.2f} s at {FPS:g}/s, "
            f"{sound.name} has {voice.duration:.2f} s; they are not from the same recording"
        )
    frames = min(len(weights), int(voice.duration * FPS))
    duration = frames / FPS
    speaker = Participant(
        "A",
        audio=Audio(voice.samples[: round(duration * voice.sample_rate)], voice.sample_rate),
        motion=Motion(weights[:frames].astype(np.float32), FPS, RIG_SPEECH),
    )
    return Conversation(
        id=plain_id(path.stem),
        participants=(speaker, Participant("B")),
        duration=duration,
        provenance=provenance("rig-speech", LICENCE, session=path.stem, language="zh"),
    )
