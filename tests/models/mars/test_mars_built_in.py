"""The MARS that ships: small, documented, and its codes go with words better than by chance."""

import re

import pytest

from visavis.assets import is_here
from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.models import weights
from visavis.models.mars.messages import Turn
from visavis.models.mars.model import Mars
from visavis.motion import ARKIT_BODY, face_to_face
from visavis.simulation.dialogues.simulator import act_out
from visavis.workflows.benchmark.speakers import Unigram
from visavis.workflows.benchmark.spoken_likelihood import BODY, FACE, GIVEN, likelihood

LINES = [
    (0, "Hi there, how are you doing today?"), (1, "I am fine, thank you. We won the game last night!"),
    (0, "Oh wow, that is great. Who did you play against?"), (1, "I don't know what they are called, to be honest."),
    (0, "Yeah, I never know that either."), (1, "My brother could not come. He has been very sick, it is sad."),
]  # fmt: skip


def spoken():
    now, people = 0.0, ([], [])
    for person, text in LINES:
        words = tuple(Word(w, now + 0.35 * i, now + 0.35 * (i + 1)) for i, w in enumerate(text.split()))
        people[person].append(Utterance(words[0].start, words[-1].end, words))
        now = words[-1].end + 0.3
    a, b = (
        Participant(name, utterances=tuple(mine), seat=seat)
        for name, mine, seat in zip("AB", people, face_to_face(), strict=True)
    )
    return act_out(Conversation("chat", (a, b), now), 7, ARKIT_BODY, face_to_face())


@pytest.fixture(scope="module")
def mars():
    if not is_here("smollm2-135m-instruct"):
        pytest.skip("needs the built-in language model, which has not been fetched")
    return Mars.from_pretrained("mars")


def test_it_is_small_and_says_what_it_was_made_of():
    folder = weights.built_in("mars")
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 15_000_000
    card = (folder / "README.md").read_text("utf-8")
    for needed in ("MS98", "CDLA-Sharing-1.0", "CC BY 4.0", "simulated", "SmolLM2", "Apache-2.0"):
        assert needed in card
    assert re.search(r"visavis train mars ", card)


def test_it_expects_the_codes_that_go_with_words(mars):
    """In nats per code, if it is known that one comes; codes in random order surprise it more."""
    conversation = spoken()
    counted = Unigram.of(mars, [conversation])
    true, other = (likelihood(mars, conversation, hears, 1024, counted) for hears in ("codes", "shuffled"))
    for part in (FACE + GIVEN, BODY + GIVEN):
        (right, count), (wrong, as_many) = true[part], other[part]
        assert count == as_many
        assert right < wrong


def test_it_answers_in_words_with_codes(mars):
    items = list(mars.speak([Turn.typed("What did you do last weekend?")], seed=1))
    words = [item.word for item in items if item.word]
    assert len(words) >= 3
    assert sum(word.strip(".,?!'").replace("'", "").isalpha() for word in words) > 0.8 * len(words)
    assert sum(len(item.steps) for item in items) >= len(words) / 2
