"""Laughter by ear."""

import csv

import numpy as np
import pytest
import soundfile
import soxr

from visavis.conversation import Conversation, Interval, Participant, Track
from visavis.errors import InputError
from visavis.media.audio import SAMPLE_RATE, Audio
from visavis.perception.laughter.detector import laugh_probability, laughs
from visavis.perception.laughter.extractor import whose
from visavis.perception.protocol import get_extractor
from visavis.simulation.voices.builtin import VARIANTS, BuiltinVoice
from visavis.simulation.voices.laughter import laughter

SECONDS = 16.0


def _sound(*parts: tuple[float, np.ndarray]) -> np.ndarray:
    sound = np.random.default_rng(0).normal(0, 0.001, round(SECONDS * SAMPLE_RATE))
    for start, samples in parts:
        a = round(start * SAMPLE_RATE)
        sound[a : a + len(samples)] += samples
    return sound.astype(np.float32)


LAUGH = laughter(np.random.default_rng(11), VARIANTS["ada"], 2.0).samples
SPEECH = BuiltinVoice("ben").say("We sold the old truck, and nobody misses it at all.", 5).audio
A, B = _sound((9.0, LAUGH)), _sound((2.0, SPEECH.samples))


def _speaking(*spans: tuple[float, float]) -> Track:
    share = np.zeros(round(25 * SECONDS))
    for start, end in spans:
        share[round(25 * start) : round(25 * end)] = 1.0
    return Track(share, 25.0)


def _found(intervals: tuple[Interval, ...]) -> float:
    """Seconds of laughter found where A laughs."""
    return sum(max(0.0, min(i.end, 11.2) - max(i.start, 8.8)) for i in intervals)


def test_in_tracks_of_their_own_each_laughs_alone() -> None:
    people = (Participant("A", audio=Audio(A)), Participant("B", audio=Audio(B + 0.05 * A)))
    found = get_extractor("laughter", "heard")(Conversation("t", people, SECONDS))
    assert _found(found.a.events["heard_laugh"]) > 1.0
    assert _found(found.b.events["heard_laugh"]) == 0  # what leaks in is not theirs
    assert "notes" not in found.provenance or not found.provenance["notes"]


def test_both_laugh_where_both_are_heard() -> None:
    laugh = laughter(np.random.default_rng(1), VARIANTS["ben"], 1.8).samples
    other = _sound((2.0, SPEECH.samples), (9.2, laugh))
    people = (Participant("A", audio=Audio(A)), Participant("B", audio=Audio(other)))
    found = get_extractor("laughter")(Conversation("t", people, SECONDS))
    assert all(_found(person.events["heard_laugh"]) > 0.8 for person in found)


def test_on_one_track_the_one_who_is_heard_in_it_laughs_and_a_note_says_that_it_is_a_guess() -> None:
    people = (Participant("A", speaking=_speaking((8.9, 11.0))), Participant("B", speaking=_speaking((2.0, 6.0))))
    found = get_extractor("laughter")(Conversation("t", people, SECONDS, mixed=Audio(A + B)))
    assert _found(found.a.events["heard_laugh"]) > 1.0
    assert _found(found.b.events["heard_laugh"]) == 0
    assert "guessed" in found.provenance["notes"][0]


def test_on_one_track_it_has_to_be_known_who_speaks() -> None:
    with pytest.raises(InputError, match="extract who speaks first"):
        get_extractor("laughter")(Conversation("t", (Participant("A"), Participant("B")), SECONDS, mixed=Audio(A)))


@pytest.mark.parametrize(
    ("a", "b", "span", "expected"),
    [
        ([(4.0, 6.0)], [(0.0, 3.0)], (4.5, 5.5), (0,)),  # A is heard in it
        ([(4.0, 6.0)], [(4.0, 6.0)], (4.5, 5.5), (0, 1)),
        ([(0.0, 4.0)], [], (4.3, 5.0), (0,)),  # A spoke last
        ([(0.0, 4.0)], [], (4.3, 7.0), (0, 1)),  # long laughter is shared
        ([], [(5.4, 7.0)], (4.3, 5.0), (1,)),  # B speaks next
        ([(0.0, 1.0)], [(9.0, 10.0)], (4.3, 5.0), (0, 1)),  # nobody is near
        ([], [], (0.0, 0.5), (0, 1)),
    ],
)
def test_whose_laughter_it_is_follows_from_who_speaks_around_it(a, b, span, expected) -> None:
    speaking = np.stack([_speaking(*spans).values[:, 0] > 0.5 for spans in (a, b)])
    assert whose(speaking, *span) == expected


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(100, np.float32),
        np.zeros(5 * SAMPLE_RATE, np.float32),
        np.random.default_rng(0).normal(0, 0.1, 5 * SAMPLE_RATE).astype(np.float32),
        np.sin(np.arange(5 * SAMPLE_RATE) * 0.2).astype(np.float32),
    ],
    ids=["none", "too short", "silence", "noise", "tone"],
)
def test_what_is_no_laughter_is_none(samples: np.ndarray) -> None:
    probability = laugh_probability(samples)
    assert len(probability) == -(-len(samples) // 1280)
    assert not laughs(probability)


def test_loudness_does_not_matter() -> None:
    once, quiet = (laugh_probability(scale * (A + B)) for scale in (1.0, 0.05))
    assert np.abs(once - quiet).max() < 0.05


def test_long_recordings_are_read_in_parts_that_join() -> None:
    whole = np.tile(A, 20)  # 320 s, longer than a part
    probability = laugh_probability(whole)
    assert len(probability) == len(whole) // 1280
    found = laughs(probability)
    laughed = [any(s < 16 * i + 11 and e > 16 * i + 9 for s, e in found) for i in range(20)]
    assert sum(laughed) == 20


def test_laughter_on_a_real_call_ranks_high(real_data) -> None:
    folder = real_data / "phone-call"
    with (folder / "word.csv").open() as file:
        true = [
            (float(r["start"]), float(r["end"]), r["speaker"])
            for r in csv.DictReader(file)
            if r["org_word"] == "[laughter]"
        ]
    for speaker in "AB":
        samples, rate = soundfile.read(folder / f"speaker_{speaker.lower()}.wav")
        probability = laugh_probability(soxr.resample(samples, rate, SAMPLE_RATE).astype(np.float32))
        inside = np.zeros(len(probability), bool)
        for start, end, who in true:
            if who == speaker:
                inside[int(start * 12.5) : int(end * 12.5) + 1] = True
        if inside.any():
            higher = probability[inside][:, None] > probability[~inside][None]
            assert higher.mean() > 0.85  # area under the ROC curve
