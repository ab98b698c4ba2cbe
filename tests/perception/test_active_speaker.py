"""Voices and faces that belong together by construction, given in the right and in the wrong places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.errors import InputError
from visavis.media import Audio
from visavis.motion import ARKIT, Motion
from visavis.perception.active_speaker import ActiveSpeaker

FPS, RATE = 25, 16_000


def turns(seconds: float, spans: list[tuple[float, float]]) -> np.ndarray:
    t = (np.arange(round(seconds * FPS)) + 0.5) / FPS
    return np.any([(t >= a) & (t < b) for a, b in spans], axis=0) if spans else np.zeros(len(t), bool)


def syllables(frames: int, seed: int) -> np.ndarray:
    """How open a speaking mouth is, 0 to 1, in syllables of uneven length."""
    rng = np.random.default_rng(seed)
    ends = np.cumsum(rng.uniform(0.15, 0.4, 4 * frames))
    phase = np.interp(np.arange(frames) / FPS, ends, np.arange(len(ends)))
    return 0.5 - 0.5 * np.cos(2 * np.pi * phase)


def face(speaks: np.ndarray, mouth: np.ndarray, seed: int) -> Motion:
    """Somebody whose mouth moves while speaking and hardly else; who smiles, slowly, too."""
    rng = np.random.default_rng(seed)
    motion = Motion.zeros(len(speaks), FPS, ARKIT)
    motion = motion.with_columns(
        "jawOpen", np.clip(0.4 * mouth * speaks + 0.01 * rng.standard_normal(len(speaks)), 0, 1)
    )
    smile = 0.3 + 0.3 * np.sin(np.arange(len(speaks)) / 40 + seed)
    return motion.with_columns(("mouthSmileLeft", "mouthSmileRight"), np.stack([smile, smile], 1))


def voice(speaks: np.ndarray, mouth: np.ndarray, seed: int) -> Audio:
    loud = np.repeat((0.03 + 0.2 * mouth) * speaks, RATE // FPS)
    return Audio((loud * np.random.default_rng(seed).standard_normal(len(loud))).astype(np.float32))


def conversation(
    spans_a, spans_b, *, exchanged: bool = False, mixed: bool = True, one_voice: bool = False, seconds: float = 20.0
) -> Conversation:
    speaks = [turns(seconds, spans) for spans in (spans_a, spans_b)]
    mouths = [syllables(len(s), seed) for seed, s in enumerate(speaks)]
    voices = [voice(s, m, i) for i, (s, m) in enumerate(zip(speaks, mouths, strict=True))]
    heard = [np.maximum(*speaks), np.zeros_like(speaks[0])] if one_voice else list(speaks)
    order = (1, 0) if exchanged else (0, 1)
    people = [
        Participant(
            "AB"[i],
            motion=face(speaks[i], mouths[i], i),
            audio=None if mixed else voices[order[i]],
            speaking=Track(0.02 + 0.96 * heard[order[i]].astype(np.float32), FPS, ("speaking",)),
            utterances=(Utterance(0.0, 1.0, (Word("ab"[order[i]], 0.0, 1.0),)),),
            events={"harmful": (Interval("ab"[order[i]], 0.0, 1.0),), "nod": (Interval("AB"[i], 0.0, 1.0),)},
        )
        for i in (0, 1)
    ]
    both = Audio(voices[0].samples + voices[1].samples) if mixed else None
    return Conversation("x", (people[0], people[1]), seconds, mixed=both)


ALTERNATING = ([(0, 4), (8, 11), (15, 18)], [(4, 8), (11, 15)])


@pytest.mark.parametrize("mixed", [True, False])
@pytest.mark.parametrize("exchanged", [True, False])
def test_voices_come_to_the_mouths_that_move_with_them(exchanged, mixed):
    given = conversation(*ALTERNATING, exchanged=exchanged, mixed=mixed)
    found = ActiveSpeaker()(given)
    right = conversation(*ALTERNATING, mixed=mixed)
    for person, true, before in zip(found, right, given, strict=True):
        assert person.speaking == true.speaking
        assert person.utterances == true.utterances
        assert person.audio == true.audio
        assert person.events == true.events  # what is said goes with the voice, what is done with the face
        assert person.motion == before.motion
    assert "notes" not in found.provenance or found.provenance["notes"] == []


@pytest.mark.parametrize("exchanged", [True, False])
def test_syllables_tell_where_both_speak_all_the_time(exchanged):
    everything = ([(0, 20)], [(0, 20)])
    found = ActiveSpeaker()(conversation(*everything, exchanged=exchanged, mixed=False))
    assert [p.utterances[0].text for p in found] == ["a", "b"]


def test_one_mixed_voice_and_one_moving_mouth():
    """Two people whose voices sound alike: at each moment the mouth tells."""
    found = ActiveSpeaker()(conversation(*ALTERNATING, one_voice=True))
    for person, spans in zip(found, ALTERNATING, strict=True):
        p, true = person.tracks["active_speaker"]["speaking"], turns(20.0, spans)
        assert ((p > 0.5) == true).mean() > 0.9


def test_a_voice_without_a_moving_mouth_is_nobody_s_at_the_moment():
    """A narrator is heard while neither mouth moves."""
    given = conversation([], [], one_voice=True)
    heard = Track(np.full(500, 0.98, np.float32), FPS, ("speaking",))
    found = ActiveSpeaker()(given.with_participants(replace(given.a, speaking=heard), given.b))
    for person in found:
        assert person.tracks["active_speaker"].values.max() < 0.5
    assert any("uncertain" in note for note in found.provenance["notes"])


def test_the_only_face_gets_the_voice_that_moves_it():
    given = conversation(*ALTERNATING, exchanged=True)
    blind = given.with_participants(given.a, replace(given.b, motion=None))
    found = ActiveSpeaker()(blind)
    assert [p.utterances[0].text for p in found] == ["a", "b"]
    assert not found.b.tracks["active_speaker"].valid.any()


@pytest.mark.parametrize("exchanged", [True, False])
@pytest.mark.parametrize("photo", [0, 1])
def test_a_photo_says_nothing_and_the_living_mouth_decides(photo, exchanged):
    """What a tracker makes of a photo trembles with the other's voice, which must not count."""
    given = conversation(*ALTERNATING, exchanged=exchanged)
    people = list(given)
    trembles = face(turns(20.0, ALTERNATING[1 - photo]), syllables(500, 1 - photo), 5)
    still = Track(np.zeros((500, 2)), FPS, ("size", "still"), np.zeros(500, bool))
    people[photo] = replace(people[photo], motion=trembles, tracks={"face": still})
    found = ActiveSpeaker()(given.with_participants(*people))
    assert [p.utterances[0].text for p in found] == ["a", "b"]
    for person, spans in zip(found, ALTERNATING, strict=True):
        assert ((person.speaking.values[:, 0] > 0.5) == turns(20.0, spans)).all()
    assert not found.participants[photo].tracks["active_speaker"].valid.any()


def test_frames_without_a_face_say_nothing():
    given = conversation(*ALTERNATING, exchanged=True)
    unseen = np.zeros((500, 1), np.float32)
    valid = np.arange(500) % 100 < 60
    people = []
    for person in given:
        held = np.where(valid[:, None], person.motion.values, np.random.default_rng(0).uniform(0, 1, (500, 1)))
        track = Track(unseen, FPS, ("size",), valid)
        people.append(replace(person, motion=Motion(held, FPS, ARKIT), tracks={"face": track}))
    found = ActiveSpeaker()(given.with_participants(*people))
    assert [p.utterances[0].text for p in found] == ["a", "b"]
    np.testing.assert_array_equal(found.a.tracks["active_speaker"].valid, valid)


def test_without_mouths_voices_stay_and_without_voices_it_is_refused():
    given = conversation(*ALTERNATING)
    blind = given.with_participants(*(replace(p, motion=None) for p in given))
    found = ActiveSpeaker()(blind)
    assert found.a.speaking == given.a.speaking
    assert any("audio alone" in note for note in found.provenance["notes"])
    with pytest.raises(InputError, match="voice activity is unknown"):
        ActiveSpeaker()(given.with_participants(*(replace(p, speaking=None) for p in given)))


def test_real_speakers_with_exchanged_voices(real_data):
    """Eight seconds of two people who both speak all the time, on the tracks given with the clips."""
    people = []
    for name in ("WDA_AlexandriaOcasioCortez_000", "WDA_KatieHill_000"):
        with np.load(real_data / "one-face" / "tracks" / f"{name}.npz", allow_pickle=False) as given:
            column = {str(n): i for i, n in enumerate(given["names"])}
            values = np.zeros((200, ARKIT.dim), np.float32)
            for i, shape in enumerate(ARKIT.names[:52]):
                if shape in column:
                    values[:, i] = given["bs"][:200, column[shape]]
            people.append((Motion(values, 25.0, ARKIT), Audio(given["audio"][: 8 * RATE])))
    heard = Track(np.full(200, 0.95, np.float32), FPS, ("speaking",))
    (first, its), (second, hers) = people
    wrong = (Participant("A", hers, motion=first, speaking=heard), Participant("B", its, motion=second, speaking=heard))
    found = ActiveSpeaker()(Conversation("x", wrong, 8.0))
    assert found.a.audio == its
    assert found.b.audio == hers
