"""Clips in which the fitting reaction is known."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from reporters import Recorded
from visavis.conversation.corpus import Corpus
from visavis.corpora.curation.stages.clips import masked
from visavis.errors import InputError
from visavis.simulation.reactions.generate import generate_reactions
from visavis.simulation.reactions.simulator import RUDE, simulate_reaction


def people(clip):
    roles = clip.provenance["clip"]
    by_name = dict(zip("AB", clip, strict=True))
    return by_name[roles["speaker"]], by_name[roles["listener"]]


@pytest.fixture(scope="module")
def clips():
    return [simulate_reaction(seed) for seed in range(24)]


def test_one_person_speaks_for_half_of_the_clip_and_the_other_not_at_all(clips):
    for clip in clips:
        speaker, listener = people(clip)
        assert clip.duration == pytest.approx(15.36)
        assert len(listener.motion) == len(speaker.motion) == 384
        assert speaker.speaking.values.mean() > 0.48
        assert not listener.words
        assert listener.speaking.values.max() == 0


def test_words_are_written_as_sentences_and_lie_in_order(clips):
    for clip in clips:
        speaker, _ = people(clip)
        words = speaker.words
        assert words[0].text[0].isupper()
        assert words[-1].text[-1] in ".!?"
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(words))
        assert words[-1].end < clip.duration


def test_the_listener_reacts_after_the_critical_word(clips):
    late = Counter()
    for clip in clips:
        _, listener = people(clip)
        mine = [e for e in listener.events["reaction"] if e.label == clip.provenance["reaction"]]
        if mine:
            late[mine[0].start > clip.provenance["critical"]] += 1
    assert late[True] > 0.9 * late.total() > 12


def test_provenance_tells_what_fits(clips):
    for clip in clips:
        about = clip.provenance
        assert about["reaction"] in about["fitting" if about["fits"] else "rude"]
        assert about["split"] in ("train", "eval")
    shares = np.mean([simulate_reaction(s, kind="question").provenance["fits"] for s in range(60)])
    assert abs(shares - (1 - RUDE)) < 0.1


def test_a_method_sees_nothing_of_the_listener(clips):
    _, listener = people(masked(clips[0]))
    assert listener.motion is None
    assert not listener.tracks
    assert not listener.events


def test_the_same_seed_gives_the_same_clip_and_sound_changes_nothing_else():
    silent, heard = simulate_reaction(5), simulate_reaction(5, sound=True)
    assert silent.mixed is None
    assert np.abs(heard.mixed.samples).max() > 0.05
    for a, b in zip(silent, heard, strict=True):
        assert a.motion == b.motion
        assert a.utterances == b.utterances
    assert simulate_reaction(6).a.motion != silent.a.motion


def test_kind_and_manners_can_be_asked_for():
    rude = simulate_reaction(3, kind="loss", fitting=False)
    assert rude.provenance["kind"] == "loss"
    assert rude.provenance["reaction"] in rude.provenance["rude"]


def test_a_corpus_goes_on_where_it_was_stopped(tmp_path):
    generate_reactions(tmp_path / "c", clips=2)
    told = Recorded()
    generate_reactions(tmp_path / "c", clips=3, reporter=told)
    corpus = Corpus.open(tmp_path / "c")
    assert sorted(corpus.ids) == [f"reaction-{i:06d}" for i in range(3)]
    assert told.shares[0] == pytest.approx(2 / 3)
    kept = people(corpus["reaction-000001"])[1].motion
    assert np.allclose(kept.values, people(simulate_reaction(1))[1].motion.values, atol=1e-3)
    with pytest.raises(InputError, match="other audio settings; choose another folder"):
        generate_reactions(tmp_path / "c", clips=3, sound=True)


def test_too_short_a_clip_is_refused():
    with pytest.raises(InputError, match="at least 300"):
        simulate_reaction(0, frames=100)
