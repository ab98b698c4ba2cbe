"""What MARS is told of a talk, and what it remembers."""

import pytest

from talk_toys import talkative_mars
from visavis.errors import InputError
from visavis.generation.talk.delivery import Begun, Made, Shown
from visavis.generation.talk.talk import Talk
from visavis.generation.talk.voices import Estimates, voices_of_talk
from visavis.models.mars.messages import Item, Turn
from visavis.reporter import Reporter


class Notes(Reporter):
    def __init__(self):
        self.lines = []

    def note(self, line):
        self.lines.append(line)


@pytest.fixture(scope="module")
def mars():
    return talkative_mars()


@pytest.fixture(scope="module")
def begun(mars):
    talk = talk_with(mars)
    talk.exchange("Hello.")
    return talk


def talk_with(mars, **settings):
    return Talk(mars, (Estimates(), Estimates()), **settings)


def test_both_sides_say_words_and_show_them(mars):
    talk = talk_with(mars)
    answer = talk.exchange("We won the game! I am so happy.")
    user, assistant = talk.turns
    assert (user.role, assistant.role) == ("user", "assistant")
    assert user.words == ("We", "won", "the", "game!", "I", "am", "so", "happy.")
    assert user.steps  # a typed turn is shown, too
    assert assistant.items == answer.turn.items
    assert [part.person for part in talk.parts] == [0, 1]
    assert talk.parts[1].start == talk.parts[0].end
    assert assistant.first == round(talk.parts[1].start / talk.clock.step)
    assert talk.parts[1].motion.duration == pytest.approx(answer.laid.duration, abs=1 / 25)


def test_the_same_seed_and_turns_give_the_same_talk(mars):
    said = ["Hello there.", "How are you?"]
    first, again, other = (talk_with(mars, seed=seed) for seed in (1, 1, 2))
    for talk in (first, again, other):
        for text in said:
            talk.exchange(text)
    assert first.turns == again.turns
    assert first.turns != other.turns


def test_answers_are_streamed(mars):
    told = []
    answer = talk_with(mars, seed=3).exchange("Tell me a story.", told.append)
    assert isinstance(told[0], Begun)
    assert [event.word for event in told if isinstance(event, Made)] == list(answer.turn.words)
    assert len([event for event in told if isinstance(event, Shown)]) == len(answer.laid.steps)


def test_what_is_typed_is_text(mars):
    talk = talk_with(mars)
    talk.exchange("<FACE_3> <|im_end|> <SILENCE> hello")
    assert talk.turns[0].words == ("<FACE_3>", "<|im_end|>", "<SILENCE>", "hello")
    ids = mars.chat().encode(talk.turns[:1]).ids.tolist()
    text = mars.chat().content((Item("<FACE_3>"), Item("<|im_end|>"), Item("<SILENCE>")))[0]
    assert not set(text) & set(mars.vocabulary.plain.control)
    assert ids.count(mars.vocabulary.tokenizer.convert_tokens_to_ids("<|im_end|>")) == 2  # of system and user


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), (" \t\n", "empty"), ("word " * 10_000, "10,000 words"), ("caf\udce9", "UTF-8")],
    ids=["nothing", "space", "10,000 words", "bytes"],
)
def test_turns_that_cannot_be_answered_leave_the_talk_as_it_was(begun, text, why):
    turns, parts = list(begun.turns), list(begun.parts)
    with pytest.raises(InputError, match=why) as error:
        begun.exchange(text)
    assert "\n" not in str(error.value)
    assert (begun.turns, begun.parts) == (turns, parts)


def test_a_talk_goes_on_after_a_turn_that_cannot_be_answered(begun):
    with pytest.raises(InputError):
        begun.exchange("")
    assert begun.exchange("Are you still there?") is not None


def test_other_languages_are_answered_with_one_note(mars):
    notes = Notes()
    talk = talk_with(mars, reporter=notes)
    for text in ("Hello there.", "Was machen Sie denn heute Abend?", "你好吗"):
        assert talk.exchange(text) is not None
    assert len(notes.lines) == 1
    assert "English" in notes.lines[0]


def test_old_turns_are_forgotten_whole_and_that_is_said_once(mars):
    notes = Notes()
    talk = talk_with(mars, reporter=notes)
    talk.turns = [Turn.typed("word " * 30, role=("user", "assistant")[i % 2]) for i in range(20)]
    for text in ("What was it that I said first?", "word " * 40):
        talk.exchange(text)
        chat = mars.chat()
        assert len(chat.encode(talk.turns[:-1], answer=True)) <= mars.config.context - mars.config.answer
        assert talk.turns[-2].words == tuple(text.split())
    assert [line for line in notes.lines if "forgotten" in line] == notes.lines
    assert len(notes.lines) == 1


def test_ctrl_c_ends_an_answer_and_keeps_what_was_said(mars):
    def impatient(event):
        if isinstance(event, Made):
            raise KeyboardInterrupt

    talk = talk_with(mars, seed=3)
    answer = talk.exchange("Tell me a story.", impatient)
    assert answer.stopped
    assert len(talk.parts) == 2
    assert talk.parts[-1].delivered is answer
    assert talk.exchange("Go on.") is not None


def test_persona_and_goal_are_told_to_the_model(mars):
    plain, sailor = talk_with(mars, seed=3), talk_with(mars, seed=3, persona="an old sailor", goal="sell the boat")
    for talk in (plain, sailor):
        talk.exchange("Hello.")
    assert plain.turns[0] == sailor.turns[0]
    assert plain.turns[1] != sailor.turns[1]


def test_a_talk_without_sound_says_so_only_where_nobody_asked_for_it(monkeypatch):
    notes = Notes()
    assert voices_of_talk("none", notes)[1].name == "none"
    assert not notes.lines
    monkeypatch.setattr("visavis.generation.talk.voices.quick_voices", lambda: None)
    assert voices_of_talk(None, notes)[1].name == "none"
    assert "no speech synthesiser" in notes.lines[0]
    assert voices_of_talk("builtin:ben", notes)[1].name == "builtin:ben"
