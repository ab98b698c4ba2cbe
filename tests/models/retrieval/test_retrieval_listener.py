"""A listener made of retrieved clips: reactions where somebody speaks, from the corpus, and rest between."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from baseline_toys import moved, trained
from contract_toys import talk
from visavis.errors import InputError
from visavis.generation.apply import apply
from visavis.models.blocks.segments import BLEND
from visavis.models.retrieval.listener import model as listener
from visavis.motion.seat import Seat

TURN = 125
"""Frames that A speaks before B does."""


@pytest.fixture(scope="module")
def corpus():
    return [talk(seed, 20.0) for seed in range(3)]


@pytest.fixture(scope="module")
def model(corpus, tmp_path_factory):
    return trained("retrieval", corpus, tmp_path_factory.mktemp("run"), 'goal="be supportive"')


def test_it_reacts_while_the_other_speaks_and_rests_otherwise(model):
    motion = moved(model, talk(9, 15.0), 1)
    rest = motion.values[TURN + BLEND : 2 * TURN]  # B speaks
    assert np.ptp(rest, axis=0).max() < 1e-6
    assert np.ptp(motion.values[:TURN], axis=0).max() > 0.05
    assert np.abs(np.diff(motion["expression"], axis=0)).max() < 0.1  # no jumps where clips begin and end


def test_what_it_shows_is_a_listener_of_the_corpus(model, corpus):
    conversation = talk(9, 5.0)
    (found,) = model.generate(conversation, (1,))
    (shown,) = found.provenance["motion_b"]["reactions"]["B"]
    id, letter, start = shown["clip"]
    (source,) = (each for each in corpus if each.id == id)
    person = source.participants["AB".index(letter)]
    other = source.participants[1 - "AB".index(letter)]
    first = round(start * 25)
    inner = slice(BLEND, TURN - BLEND)
    clip = person.motion.slice(first, first + TURN)
    for group in ("lips", "head"):
        assert found.b.motion[group][inner] == pytest.approx(clip[group][inner], abs=1e-5)
    assert other.speaking.values[first : first + TURN].all()
    assert "Sam" in shown["expression"]


def test_it_stays_in_its_seat(model):
    conversation = talk(9, 5.0)
    moved_away = conversation.with_participants(
        conversation.a, replace(conversation.b, seat=Seat((3.0, 1.0, 2.0), 0.0))
    )
    assert np.abs(moved(model, moved_away, 1)["translation"] - [3.0, 1.0, 2.0]).max() < 0.1


def test_seeds_and_samples_choose_among_the_best(model):
    conversation = talk(9, 5.0)
    shown = [
        each.provenance["motion_b"]["reactions"]["B"][0]["clip"]
        for each in model.generate(conversation, (1,), samples=5)
    ]
    assert len({tuple(clip) for clip in shown}) == 5
    assert moved(model, conversation, 1, seed=1) != moved(model, conversation, 1, seed=0)


def test_no_clip_is_shown_twice_in_a_row(model):
    (found,) = model.generate(talk(9, 40.0), (1,))
    clips = [reaction["clip"] for reaction in found.provenance["motion_b"]["reactions"]["B"]]
    assert len(clips) == 4
    assert all(one != other for one, other in pairwise(clips))


def test_the_goal_changes_the_reaction(corpus, model, tmp_path):
    rude = trained("retrieval", corpus, tmp_path, 'goal="be rude and dismissive"')
    said = [each.react(talk(9, 5.0), 1)[0].expression for each in (model, rude)]
    assert said[0] != said[1]
    assert rude.config.goal == "be rude and dismissive"


def test_silence_is_listened_to_at_rest(model):
    conversation = talk(9, 5.0)
    silent = conversation.with_participants(*(replace(person, utterances=()) for person in conversation))
    assert np.ptp(moved(model, silent, 1).values, axis=0).max() < 1e-6


def test_words_are_heard_where_they_are_not_known(model, monkeypatch):
    known = talk(9, 5.0)
    unknown = known.with_participants(*(replace(person, utterances=()) for person in known))
    unknown = replace(unknown, provenance={})
    asked = []

    def words(kind):
        asked.append(kind)
        return lambda _conversation: known

    monkeypatch.setattr("visavis.perception.protocol.get_extractor", words)
    (found,) = apply(unknown, model, (1,))
    assert asked == ["words"]
    assert found.b.motion == moved(model, known, 1)
    apply(known, model, (1,))
    assert asked == ["words"]


def test_another_encoder_than_that_of_the_clips_is_refused(corpus, tmp_path, monkeypatch):
    other = trained("retrieval", corpus, tmp_path)
    encoder = listener.get_encoder("built-in")
    encoder.name = "motion-text-of-tomorrow"
    monkeypatch.setattr(listener, "get_encoder", lambda _name: encoder)
    with pytest.raises(InputError, match="train it again"):
        moved(other, talk(9, 5.0), 1)


def test_a_corpus_in_which_nobody_listens_is_refused(tmp_path):
    with pytest.raises(InputError, match="no one listens on camera for 3 s"):
        trained("retrieval", [talk(0, 2.0)], tmp_path)
    quiet = talk(1, 6.0)
    quiet = quiet.with_participants(replace(quiet.a, speaking=None), quiet.b)
    with pytest.raises(InputError, match="voice activity for both people"):
        trained("retrieval", [quiet], tmp_path)
