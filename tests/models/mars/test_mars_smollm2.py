"""MARS's line of words and codes with the tokenizer of the built-in language model, where it was fetched."""

import pytest
from test_mars_vocabulary import TYPED

from mars_toys import PAPER, shown, smollm2
from visavis.models.mars.chat import Chat
from visavis.models.mars.grammar import Grammar
from visavis.models.mars.messages import SYSTEM_PROMPT
from visavis.models.mars.vocabulary import Codebook, Vocabulary

TURN = shown(
    "assistant", "I", "<|im_start|>", (3, 400), "\u4f60\u597d", "don\u2019t", None, (1, 1), "<FACE_3>", "\U0001f600!",
    (511, 0), "\u00e9t\u00e9",
)  # fmt: skip


@pytest.fixture(scope="module")
def chat():
    tokenizer = smollm2()
    if tokenizer is None:
        pytest.skip("needs the built-in language model, which has not been fetched")
    return Chat(Vocabulary(tokenizer, Codebook(512), Codebook(512)))


@pytest.mark.parametrize("typed", TYPED)
def test_control_tokens_that_somebody_types_are_text(chat, typed):
    ids = chat.vocabulary.plain(typed)
    assert not set(ids) & chat.vocabulary.plain.control
    assert chat.vocabulary.tokenizer.decode(ids) == typed


def test_ordinary_text_is_encoded_as_ever(chat):
    for line in ("Yeah, do you have one?", " one of those", "12 apples, 3.5 \u20ac", "   two  spaces\n"):
        assert chat.vocabulary.plain(line) == chat.vocabulary.tokenizer.encode(line)


def test_turns_stand_in_its_own_template_and_are_read_back(chat):
    encoded = chat.encode([PAPER[0], TURN], answer=True)
    assert chat.note == ""
    assert chat.read(encoded.ids[slice(*encoded.turns[1])]) == TURN.items
    text = chat.vocabulary.tokenizer.decode(encoded.ids)
    assert text.startswith(f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n<|im_start|>user\nYeah,<FACE_1><BODY_2> do")
    start = chat.vocabulary.tokenizer.convert_tokens_to_ids("<|im_start|>")
    assert ((encoded.ids == start).sum(), (encoded.ids == chat.end).sum()) == (4, 3)


def test_it_can_say_all_it_is_taught(chat):
    ids, _ = chat.content(TURN.items)
    answer = Grammar(chat.vocabulary, chat.end).begin(limit=len(ids) + 1)
    for token in [*ids, chat.end]:
        answer.push(token)
    assert answer.ended
