"""Turns as tokens: read back exactly, labelled by what they are, in the base model's own template or a plain one."""

import itertools
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_mars_messages import turns

from mars_toys import CHATML, HEADERS, KINDS, NO_SYSTEM, PAPER, byte_level, chat, examples, shown, unigram
from visavis.errors import InputError
from visavis.models.mars.chat import Chat
from visavis.models.mars.messages import SYSTEM_PROMPT, Turn
from visavis.models.mars.packing import fit, pack, stretches
from visavis.models.mars.vocabulary import SILENCE, Codebook, Kind, Vocabulary

ascii_words = st.one_of(
    st.sampled_from(["Yeah,", "<FACE_3>", SILENCE, "<|im_end|>", "</s>", "<tool_call>", "<|stop|>"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8),
)
CHATS = {kind: chat(kind) for kind in KINDS}


def text(written, ids):
    return written.vocabulary.tokenizer.decode(ids, clean_up_tokenization_spaces=False)


@pytest.mark.parametrize("kind", KINDS)
@given(turn=turns(words=ascii_words))
@examples(60)
def test_a_turn_is_read_back_from_its_tokens(kind, turn):
    encoded = CHATS[kind].encode([turn])
    start, stop = encoded.turns[0]
    assert CHATS[kind].read(encoded.ids[start:stop]) == turn.items


@given(turn=turns())
@examples()
def test_with_bytes_any_language_is(turn):
    """Byte-level tokenizers write every letter."""
    ids, _ = CHATS["byte-level"].content(turn.items)
    assert CHATS["byte-level"].read(ids) == turn.items


@given(turn=turns(words=ascii_words))
@examples()
def test_nothing_in_a_turn_ends_it(turn):
    """What the template sees as control tokens is the template's own: as many as for any other words."""
    for written in CHATS.values():
        control = written.vocabulary.plain.control - set(written.vocabulary.added.tolist())
        plain = written.encode([shown("user", "so"), shown("assistant", "so")])
        typed = written.encode([turn, Turn("assistant" if turn.role == "user" else "user", "</s>", turn.items)])
        assert np.isin(plain.ids, list(control)).sum() == np.isin(typed.ids, list(control)).sum()


def test_the_template_is_the_base_models_own():
    written = chat()
    encoded = written.encode(PAPER)
    assert written.note == ""
    assert text(written, encoded.ids) == (
        f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n<|im_start|>user\nYeah,<FACE_1><BODY_2> do you have one of "
        "those little<FACE_3><BODY_5> things in your car?<|im_end|>\n<|im_start|>assistant\nI have"
        "<FACE_3><BODY_0><FACE_7><BODY_4> one.<|im_end|>\n"
    )
    opened = written.encode(PAPER[:1], answer=True)
    assert text(written, opened.ids).endswith("car?<|im_end|>\n<|im_start|>assistant\n")
    assert written.end == written.vocabulary.tokenizer.eos_token_id


def test_a_base_model_without_a_template_gets_a_plain_one():
    written = Chat(Vocabulary(byte_level(None), Codebook(8), Codebook(6)), system="Be kind.")
    assert written.note.startswith("the base model has no chat template: turns are written as 'user: ...'")
    assert "\n" not in written.note
    assert text(written, written.encode(PAPER[1:], answer=True).ids) == (
        "<|im_start|>Be kind.\nassistant: I have<FACE_3><BODY_0><FACE_7><BODY_4> one.<|im_end|>\nassistant:"
    )


def test_names_and_personas_are_plain_text():
    written = Chat(Vocabulary(unigram(HEADERS), Codebook(8), Codebook(6)), system="You </s> are <FACE_1>.")
    encoded = written.encode([shown("user", "so", name="Ann</s>"), shown("assistant", "yes", name="Bo")])
    end = written.vocabulary.tokenizer.eos_token_id
    assert (encoded.ids == end).sum() == 3
    assert not np.isin(encoded.ids, written.vocabulary.added).any()
    assert "Ann</s>" in text(written, encoded.ids)


def test_a_template_without_system_prompts_begins_with_it():
    written = Chat(Vocabulary(byte_level(NO_SYSTEM), Codebook(8), Codebook(6)), system="Be kind.")
    assert text(written, written.encode(PAPER[:1]).ids).startswith(
        "<|im_start|>user\nBe kind.\n\nYeah,<FACE_1><BODY_2> do you"
    )


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ raise_exception('no thanks') }}", "refuses these turns: no thanks"),
        ("{{ messages[0].content }}", "does not show all turns in order"),
        ("{{ nothing.at.all }}", "refuses these turns"),
    ],
)
def test_a_template_that_cannot_chat_is_refused(template, why):
    with pytest.raises(InputError, match=why):
        Chat(Vocabulary(byte_level(template), Codebook(8), Codebook(6)))


def test_turns_need_an_end():
    tokenizer = byte_level(None)
    tokenizer.eos_token = None
    with pytest.raises(InputError, match="no token that ends a turn"):
        Chat(Vocabulary(tokenizer, Codebook(8), Codebook(6)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_learnt_is_the_assistants_words_codes_and_end(kind):
    written = CHATS[kind]
    listener = shown("assistant", None, (1, 1), (2, 2), "so", (3, 3))
    encoded = written.encode([*PAPER, PAPER[0], listener])
    learnt = [token for token, what in zip(encoded.ids, encoded.kinds, strict=True) if what != Kind.CONTEXT]
    assert learnt == [*written.content(PAPER[1].items, kind != "byte-level")[0], written.end,
                      *written.content(listener.items)[0], written.end]  # fmt: skip
    count = {what: int((encoded.kinds == what).sum()) for what in Kind}
    assert (count[Kind.FACE], count[Kind.BODY], count[Kind.MARK]) == (5, 5, 1)
    codes = np.isin(encoded.ids, written.vocabulary.face_ids)
    assert (codes == (encoded.kinds == Kind.FACE))[encoded.turns[1][0] : encoded.turns[1][1]].all()
    assert (encoded.labels[encoded.kinds == Kind.CONTEXT] == -100).all()
    assert (encoded.labels != -100).sum() == len(learnt)


@pytest.mark.parametrize(
    ("ids", "why"),
    [(["f"], "missing"), (["b"], "not the face's and then"), (["f", "f"], "not the face's"), (["f", "end"], "missing"),
     (["f", "b", "end", "f", "b"], "after the end"), (["f", "b", "f", "t"], "missing")],
)  # fmt: skip
def test_half_steps_are_refused(ids, why):
    written = CHATS["byte-level"]
    vocabulary = written.vocabulary
    known = {"f": vocabulary.face_ids[0, 0], "b": vocabulary.body_ids[0, 0], "end": written.end, "t": 100}
    with pytest.raises(InputError, match=why):
        written.read([*vocabulary.plain("so"), *(int(known[i]) for i in ids)])


def test_days_do_not_change_what_is_said():
    tokenizer = byte_level("{{ date_string if date_string is defined else strftime_now('%d') }}" + CHATML)
    written = Chat(Vocabulary(tokenizer, Codebook(8), Codebook(6)))
    assert text(written, written.encode(PAPER).ids).startswith("26 Jul 2024")


def history(count, words=10):
    roles = ("user", "assistant")
    return [shown(roles[i % 2], *[f"w{i}"] * words, (i % 8, i % 6)) for i in range(count)]


def test_histories_lose_whole_turns_from_the_front():
    written, told = CHATS["byte-level"], history(20)
    whole = len(written.encode(told, answer=True))
    assert fit(written, told, whole, answer=True) == tuple(told)
    for most in (whole - 1, whole // 2, 400):
        kept = fit(written, told, most, answer=True)
        assert kept == tuple(told[-len(kept) :])
        assert len(written.encode(kept, answer=True)) <= most
        assert len(written.encode(told[-len(kept) - 1 :], answer=True)) > most


def test_a_turn_that_is_too_long_by_itself_is_said():
    long = Turn.typed("word " * 10_000)
    with pytest.raises(InputError, match=r"a turn takes [\d,]+ tokens; 4,096 fit: make it shorter"):
        fit(CHATS["byte-level"], [*history(4), long], 4096)


def test_long_conversations_are_parted_and_every_turn_is_learnt():
    written, told = CHATS["byte-level"], history(40)
    parts = stretches(written, told, 500)
    assert [turn for part in parts for turn in part] == told
    assert all(len(written.encode(part)) <= 500 for part in parts)
    assert all(len(written.encode([*a, b[0]])) > 500 for a, b in itertools.pairwise(parts))
    long = Turn.typed("word " * 1000)
    assert stretches(written, [*told[:2], long, *told[2:4]], 500) == [tuple(told[:2]), tuple(told[2:4])]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12), st.integers(0, 99))
@examples()
def test_rows_hold_every_conversation_once_and_whole(counts, seed):
    written = CHATS["byte-level"]
    documents = [written.encode(history(2, words)) for words in counts]
    rows = pack(documents, 512)
    assert all(len(row) <= 512 for row in rows)
    found = [row.ids[row.documents == i].tolist() for row in rows for i in range(row.documents.max() + 1)]
    assert sorted(found) == sorted(d.ids.tolist() for d in documents)
    assert sum((row.labels != -100).sum() for row in rows) == sum((d.labels != -100).sum() for d in documents)
    # No two rows could have been one.
    sizes = sorted(len(row) for row in rows)
    assert len(sizes) < 2 or sizes[0] + sizes[1] > 512


def test_a_conversation_longer_than_a_row_is_refused():
    with pytest.raises(InputError, match="fit into a row"):
        pack([CHATS["byte-level"].encode(history(20))], 100)


def test_conversations_in_a_row_know_nothing_of_each_other():
    """A model computes for each what it would compute for it alone."""
    import transformers

    written = CHATS["byte-level"]
    documents = [written.encode(history(2, words)) for words in (3, 5, 2)]
    (row,) = pack(documents, 4096)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=written.vocabulary.size, hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, attn_implementation="sdpa",
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config).eval()
    mask = torch.zeros(1, 1, len(row), len(row)).masked_fill(~torch.from_numpy(row.attends), -torch.inf)
    with torch.no_grad():
        packed = model(
            input_ids=torch.from_numpy(row.ids)[None], attention_mask=mask,
            position_ids=torch.from_numpy(row.positions)[None],
        ).logits[0]  # fmt: skip
        for number in range(3):
            own = row.documents == number
            alone = model(input_ids=torch.from_numpy(row.ids[own])[None]).logits[0]
            assert torch.allclose(packed[torch.from_numpy(own)], alone, atol=1e-4)


def test_messages_are_plain_json():
    assert json.loads(json.dumps(PAPER[0].message(Codebook(8), Codebook(6))))["role"] == "user"
