"""Answers obey the grammar whatever the model wants, frozen faces are cut short, and masks cost microseconds."""

import re
import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_mars_messages import turns

from mars_toys import KINDS, PAPER, chat, examples
from visavis.errors import InputError
from visavis.models.mars.grammar import Grammar, Guard
from visavis.models.mars.messages import Clock
from visavis.models.mars.temperatures import Temperatures, tempered

CHATS = {kind: chat(kind) for kind in KINDS} | {"several": chat("byte-level", (4, 2), (3, 3))}
GRAMMARS = {kind: Grammar(c.vocabulary, c.end, c.vocabulary.size + 7) for kind, c in CHATS.items()}


def draw(answer, generator, weights=None):
    """An answer drawn at random from what the grammar allows."""
    ids = []
    while not answer.ended:
        mask = answer.mask()
        chances = mask.double() if weights is None else mask * weights
        if not chances.any():
            chances = mask.double()
        token = int(torch.multinomial(chances, 1, generator=generator))
        answer.push(token)
        ids.append(token)
    return ids


def weights_of(written, grammar, words=1.0, codes=1.0, marks=1.0, end=0.3):
    """Sets of tokens about as likely as each other, however many tokens they have."""
    vocabulary = written.vocabulary
    weights = torch.full((grammar.size,), words / vocabulary.size, dtype=torch.double)
    for ids in (*vocabulary.face_ids, *vocabulary.body_ids):
        weights[torch.from_numpy(ids)] = codes / len(ids)
    weights[vocabulary.silence], weights[written.end] = marks, end
    return weights


@pytest.mark.parametrize("kind", CHATS)
@pytest.mark.parametrize("listening", [False, True])
def test_whatever_is_drawn_is_a_whole_turn(kind, listening):
    written, grammar = CHATS[kind], GRAMMARS[kind]
    weights, generator = weights_of(written, grammar), torch.Generator().manual_seed(0)
    lengths = set()
    for number in range(150):
        limit = 8 + number % 60
        answer = grammar.begin(listening=listening, limit=limit)
        ids = draw(answer, generator, weights if number % 3 else None)
        assert len(ids) <= limit
        lengths.add(len(ids))
        assert ids.count(written.end) == 1
        items = written.read(ids)  # raises where a step is not whole
        assert items
        assert all(item.word is not None or item.steps for item in items)
        if listening:
            assert [item.word for item in items] == [None]
    assert max(lengths) > 30


@pytest.mark.parametrize("kind", KINDS)
@given(turn=turns(words=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)))
@examples(60)
def test_every_turn_that_can_be_written_is_allowed(kind, turn):
    written = CHATS[kind]
    ids, _ = written.content(turn.items)
    answer = GRAMMARS[kind].begin(limit=len(ids) + 1)
    for token in [*ids, written.end]:
        answer.push(token)
    assert answer.ended


def test_codes_come_after_a_word_or_a_mark_and_a_word_after_a_space():
    written, grammar = CHATS["byte-level"], GRAMMARS["byte-level"]
    vocabulary = written.vocabulary
    face, body = int(vocabulary.face_ids[0, 0]), int(vocabulary.body_ids[0, 0])
    token = vocabulary.tokenizer.convert_tokens_to_ids
    answer = grammar.begin()
    assert not answer.mask()[[face, body, written.end]].any()
    assert answer.mask()[[token("I"), vocabulary.silence]].all()
    answer.push(token("I"))
    assert answer.mask()[[face, token("f"), token("\u0120"), vocabulary.silence, written.end]].all()
    assert not answer.mask()[body]
    answer.push(face)
    assert not answer.whole
    assert answer.mask().nonzero()[:, 0].tolist() == vocabulary.body_ids[0].tolist()
    answer.push(body)
    assert answer.whole
    assert not answer.mask()[[token("f"), body]].any()  # the word before the codes is over
    assert answer.mask()[[token("\u0120"), face, vocabulary.silence, written.end]].all()
    answer.push(vocabulary.silence)
    assert answer.mask().nonzero()[:, 0].tolist() == vocabulary.face_ids[0].tolist()
    answer.push(face)
    answer.push(body)
    assert not answer.mask()[vocabulary.silence]  # it is silent already
    answer.push(written.end)
    assert answer.mask().nonzero()[:, 0].tolist() == [written.end]
    with pytest.raises(ValueError, match="may not come here"):
        answer.push(face)


def test_white_space_is_no_word():
    written, grammar = CHATS["byte-level"], GRAMMARS["byte-level"]
    token = written.vocabulary.tokenizer.convert_tokens_to_ids
    answer = grammar.begin()
    answer.push(token("\u0120"))
    assert not answer.mask()[[int(written.vocabulary.face_ids[0, 0]), written.end, token("\u010a")]].any()
    assert answer.mask()[token("I")]


def test_a_letter_is_not_cut_in_half():
    written, grammar = CHATS["byte-level"], GRAMMARS["byte-level"]
    bytes_ = written.vocabulary.plain("\U0001f600")
    assert len(bytes_) == 4
    answer = grammar.begin()
    for token in bytes_[:-1]:
        answer.push(token)
        assert not answer.mask()[[int(written.vocabulary.face_ids[0, 0]), written.end]].any()
    answer.push(bytes_[-1])
    assert answer.mask()[[int(written.vocabulary.face_ids[0, 0]), written.end]].all()


@pytest.mark.parametrize("kind", CHATS)
def test_control_tokens_are_never_said(kind):
    written, grammar = CHATS[kind], GRAMMARS[kind]
    ours = {*written.vocabulary.added.tolist(), written.end}
    others = [*(written.vocabulary.plain.control - ours), *range(written.vocabulary.size, grammar.size)]
    answer = grammar.begin()
    assert not answer.mask()[others].any()
    answer.push(int(answer.mask().nonzero()[-1] if kind == "slow" else written.vocabulary.plain("I")[0]))
    assert not answer.mask()[others].any()


def test_held_codes_are_cut_and_the_reason_is_said():
    written, grammar = CHATS["byte-level"], GRAMMARS["byte-level"]
    face, body = written.vocabulary.face_ids[0], written.vocabulary.body_ids[0]
    answer = grammar.begin(listening=True, guard=Guard(face=3, body=5), clock=Clock())
    answer.push(written.vocabulary.silence)
    faces = bodies = ""
    for _ in range(12):
        held = bool(answer.mask()[face[0]])
        answer.push(int(face[0 if held else 1]))
        faces += "-" if held else "X"
        held = bool(answer.mask()[body[2]])
        answer.push(int(body[2 if held else 3]))
        bodies += "-" if held else "X"
    assert faces == "---X---X---X"
    assert bodies == "-----X-----X"
    assert len(answer.notes) == 5
    assert re.fullmatch(
        r"after 7 tokens: <FACE_0> was held for 3 steps \(1\.0 s\), as long as a code may be, so another follows",
        answer.notes[0],
    )
    assert grammar.codes[0][face[0]]  # masks that are shared stay as they are


def test_runs_go_on_across_words():
    written, grammar = CHATS["byte-level"], GRAMMARS["byte-level"]
    vocabulary = written.vocabulary
    face, body = int(vocabulary.face_ids[0, 0]), int(vocabulary.body_ids[0, 0])
    answer = grammar.begin(guard=Guard(face=2, body=9))
    for token in [*vocabulary.plain("I"), face, body, *vocabulary.plain(" have"), face, body]:
        answer.push(token)
    assert not answer.mask()[face]
    assert answer.mask()[int(vocabulary.face_ids[0, 1])]
    assert answer.mask()[written.end]


@pytest.mark.parametrize(("listening", "limit"), [(False, 1), (True, 3)])
def test_limits_without_room_are_refused(listening, limit):
    with pytest.raises(InputError, match="no room for anything"):
        GRAMMARS["byte-level"].begin(listening=listening, limit=limit)
    assert GRAMMARS["byte-level"].begin(listening=listening, limit=limit + 1)


def test_a_model_without_rows_for_the_codes_is_refused():
    with pytest.raises(InputError, match="resize its embeddings"):
        Grammar(CHATS["slow"].vocabulary, CHATS["slow"].end, CHATS["slow"].vocabulary.size - 1)


def test_guards_and_temperatures_are_checked():
    with pytest.raises(InputError):
        Guard(face=0)
    with pytest.raises(InputError):
        Temperatures(face=-1)
    with pytest.raises(InputError):
        Temperatures(text=float("nan"))


def logits(kind="byte-level", seed=0):
    grammar = GRAMMARS[kind]
    drawn = torch.randn(grammar.size, generator=torch.Generator().manual_seed(seed)) * 2
    answer = grammar.begin()
    for token in [*CHATS[kind].vocabulary.plain("I")]:
        answer.push(token)
    kinds = torch.from_numpy(CHATS[kind].vocabulary.kinds(grammar.size))
    return drawn.masked_fill(~answer.mask(), -torch.inf), kinds


def test_a_temperature_changes_its_own_modality_only():
    drawn, kinds = logits()
    before, after = drawn.softmax(-1), tempered(drawn, kinds, Temperatures(1, 0.3, 1)).exp()
    face = kinds == 2
    assert torch.allclose(before[~face], after[~face], atol=1e-6)
    assert torch.allclose(before[face].sum(), after[face].sum(), atol=1e-6)
    wanted = (drawn[face] / 0.3).softmax(-1) * before[face].sum()
    assert torch.allclose(after[face], wanted, atol=1e-6)
    assert not torch.allclose(before[face], after[face], atol=1e-3)


def test_warmth_of_one_is_what_the_model_says():
    drawn, kinds = logits()
    assert torch.allclose(tempered(drawn, kinds, Temperatures()).exp(), drawn.softmax(-1), atol=1e-6)
    several = torch.stack([drawn, logits(seed=1)[0]])
    cold = Temperatures(0.5, 0.2, 0)
    assert torch.equal(tempered(several, kinds, cold)[0], tempered(drawn, kinds, cold))


def test_no_warmth_takes_the_likeliest_of_each_modality():
    drawn, kinds = logits()
    cold = tempered(drawn, kinds, Temperatures(0, 0, 0))
    left = cold.isfinite().nonzero()[:, 0].tolist()
    assert len(left) == 2  # a word or mark, and a code of the face
    for token in left:
        same = (kinds == 2) == (kinds[token] == 2)
        assert drawn[token] == drawn[same].max()
    assert torch.allclose(cold.exp().sum(), torch.tensor(1.0))


def test_masks_cost_microseconds():
    """Hardly anything beside the model, with as many logits as that of Llama 3.2 has, and a thousand codes."""
    written = chat("byte-level", (512, 1), (512, 1))
    grammar = Grammar(written.vocabulary, written.end, 128_256)
    ids = [*written.content(PAPER[1].items)[0], written.end]
    costs = []
    for _ in range(200):
        answer = grammar.begin()
        start = time.perf_counter()
        for token in ids:
            answer.mask()
            answer.push(token)
        costs.append((time.perf_counter() - start) / len(ids))
    assert sorted(costs)[len(costs) // 2] < 200e-6  # 13 on an idle core
