"""A made-up recording in the published layout, and the real ones where they are there."""

import numpy as np
import pytest
import soundfile

from visavis.conversation.corpus import Corpus
from visavis.corpora.importing import import_corpus
from visavis.corpora.rig_speech import read
from visavis.errors import InputError


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "1114_2_01.npy", rng.random((61, 116)))
    soundfile.write(tmp_path / "1114_2_01.wav", rng.normal(size=32_000) * 0.1, 16_000)
    return tmp_path


def test_one_speaks_and_the_other_is_not_there(folder):
    talk = read(folder)["1114_2_01"]()
    assert talk.duration == 2.0
    assert (len(talk.a.motion), talk.a.motion.space.name, talk.a.audio.duration) == (60, "rig-speech", 2.0)
    assert talk.a.motion.values == pytest.approx(np.load(folder / "1114_2_01.npy")[:60])
    assert (talk.b.motion, talk.b.audio) == (None, None)


def test_what_is_wrong_is_named(folder):
    np.save(folder / "x.npy", np.zeros((60, 115)))
    with pytest.raises(InputError, match=r"x\.npy: has type float64 and shape \(60, 115\); any x 116 is needed"):
        read(folder)["x"]()
    np.save(folder / "x.npy", np.zeros((60, 116)))
    with pytest.raises(InputError, match=r"x\.wav: missing; x\.npy needs the recording"):
        read(folder)["x"]()
    soundfile.write(folder / "x.wav", np.zeros(160_000), 16_000)
    with pytest.raises(InputError, match=r"60 frames are 2\.00 s at 30/s, x\.wav has 10\.00 s"):
        read(folder)["x"]()
    np.save(folder / "x.npy", np.where(np.arange(60 * 116).reshape(60, 116) == 118, np.nan, 0.0))
    with pytest.raises(InputError, match=r"x\.npy: is not finite at \(1, 2\), counted from 0"):
        read(folder)["x"]()
    np.save(folder / "x.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(InputError, match=r"x\.npy: holds Python objects"):
        read(folder)["x"]()


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    return Corpus.open(import_corpus("rig-speech", real_data / "rig-speech", tmp_path_factory.mktemp("real") / "c"))


def test_real_recordings_survive_the_round_trip(real, real_data):
    recordings = read(real_data / "rig-speech")
    assert real.ids == tuple(recordings)
    assert len(real) == 5
    for id, make in recordings.items():
        fresh = make()
        assert real[id].a.motion == fresh.a.motion
        assert real[id].a.audio == fresh.a.audio
        assert 15 <= (fresh.a.motion.values.std(0) > 1e-4).sum() <= 26


def test_real_motion_follows_the_sound_a_frame_later(real):
    """The column that goes with the sound best does so at a lag of one frame, in every recording."""
    for talk in real:
        motion, edge = talk.a.motion, 5
        ends = np.round(np.arange(len(motion) + 1) * talk.a.audio.sample_rate / motion.fps).astype(int)
        power = np.add.reduceat(talk.a.audio.samples.astype(float) ** 2, ends[:-1]) / np.diff(ends)
        energy = np.log(power + 1e-6)[edge:-edge]
        moving = motion.values[:, motion.values.std(0) > 1e-4]
        best = {
            lag: max(
                abs(np.corrcoef(energy, column[edge + lag : len(motion) - edge + lag])[0, 1]) for column in moving.T
            )
            for lag in range(-edge + 1, edge)
        }
        assert max(best, key=best.get) == 1
        assert best[1] > 0.65
