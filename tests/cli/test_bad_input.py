"""What the executable does with things it should not be given, and with things it can only half use.

Refused: one line that names the file, exit code 2, no traceback, nothing half-written. Served: a stated note.
"""

import json
import pickle

import numpy as np
import pytest
import soundfile

RATE = 16_000


def tone(seconds, rate=RATE, channels=1):
    """Something that sounds: a buzz with syllables in it."""
    t = np.arange(int(seconds * rate)) / rate
    buzz = np.sign(np.sin(2 * np.pi * 120 * t)) * 0.3 * (np.sin(2 * np.pi * 3 * t) > 0)
    return np.repeat(buzz[:, None], channels, 1).astype(np.float32)


@pytest.fixture(scope="session")
def voices():
    """A simulated conversation: two known voices apart and together."""
    from visavis.simulation.dyads import simulate

    return simulate(seed=11, duration=12.0)


def write(path, samples, rate=RATE, **how):
    soundfile.write(path, samples, rate, **how)
    return path


def _truncated(path):
    good = write(path.with_suffix(".flac"), tone(4))
    data = good.read_bytes()
    bad = path.with_suffix(".flac")
    bad.write_bytes(data[:60])
    return bad


BAD_FILES = {
    "empty": lambda p: (p.write_bytes(b"") and p) or p,
    "no samples": lambda p: write(p, np.zeros((0, 1), np.float32)),
    "noise bytes": lambda p: p.write_bytes(np.random.default_rng(0).bytes(50_000)) and p,
    "text": lambda p: p.write_text("Dear diary, today I met a friend.\n" * 50) and p,
    "truncated header": _truncated,
    "not a number": lambda p: write(p, np.full((RATE, 1), np.nan, np.float32), subtype="FLOAT"),
    "too short": lambda p: write(p, tone(0.05)),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_recordings_are_refused_in_one_line(visavis, tmp_path, kind):
    path = BAD_FILES[kind](tmp_path / "talk.wav")
    out = tmp_path / "out"
    code, shown, err = visavis("animate", path, "-o", out)
    complaints = [line for line in err.splitlines() if line.startswith("visavis: error:")]
    assert code == 2
    assert shown == ""
    assert len(complaints) == 1
    assert path.name in complaints[0]
    assert "Traceback" not in err
    assert not out.exists() or not list(out.iterdir())


def test_folder_instead_of_file_is_refused(visavis, tmp_path):
    code, _, err = visavis("animate", tmp_path, "-o", tmp_path / "out")
    assert code == 2
    assert err.count("\n") == 1


def test_three_files_are_refused(visavis, tmp_path):
    paths = [write(tmp_path / f"{i}.wav", tone(1)) for i in range(3)]
    code, _, err = visavis("animate", *paths, "-o", tmp_path / "out")
    assert code == 2
    assert "two" in err


class Harmful:
    """Unpickling this leaves a mark."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


@pytest.mark.parametrize("name", ["model.safetensors", "model.pt", "pytorch_model.bin"])
def test_hostile_checkpoint_is_refused_and_never_unpickled(visavis, tmp_path, name):
    recording = write(tmp_path / "talk.wav", tone(2))
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    mark = tmp_path / "mark"
    (checkpoint / name).write_bytes(pickle.dumps(Harmful(mark)))
    (checkpoint / "config.yaml").write_text("!!python/object/apply:os.system ['touch " + str(mark) + "']")
    code, _, err = visavis("animate", recording, "-o", tmp_path / "out", "--model", checkpoint)
    assert code == 2
    assert "Traceback" not in err
    assert not mark.exists()


HOSTILE_LAYOUTS = {
    "deep": "[" * 200_000,
    "huge": json.dumps({"seats": [0] * 2_000_000}),
    "wrong types": json.dumps({"seats": "here", "A": {"x": []}, "B": None}),
    "not a number": '{"A": [NaN, 0, 0], "B": [0, 0, 1]}',
    "not JSON": "face to face",
}


@pytest.mark.parametrize("kind", HOSTILE_LAYOUTS)
def test_hostile_layout_is_refused_when_strict(visavis, tmp_path, kind):
    recording = write(tmp_path / "talk.wav", tone(2))
    layout = tmp_path / "layout.json"
    layout.write_text(HOSTILE_LAYOUTS[kind])
    code, _, err = visavis("animate", recording, "-o", tmp_path / "out", "--layout", layout, "--strict")
    assert code == 2
    assert "layout" in err
    assert "Traceback" not in err


def _music(rng):
    t = np.arange(8 * RATE) / RATE
    notes = [220, 277, 330, 440]
    return sum(
        0.1 * np.sin(2 * np.pi * f * t) * (np.sin(2 * np.pi * (0.5 + i / 4) * t) > 0) for i, f in enumerate(notes)
    )


SERVED = {
    "silence": (lambda v: (np.zeros(6 * RATE, np.float32), RATE), "silen"),
    "one speaker": (lambda v: (v.a.audio.samples, RATE), ""),
    "music only": (lambda v: (_music(np.random.default_rng(0)).astype(np.float32), RATE), ""),
    "8 kHz": (lambda v: (v.mixed.samples[::2], 8_000), ""),
    "96 kHz": (lambda v: (np.repeat(v.mixed.samples, 6), 96_000), ""),
    "clipped": (lambda v: (np.clip(v.mixed.samples * 60, -1, 1), RATE), "clip"),
}


@pytest.mark.parametrize("kind", SERVED)
def test_poor_recordings_are_served(visavis, tmp_path, voices, kind):
    make, note = SERVED[kind]
    samples, rate = make(voices)
    recording = write(tmp_path / "talk.wav", samples, rate)
    code, _, err = visavis("animate", recording, "-o", tmp_path / "out", "--only", "motion")
    assert code == 0, err
    assert note in err
    with np.load(tmp_path / "out" / "motion.npz") as archive:
        motions = [archive[name] for name in archive.files if archive[name].ndim == 2]
    assert len(motions) >= 2
    assert all(np.isfinite(motion).all() for motion in motions)
    assert all(abs(len(motion) / 25 - len(samples) / rate) < 0.1 for motion in motions[:2])


@pytest.mark.parametrize("kind", ["wav", "ogg", "flac"])
def test_truncated_sound_is_served_as_far_as_it_goes_with_a_note(visavis, tmp_path, voices, kind):
    recording = write(tmp_path / f"talk.{kind}", voices.mixed.samples)
    whole = visavis("animate", recording, "-o", tmp_path / "whole", "--only", "motion")
    assert "truncated" not in whole[2]
    recording.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    code, _, err = visavis("animate", recording, "-o", tmp_path / "out", "--only", "motion")
    assert code == 0, err
    assert "truncated?" in err


def test_two_files_of_different_lengths_are_served_with_a_note(visavis, tmp_path, voices):
    a = write(tmp_path / "a.wav", voices.a.audio.samples)
    b = write(tmp_path / "b.wav", voices.b.audio.samples[: 7 * RATE])
    code, _, err = visavis("animate", a, b, "-o", tmp_path / "out", "--only", "motion")
    assert code == 0, err
    assert "note:" in err
    assert "b.wav" in err
