"""Stress that is guessed from words."""

import numpy as np

from visavis.behavior.context import people_of
from visavis.behavior.stress import EMPHATIC, LAST, USUALLY, guessed_accents, with_guessed_stress
from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.simulation.dyads import simulate


def said(text, each=0.4):
    return [Word(word, i * each, (i + 1) * each) for i, word in enumerate(text.split())]


def test_content_words_are_stressed_and_words_of_grammar_are_not():
    words = said("we went to the market with a neighbor")
    accents = guessed_accents([words], words)
    hit = [next(w.text for w in words if w.start <= at < w.end) for at, _ in accents]
    assert hit == ["went", "market", "neighbor"]
    assert [strength for _, strength in accents] == [USUALLY, USUALLY, LAST]


def test_words_that_stress_or_deny_are_stressed_most():
    words = said("it was absolutely never cold")
    strengths = dict(zip(("absolutely", "never", "cold"), (s for _, s in guessed_accents([words], words)), strict=True))
    assert strengths == {"absolutely": EMPHATIC, "never": EMPHATIC, "cold": LAST}


def test_quick_words_and_acknowledgements_are_not_stressed():
    quick = said("market people money", each=0.06)
    assert not guessed_accents([quick], quick)
    assert not guessed_accents([said("yeah really")], said("yeah really"))


def test_nobody_laughs_at_other_times_where_laughter_is_known():
    words = tuple(said("we went to the market"))
    person = Participant("A", utterances=(Utterance(0.0, 2.0, words),), events={"heard_laugh": ()})
    a, _ = people_of(Conversation("c", (person, Participant("B")), 4.0))
    assert with_guessed_stress(a, laughter_known=True).energy.any()
    assert not with_guessed_stress(a, laughter_known=False).energy.any()


def test_most_guesses_are_where_a_voice_has_an_accent():
    """Four in five within 0.15 s; of moments anywhere in speech it is 57 %."""
    near, anywhere = [], []
    for seed in range(3):
        for heard in people_of(simulate(seed, 40.0)):
            times = np.array([when for when, _ in heard.accents])
            guessed = with_guessed_stress(heard, laughter_known=True).accents
            near += [np.abs(times - when).min() < 0.15 for when, _ in guessed]
            anywhere += [np.abs(times - frame / 25).min() < 0.15 for frame in np.flatnonzero(heard.speaking)]
    assert np.mean(near) > 0.75
    assert np.mean(near) > np.mean(anywhere) + 0.1
