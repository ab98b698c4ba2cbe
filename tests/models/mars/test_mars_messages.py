"""Turns as messages of the paper, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mars_toys import PAPER, examples, shown, step
from visavis.errors import InputError
from visavis.models.mars.messages import Clock, Item, Step, Turn
from visavis.models.mars.vocabulary import SILENCE, Codebook

FACE, BODY = Codebook(8), Codebook(6)
TWO = Codebook(4, books=2)

words = st.one_of(
    st.sampled_from(["Yeah,", "<FACE_3>", r"\<BODY_1>", r"\\<FACE_0>", SILENCE, f"a{SILENCE}b", "<FACE_1", "\\", "<"]),
    st.text(min_size=1, max_size=8).filter(lambda text: text.split() == [text]),
)


def turns(face=FACE, body=BODY, words=words):
    codes = [st.tuples(*[st.integers(0, book.size - 1)] * book.books) for book in (face, body)]
    steps = st.lists(st.builds(Step, *codes), max_size=3).map(tuple)
    spoken = st.builds(Item, words, steps)
    silent = st.builds(Item, st.none(), st.lists(st.builds(Step, *codes), min_size=1, max_size=3).map(tuple))
    items = st.lists(st.one_of(spoken, silent), min_size=1, max_size=8).map(tuple)
    return st.builds(Turn, st.sampled_from(["user", "assistant"]), st.just("n"), items)


def test_messages_are_those_of_table_5():
    user, assistant = (turn.message(FACE, BODY) for turn in PAPER)
    assert user == {
        "role": "user", "name": "n",
        "content": "Yeah, <FACE_1><BODY_2> do you have one of those little <FACE_3><BODY_5> things in your car?",
    }  # fmt: skip
    assert assistant["content"] == "I have <FACE_3><BODY_0><FACE_7><BODY_4> one."


def test_silence_and_listening_have_a_mark():
    turn = shown("assistant", None, (1, 1), (1, 2), "well", (2, 2), None, (0, 0))
    assert turn.message(FACE, BODY)["content"] == (
        f"{SILENCE} <FACE_1><BODY_1><FACE_1><BODY_2> well <FACE_2><BODY_2> {SILENCE} <FACE_0><BODY_0>"
    )
    assert turn.phrases == (("well",),)


def test_further_codebooks_are_numbered_on():
    turn = Turn("user", "n", (Item("so", (Step((1, 2), (3,)),)),))
    assert turn.message(TWO, BODY)["content"] == "so <FACE_1><FACE_6><BODY_3>"


@given(turns())
@examples()
def test_a_message_is_read_back_as_it_was(turn):
    assert Turn.from_message(turn.message(FACE, BODY), FACE, BODY) == turn


@given(turns(face=TWO, body=TWO))
@examples()
def test_with_several_codebooks_too(turn):
    assert Turn.from_message(turn.message(TWO, TWO), TWO, TWO) == turn


def test_spaces_are_as_the_writer_likes():
    content = "Yeah,<FACE_1> <BODY_2>do  you\n<FACE_3><BODY_0>"
    read = Turn.from_message({"role": "user", "name": "n", "content": content}, FACE, BODY)
    assert read == shown("user", "Yeah,", (1, 2), "do", "you", (3, 0))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("so <FACE_1> yes", "'yes' comes before a step is whole"),
        ("so <FACE_1>", "ends before a step is whole"),
        ("so <BODY_1><FACE_1>", "<BODY_1> stands where a code of FACE must"),
        ("so <FACE_8><BODY_1>", "<FACE_8> is not in codebook 0, which has 8"),
        ("so <FACE_1><BODY_99999999999999999>", "is not in codebook 0, which has 6"),
        ("<FACE_1><BODY_1> so", "codes before any word need <SILENCE> before them"),
        ("", "is empty"),
        (f"{SILENCE} so", "silence without a time step"),
    ],
)
def test_what_is_no_turn_is_refused(content, why):
    with pytest.raises(InputError, match=why):
        Turn.from_message({"role": "user", "name": "n", "content": content}, FACE, BODY)


def test_roles_are_two():
    with pytest.raises(InputError, match="role 'system' is neither user nor assistant"):
        Turn.from_message({"role": "system", "name": "n", "content": "so"}, FACE, BODY)


def test_what_is_typed_is_words():
    assert Turn.typed(" Hi,\tthere\n<FACE_3> ").words == ("Hi,", "there", "<FACE_3>")
    with pytest.raises(InputError, match="the turn of the user is empty"):
        Turn.typed(" \n")
    with pytest.raises(InputError, match="'two words' is not one word"):
        Item("two words")


def test_silences_in_a_row_are_one():
    assert Turn("user", "n", (Item(None, (step(1, 1),)), Item(None, (step(2, 2),)))).items == (
        Item(None, (step(1, 1), step(2, 2))),
    )


def test_a_step_takes_320_ms_in_the_paper():
    assert Clock().step == pytest.approx(0.32)
