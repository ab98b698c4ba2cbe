"""The parts between sound and utterances: packing, whose words they are, what belongs together, and times."""

import csv
from itertools import pairwise

import numpy as np
import pytest

from visavis.conversation import Word
from visavis.media import SAMPLE_RATE, Audio, read_audio
from visavis.perception.words.alignment import refined
from visavis.perception.words.pieces import BETWEEN, LONGEST, packed, stretches_of
from visavis.perception.words.utterances import speakers_of, utterances_of
from visavis.perception.words.whisper import Heard, likely_language
from visavis.simulation.dyads.turn_statistics import spurts_of

FPS = 25.0


def track(*spans, seconds=120.0):
    values = np.zeros(round(seconds * FPS), np.float32)
    for start, end in spans:
        values[round(start * FPS) : round(end * FPS)] = 1.0
    return values


def words(text, start=0.0, length=0.3, gap=0.05):
    found = []
    for part in text.split():
        found.append(Word(part, start, start + length))
        start += length + gap
    return found


def test_stretches_join_over_short_pauses_and_keep_a_margin():
    found = stretches_of(track((0.1, 1.0), (1.5, 2.0), (3.0, 4.0), (8.0, 8.04)), FPS)
    np.testing.assert_allclose(found, [(0.0, 2.2), (2.8, 4.2)], atol=0.021)
    assert stretches_of(track(), FPS) == []


def test_tracks_hold_all_speech_once_and_fit_whisper():
    rng = np.random.default_rng(0)
    edges = np.sort(rng.uniform(0, 600, 120))
    speaking = track(*zip(edges[::2], edges[1::2], strict=True), (200.0, 290.0), seconds=600.0)
    audio = Audio(np.arange(600 * SAMPLE_RATE) % 100 / 100)
    pieces = list(packed(audio, speaking, FPS))
    stretches = [stretch for piece in pieces for stretch in piece.stretches]
    assert all(piece.audio.duration <= LONGEST for piece in pieces)
    assert all(a[1] <= b[0] + 0.41 for a, b in pairwise(stretches))
    covered = np.zeros(len(speaking), bool)
    for start, end in stretches:
        covered[round(start * FPS) : round(end * FPS)] = True
    assert covered[speaking > 0.5].mean() > 0.99
    start, end = pieces[3].stretches[0]
    length = round((end - start) * SAMPLE_RATE) - 1
    np.testing.assert_array_equal(pieces[3].audio.samples[:length], audio.slice(start, end).samples[:length])


def test_a_long_stretch_is_cut_where_speech_is_least():
    speaking = track((0.0, 60.0), seconds=60.0)
    speaking[round(20.0 * FPS)] = 0.6
    pieces = list(packed(Audio.silence(60.0), speaking, FPS))
    assert pieces[0].stretches[0][1] == pytest.approx(20.0, abs=0.05)
    assert pieces[-1].stretches[-1][1] == 60.0


def test_words_come_back_to_their_stretch():
    piece = next(packed(Audio.silence(60.0), track((5.0, 7.0), (20.0, 21.0), (40.0, 44.0), seconds=60.0), FPS))
    begins, at = [], 0.0
    for start, end in piece.stretches:
        begins.append(at)
        at += end - start + BETWEEN
    heard = [Heard(Word(str(i), begin + 0.5, begin + 0.9), 0.5 + i / 10) for i, begin in enumerate(begins)]
    heard.append(Heard(Word("late", at - BETWEEN - 0.1, at + 3.0), 0.1))
    shared = piece.share(heard)
    assert [[h.word.text for h in found] for _, found in shared] == [["0"], ["1"], ["2", "late"]]
    for (stretch, found), own in zip(shared, piece.stretches, strict=True):
        assert stretch == own
        assert (found[0].word.start, found[0].word.end) == pytest.approx((0.5, 0.9))
    assert shared[2][1][1].word.end == pytest.approx(piece.stretches[2][1] - piece.stretches[2][0])
    assert shared[1][1][0].probability == 0.6


def test_utterances_end_at_pauses_and_sentences():
    said = [*words("we live there"), *words("on a farm.", 1.2), *words("But not now", 2.5), *words("you know", 4.2)]
    found = utterances_of(said)
    assert [u.text for u in found] == ["we live there on a farm.", "But not now", "you know"]
    assert (found[0].start, found[0].end) == (said[0].start, said[5].end)
    assert {u.kind for u in found} == {"turn"}
    assert utterances_of([]) == ()


def test_the_other_saying_something_meanwhile_divides():
    said = [*words("so I"), *words("got some", 1.0)]
    assert len(utterances_of(said)) == 1
    assert len(utterances_of(said, words("oh", 0.75, 0.1))) == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Uh-huh.", "backchannel"), ("Yeah, right.", "backchannel"), ("Uh,", "turn"), ("Yeah, I farm", "turn")],
)
def test_backchannels_are_those_that_the_simulator_counts(text, kind):
    said = [*words("that is mine."), *words(text, 4.0), *words("and so on", 8.0)]
    assert [u.kind for u in utterances_of(said)] == ["turn", kind, "turn"]
    assert [s.backchannel for s in spurts_of(0, said)] == [False, kind == "backchannel", False]
    close = [*words("that is mine."), *words(text, 1.6)]
    assert utterances_of(close)[-1].kind == "turn"


def both(*frames):
    """Probabilities of A and B, in stretches of (seconds, A, B)."""
    return np.concatenate([np.tile([[a], [b]], round(s * FPS)) for s, a, b in frames], 1).astype(np.float32)


def test_words_go_to_who_speaks():
    speaking = both((2.0, 0.9, 0.05), (2.0, 0.1, 0.9))
    said = [*words("I am here now."), *words("So am I", 2.2)]
    assert speakers_of(said, speaking, FPS) == [0, 0, 0, 0, 1, 1, 1]
    assert speakers_of(said, speaking[::-1], FPS) == [1, 1, 1, 1, 0, 0, 0]


def test_an_overlap_does_not_cut_a_sentence_to_pieces():
    # B acknowledges loudly while A talks on; every single frame of the overlap favours B a little.
    speaking = both((1.0, 0.95, 0.0), (0.6, 0.6, 0.7), (2.0, 0.95, 0.0))
    assert speakers_of(words("we put the plants in last week"), speaking, FPS) == [0] * 7


def test_a_short_answer_between_two_sentences_is_the_others():
    speaking = both((1.05, 0.9, 0.0), (0.6, 0.1, 0.9), (2.0, 0.9, 0.0))
    said = [*words("Is it hot?"), *words("Very.", 1.2), *words("I thought so", 1.8)]
    assert speakers_of(said, speaking, FPS) == [0, 0, 0, 1, 0, 0, 0]


def test_words_where_nobody_speaks_are_nobodys():
    speaking = both((1.0, 0.9, 0.0), (3.0, 0.05, 0.02))
    said = [*words("well then"), *words("Thank you for watching!", 2.0)]
    assert speakers_of(said, speaking, FPS) == [0, 0, None, None, None, None]
    assert speakers_of([], speaking, FPS) == []
    assert speakers_of(words("past the end", 9.0), speaking, FPS) == [None] * 3


def test_the_likely_language_is_that_of_all_samples_together():
    assert likely_language([{"en": 0.6, "cy": 0.4}, {"cy": 0.7, "de": 0.3}]) == ("cy", pytest.approx(0.55))


def test_alignment_mends_times(real_data):
    """True words of the telephone call, their times disturbed as Whisper's are."""
    pytest.importorskip("pocketsphinx")
    folder = real_data / "phone-call"
    audio = read_audio(folder / "speaker_a.wav").channels[0]
    with (folder / "word.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["word"].isalpha() and 82 < float(r["start"]) < 101]
    truth = [Word(r["word"], float(r["start"]), float(r["end"])) for r in rows]
    start, end = truth[0].start - 0.5, truth[-1].end + 0.5
    rng = np.random.default_rng(0)
    shifts = 0.12 + 0.1 * rng.standard_normal(len(truth))
    rough = [Word(w.text, w.start - start + s, w.end - start + s) for w, s in zip(truth, shifts, strict=True)]
    fine = refined(audio.slice(start, end), rough)
    assert [w.text for w in fine] == [w.text for w in truth]
    before, after = (
        np.abs([w.start - (t.start - start) for w, t in zip(found, truth, strict=True)]) for found in (rough, fine)
    )
    assert np.median(before) > 0.1
    assert np.median(after) < 0.03
    assert np.percentile(after, 75) < 0.1


def test_what_cannot_be_aligned_keeps_its_time():
    pytest.importorskip("pocketsphinx")
    said = [Word("♪", 0.1, 0.2), Word("2024", 0.3, 0.4)]
    assert refined(Audio.silence(1.0), said) == said
    assert refined(Audio.silence(0.05), [Word("hello", 0.0, 0.05)]) == [Word("hello", 0.0, 0.05)]
