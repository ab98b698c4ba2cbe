"""What is known of each person before it is decided how they behave."""

import numpy as np

from visavis.behavior.context import people_of
from visavis.conversation import Conversation, Participant, Track, Utterance, Word
from visavis.media import Audio


def _said(*words: tuple[str, float, float]) -> tuple[Utterance, ...]:
    spoken = tuple(Word(*word) for word in words)
    return (Utterance(spoken[0].start, spoken[-1].end, spoken),) if spoken else ()


def _talk() -> Conversation:
    a = _said(
        ("so", 0.5, 0.7), ("we", 0.7, 0.9), ("left", 0.9, 1.3), ("early", 2.0, 2.5), ("did", 6.5, 6.7),
        ("you?", 6.7, 7.0),
    )  # fmt: skip
    b = _said(("yeah", 1.5, 1.8), ("no", 3.0, 3.3), ("way", 3.3, 3.8))
    return Conversation("talk", (Participant("A", utterances=a), Participant("B", utterances=b)), 8.0)


def test_phrases_turns_and_acknowledgements_come_from_words() -> None:
    a, b = people_of(_talk())
    assert [(p.start, p.end) for p in a.phrases] == [(0.5, 1.3), (2.0, 2.5), (6.5, 7.0)]
    assert [p.backchannel for p in b.phrases] == [True, False]
    # A's turn goes on over B's acknowledgement; then the floor passes twice.
    assert a.turns == ((0.5, 2.5), (6.5, 7.0))
    assert b.turns == ((3.0, 3.8),)
    assert [p.asks for p in a.phrases] == [False, False, True]


def test_speech_is_known_from_probabilities_where_there_are_no_words() -> None:
    share = np.zeros(200)
    share[25:75] = 1.0
    share[78:90] = 0.9  # a gap of 0.12 s is no pause
    share[150:160] = 0.8  # short and apart: may be an acknowledgement
    people = (Participant("AB"[i], speaking=Track(share * (1 - i), 25.0)) for i in (0, 1))
    a, b = people_of(Conversation("t", tuple(people), 8.0))
    assert [(p.start, p.end) for p in a.phrases] == [(1.0, 3.6), (6.0, 6.4)]
    assert [p.backchannel for p in a.phrases] == [False, True]
    assert not b.phrases
    assert not b.speaking.any()
    assert a.speaking.sum() == 65 + 10


def test_loudness_and_pitch_in_overlap_come_from_voices_told_apart() -> None:
    rate, frames = 16_000, 25 * 30
    time = np.arange(30 * rate) / rate
    voices = [sum(np.sin(2 * np.pi * f * k * time) / k for k in range(1, 12)) for f in (115.0, 205.0)]
    speaks = np.zeros((2, frames), np.float32)
    speaks[0, : 20 * 25], speaks[1, 12 * 25 : 28 * 25] = 1, 1
    sounds = [(0.03 * v * row.repeat(640)).astype(np.float32) for v, row in zip(voices, speaks, strict=True)]
    people = tuple(Participant("AB"[i], speaking=Track(speaks[i], 25.0)) for i in (0, 1))
    a, b = people_of(Conversation("t", people, 30.0, Audio(sounds[0] + sounds[1])))
    for person, (alone, silent) in zip((a, b), ((5, 25), (24, 5)), strict=True):
        assert person.energy[15 * 25] > 0.6
        assert person.energy[alone * 25] > 0.6
        assert person.energy[silent * 25] == 0
        assert abs(person.pitch[13 * 25 : 19 * 25]).max() < 0.5  # each keeps the own pitch


def test_without_voices_to_tell_apart_nothing_is_known_of_overlap() -> None:
    rng = np.random.default_rng(0)
    speaks = np.zeros((2, 250), np.float32)
    speaks[0], speaks[1, 100:200] = 1, 1
    people = tuple(Participant("AB"[i], speaking=Track(speaks[i], 25.0)) for i in (0, 1))
    sound = Audio(0.05 * rng.standard_normal(160_000).astype(np.float32))
    a, b = people_of(Conversation("t", people, 10.0, sound))
    assert a.energy[50] > 0.5
    assert not a.energy[100:200].any()
    assert not b.energy.any()
