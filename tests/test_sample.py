"""The sample conversation is heard as what its table says: ``examples/talk.wav`` and ``talk.tsv``."""

from pathlib import Path

import numpy as np
import pytest

from visavis import assets
from visavis.conversation.from_recording import conversation_of
from visavis.errors import InputError
from visavis.media import open_recording
from visavis.perception.emotion.classifier import EmotionClassifier
from visavis.perception.protocol import get_extractor
from visavis.perception.speaking import Diarizer

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FPS = 25


@pytest.fixture(scope="module")
def lines():
    """Start and end (s), speaker and words of every line."""
    rows = (line.split("\t") for line in (EXAMPLES / "talk.tsv").read_text("utf-8").splitlines()[1:])
    return [(float(start), float(end), who, words) for start, end, who, words in rows]


@pytest.fixture(scope="module")
def heard():
    """The conversation with who speaks and who laughs."""
    try:
        for name in ("segmentation-3.0", "ge2e-speaker"):
            assets.resolve(name)
    except InputError as error:
        pytest.skip(f"weights are not available here: {error}")
    recording = open_recording((EXAMPLES / "talk.wav",))
    return get_extractor("laughter")(Diarizer()(conversation_of(recording, "talk")))


def test_it_is_small_and_at_a_usual_level(heard):
    assert (EXAMPLES / "talk.wav").stat().st_size < 1_500_000
    assert 0.3 < np.abs(heard.mixed.samples).max() < 0.95  # not clipped


def test_who_speaks_is_who_is_heard(lines, heard):
    frames = int(heard.duration * FPS)
    truth = np.zeros((2, frames), bool)
    for start, end, who, words in lines:
        if words != "[laughter]":
            truth[("Maya", "Jonas").index(who), round(start * FPS) : round(end * FPS)] = True
    found = np.stack([person.speaking.at(FPS, frames).values[:, 0] > 0.5 for person in heard])
    alone = truth.sum(0) == 1
    assert alone.mean() > 0.8
    assert (found[:, alone] == truth[:, alone]).all(0).mean() > 0.9


def test_both_laugh_at_the_story_and_jonas_at_the_end(lines, heard):
    a, b = ([(laugh.start, laugh.end) for laugh in person.events["heard_laugh"]] for person in heard)
    laughs = [(start, end) for start, end, _, words in lines if words == "[laughter]"]
    assert (len(a), len(b)) == (1, 2)
    for start, end in (a[0], b[0], b[1]):
        assert any(start < true_end and end > true_start for true_start, true_end in laughs)


def test_its_words_are_merry_then_sad(lines):
    felt = [(emotion.label, words) for emotion, (*_, words) in zip(
        EmotionClassifier()([words for *_, words in lines]), lines, strict=True
    )]  # fmt: skip
    assert [label for label, words in felt if "hilarious" in words or "funny" in words] == ["happy", "happy"]
    assert [label for label, words in felt if " sad" in words] == ["sad", "sad", "sad"]
