"""Who speaks when: known answers from made sound, real calls and the parts by themselves."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from crosstalk_toys import carrying, drifting, dyad, encoded, room, telephone, two_paths
from visavis import assets
from visavis.conversation import Conversation, Participant
from visavis.errors import InputError
from visavis.media import SAMPLE_RATE, Audio, read_audio
from visavis.perception.counting import count_voices
from visavis.perception.stitching import LABELS, Voices, best_path, stitch
from visavis.perception.voice_activity import voice_activity
from visavis.simulation.dyads import simulate

PEOPLE = (Participant("A"), Participant("B"))


@pytest.fixture(scope="session")
def networks():
    try:
        for name in ("segmentation-3.0", "ge2e-speaker"):
            assets.resolve(name)
    except InputError as error:
        pytest.skip(f"weights are not available here: {error}")


@pytest.fixture(scope="session")
def call(real_data):
    """The telephone call's two voices, and when A's words are, at 25 fps."""
    folder = real_data / "phone-call"
    a, b = (read_audio(folder / f"speaker_{side}.wav").channels[0].slice(0, 40) for side in "ab")
    words = np.zeros(1000, bool)
    with (folder / "word.csv").open() as file:
        for row in csv.DictReader(file):
            if row["org_word"] not in ("[silence]", "[noise]"):
                words[round(float(row["start"]) * 25) : round(float(row["end"]) * 25)] = True
    return a, b, words


@pytest.fixture(scope="session")
def clean(networks, call):
    """What separate channels give."""
    return who(a=call[0], b=call[1])[0]


def auc(score: np.ndarray, truth: np.ndarray) -> float:
    from scipy.stats import mannwhitneyu

    return mannwhitneyu(score[truth], score[~truth]).statistic / truth.sum() / (~truth).sum()


def who(mixed=None, a=None, b=None, duration=None):
    from visavis.perception.speaking import Diarizer

    people = (Participant("A", audio=a), Participant("B", audio=b))
    done = Diarizer()(Conversation("x", people, duration or (mixed or a).duration, mixed))
    rows = np.stack([p.speaking.values[:, 0] for p in done])
    assert rows.shape[1] == round(done.duration * 25)
    assert rows.min() >= 0
    assert rows.max() <= 1
    return rows, " ".join(done.provenance["notes"])


def test_voice_activity_runs_in_pieces_as_in_one(call):
    samples = call[0].samples[: 30 * SAMPLE_RATE]
    whole = voice_activity(np.concatenate([samples, samples, samples]))
    first = voice_activity(samples)
    assert whole.shape == (-(-3 * len(samples) // 512),)
    np.testing.assert_allclose(whole[: len(first) - 1], first[:-1], atol=1e-4)
    at_words = first[np.minimum(((np.arange(750) + 0.5) / 25 * 31.25).astype(int), len(first) - 1)]
    assert auc(at_words, call[2][:750]) > 0.85


def test_voice_activity_is_low_for_silence_and_noise():
    noise = np.random.default_rng(0).standard_normal(5 * SAMPLE_RATE).astype(np.float32) * 0.05
    assert voice_activity(noise).max() < 0.5
    assert voice_activity(np.zeros(SAMPLE_RATE, np.float32)).max() < 0.2
    assert voice_activity(np.zeros(0, np.float32)).shape == (0,)


def test_from_separate_channels(clean, call):
    a, b, words = call
    rows = clean
    assert auc(rows[0], words) > 0.9
    swapped, _ = who(a=b, b=a)
    np.testing.assert_allclose(swapped, rows[::-1], atol=1e-5)


def test_the_other_voice_leaking_in_is_not_taken_for_speech(clean, call):
    a, b, words = call
    leaky = Audio(a.samples + 0.1 * b.samples), Audio(b.samples + 0.1 * a.samples)
    rows, _ = who(a=leaky[0], b=leaky[1])
    assert auc(rows[0], words) > auc(clean[0], words) - 0.04
    only_b = (clean[1] > 0.7) & (clean[0] < 0.2)
    assert (rows[0][only_b] > 0.5).mean() < 0.1


@pytest.mark.parametrize("db", [0, 6])
def test_from_a_mixed_track(clean, call, db):
    a, b, words = call
    rows, notes = who(mixed=Audio(0.5 * (a.samples + 10 ** (-db / 20) * b.samples)))
    assert max(auc(row, words) for row in rows) > 0.88
    assert max(np.corrcoef(row, clean[1])[0, 1] for row in rows) > 0.5
    assert "voice" not in notes


def heard(a, b):
    """Who speaks in two tracks as a recording has them, bool (2, T)."""
    from visavis.conversation.from_recording import conversation_of
    from visavis.media.crosstalk.pair import Pair
    from visavis.media.recording import Recording
    from visavis.perception.speaking import Diarizer

    voices, _ = Pair(Audio(a), Audio(b)).own_voices()
    recording = Recording(Audio((a + b) / 2), voices, ())
    return np.stack([p.speaking.values[:, 0] > 0.5 for p in Diarizer()(conversation_of(recording, "x"))])


@pytest.fixture(scope="session")
def simulated(networks):
    """Two simulated voices, and who speaks in them as they are."""
    a, b, _ = dyad(1, 40.0)
    return a, b, heard(a, b)


@pytest.mark.parametrize(
    ("ms", "db", "path"),
    [(400, -6, None), (40, -3, None), (120, -12, telephone), (250, -10, room), (400, -20, None), (200, -8, two_paths),
     (250, -8, drifting), (250, -8, encoded), (-300, -8, None), (0, -6, None)],
)  # fmt: skip
def test_the_others_voice_does_not_count_as_speech_however_late(simulated, ms, db, path):
    a, b, clean = simulated
    rows = heard(carrying(a, b, ms, db, path or (lambda sound: sound)), b)
    assert (rows == clean).mean(1).min() > 0.97
    only_b, both = clean[1] & ~clean[0], clean.all(0)
    assert rows[0][only_b].mean() < 0.06
    assert rows[0][both].mean() > 0.75


def test_tracks_that_carry_each_other_are_two_people(simulated):
    a, b, clean = simulated
    rows = heard(carrying(a, b, 120, -8), carrying(b, a, 250, -8))
    assert (rows == clean).mean(1).min() > 0.97


@pytest.mark.parametrize("ms", [60, 400])
def test_a_voice_that_comes_back_in_a_mix_counts_for_nobody(networks, ms):
    a, b, _ = dyad(4, 40.0, ("builtin:ada", "builtin:dan"))
    clean, notes = who(mixed=Audio((a + b) / 2))
    assert "comes back" not in notes
    rows, notes = who(mixed=Audio((carrying(a, b, ms, -6) + b) / 2))
    assert f"comes back {ms} ms late" in notes
    assert ((rows > 0.5) == (clean > 0.5)).mean(1).min() > 0.93


def test_a_real_call_that_carries_the_other_is_heard_as_it_is(networks, call):
    a, b, words = call
    clean = heard(a.samples, b.samples)
    rows = heard(carrying(a.samples, b.samples, 300, -10), b.samples)
    assert (rows == clean).mean(1).min() > 0.93
    assert rows[0][clean[1] & ~clean[0]].mean() < 0.03
    assert (rows[0] == words).mean() > 0.9


def test_the_one_who_speaks_first_is_a(networks, call):
    rows, _ = who(mixed=Audio(call[0].slice(0, 20).samples + call[1].slice(0, 20).samples))
    first = [int(np.argmax(row > 0.5)) for row in rows]
    assert first[0] <= first[1]


def test_silence_noise_and_music_are_served_with_a_note(networks):
    t = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * f * t) for f in (220, 277, 330)) * np.exp(-(t % 0.5) * 4) * 0.1
    noise = 0.05 * np.random.default_rng(0).standard_normal(len(t))
    for sound in (0 * t, noise, chord):
        rows, notes = who(mixed=Audio(sound))
        assert (rows > 0.5).mean() < 0.05
        assert "no speech" in notes
    rows, notes = who(a=Audio(0 * t), b=Audio(0 * t))
    assert rows.max() < 0.5
    assert "no speech" in notes


def test_one_voice_is_served_with_a_note(networks, call):
    rows, notes = who(mixed=call[0])
    assert "one voice" in notes
    assert rows[1].max() < 0.5
    assert auc(rows[0], call[2]) > 0.85
    _, notes = who(a=call[0], b=Audio(np.zeros(len(call[0]))))
    assert "only person A" in notes


def test_four_people_are_served_with_a_note(networks, real_data):
    _, notes = who(mixed=read_audio(real_data / "meeting-clips" / "tst00.wav").channels[0])
    assert "more than two voices" in notes


def test_several_simulated_voices_at_once_are_served_with_a_note(networks):
    first, second = (simulate(seed=seed, duration=20.0).mixed.samples for seed in (21, 24))
    length = min(len(first), len(second))
    _, notes = who(mixed=Audio(0.5 * (first[:length] + second[:length])))
    assert "more than two voices" in notes
    _, notes = who(mixed=Audio(first))
    assert "more than two" not in notes


@pytest.mark.parametrize(
    ("shares", "count"), [((1,), 1), ((4, 2), 2), ((4, 3, 2), 3), ((20, 9, 1), 2), ((3, 3, 3, 3), 4)]
)
def test_voices_are_counted_by_how_they_sound(shares, count):
    rng = np.random.default_rng(len(shares))
    owner = rng.permutation(np.repeat(np.arange(len(shares)), np.array(shares) * 3))
    vectors = rng.standard_normal((len(shares), 256))[owner] + 0.3 * rng.standard_normal((len(owner), 256))
    embedding, heard = np.zeros((len(owner), 3, 256), np.float32), np.zeros((len(owner), 3), np.float32)
    embedding[:, 1] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    heard[:, 1], heard[:, 2] = 3.0, 0.5  # too short to tell: never counted
    embedding[:, 2] = rng.standard_normal((len(owner), 256))
    active = np.zeros((len(owner), 250, 3), np.float16)
    assert count_voices(Voices(active, 50, 25.0, embedding, heard)) == count
    assert count_voices(Voices(active, 50, 25.0, embedding, 0 * heard)) == 0


@pytest.mark.parametrize("seconds", [0.3, 1.0, 4.0, 12.34])
def test_any_length(networks, call, seconds):
    rows, _ = who(mixed=Audio(call[1].samples[: int(seconds * SAMPLE_RATE)]))
    assert np.isfinite(rows).all()


def test_no_sound_is_one_line():
    from visavis.perception.speaking import Diarizer

    with pytest.raises(InputError, match="no audio"):
        Diarizer()(Conversation("x", PEOPLE, 1.0))


def test_local_speakers_lie_at_the_right_time(networks, call):
    from visavis.perception.segmentation import local_speakers

    samples = np.zeros(30 * SAMPLE_RATE, np.float32)
    samples[14 * SAMPLE_RATE : 20 * SAMPLE_RATE] = call[1].samples[3 * SAMPLE_RATE : 9 * SAMPLE_RATE] * 2
    active = local_speakers(samples, 25.0, 2.5).astype(float).max(2)
    for w, row in enumerate(active):
        times = (w + 1) * 2.5 - 10 + (np.arange(250) + 0.5) / 25
        assert row[(times < 13.7) | (times > 20.3)].max(initial=0) < 0.5
    assert active.max() > 0.9


def test_speaker_embeddings_tell_people_apart(networks, call):
    from visavis.perception.speaker import embed, speaker_mel

    a, b, words = call
    speech = np.repeat(words, 4)
    mel = speaker_mel(a.samples)[: len(speech)][speech]
    loud = a.samples[: len(words) * 640].reshape(-1, 640)[words]
    other = speaker_mel(b.samples)[300:1100]
    powers = [float((loud**2).mean())] * 2 + [float((b.samples[48_000:176_000] ** 2).mean())] * 2
    half = len(mel) // 2
    vectors = embed([mel[:half], mel[half:], other[:400], other[400:]], powers)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alike = vectors @ vectors.T
    assert min(alike[0, 1], alike[2, 3]) > alike[:2, 2:].max() + 0.05
    again = embed([mel[:half] * 100], [powers[0] * 100])
    np.testing.assert_allclose(again[0], vectors[0], atol=1e-4)


def made_voices(seed: int) -> tuple[Voices, np.ndarray]:
    """Windows over two made people whose local order is shuffled in every window; and the true labels."""
    rng = np.random.default_rng(seed)
    windows, shift, width = 40, 50, 250
    truth = np.zeros((2, (windows + 5) * shift), np.float32)
    for person in (0, 1):
        for start in rng.integers(0, truth.shape[1] - 100, 30):
            truth[person, start : start + rng.integers(20, 100)] = 1
    people = rng.standard_normal((2, 256))
    active, embedding = np.zeros((windows, width, 3)), np.zeros((windows, 3, 256))
    labels, heard = np.full((windows, 3), -1), np.zeros((windows, 3))
    for w in range(windows):
        for person, local in enumerate(rng.permutation(3)[:2]):
            active[w, :, local] = truth[person, w * shift : w * shift + width]
            labels[w, local] = person if active[w, :, local].any() else -1
            vector = people[person] + 1.2 * rng.standard_normal(256)
            embedding[w, local] = vector / np.linalg.norm(vector)
            heard[w, local] = 0.5 * active[w, :, local].sum() / 25
    voices = Voices(active.astype(np.float16), shift, 25.0, embedding.astype(np.float32), heard.astype(np.float32))
    return voices, labels


@pytest.mark.parametrize("seed", range(4))
def test_stitching_finds_the_two_people(seed):
    voices, truth = made_voices(seed)
    labels, people = stitch(voices)
    right = max((labels == truth)[truth >= 0].mean(), (labels == 1 - truth)[truth >= 0].mean())
    assert right > 0.97
    assert people[0] @ people[1] < 0.5


def test_thebest_path_is_the_best_of_all():
    rng = np.random.default_rng(0)
    fit, links = rng.standard_normal((4, 8)), rng.random((3, 8, 8))
    value, path = best_path(fit.astype(np.float32), links.astype(np.float32))
    every = [
        fit[0, i] + fit[1, j] + fit[2, k] + fit[3, m] - links[0, i, j] - links[1, j, k] - links[2, k, m]
        for i in range(8) for j in range(8) for k in range(8) for m in range(8)
    ]  # fmt: skip
    assert value == pytest.approx(max(every), abs=1e-5)
    assert np.array_equal(path[0], LABELS[int(np.argmax(every)) // 512])
