"""Training MARS: tokenizers, then chats in rows; what is learnt of them, resumed to the step, and what is refused."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from contract_toys import talk
from mars_toys import tiny_mars
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.models import from_pretrained
from visavis.models.mars.codes import BUILT_IN, load_tokenizer
from visavis.models.mars.loss import RowBatch, losses_of
from visavis.models.mars.model import Mars
from visavis.models.mars.packing import pack
from visavis.models.mars.teaching import Teacher
from visavis.models.mars.vocabulary import Kind
from visavis.motion import ARKIT, ARKIT_BODY
from visavis.training.mars_rows import RowSampler, chats
from visavis.training.state import read_state
from visavis.training.train import train

QUICK = {"preset": "debug", "overrides": ("training.lr_schedule=constant",)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys") / "corpus"
    write_corpus([talk(seed, 8.0, ARKIT_BODY) for seed in range(4)], folder)
    return folder


@pytest.fixture(scope="module")
def run(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    train("mars", corpus, out, max_steps=5, **QUICK)
    return out


def test_stages_lead_to_a_model_and_losses_are_told_apart(run):
    model = from_pretrained(run / "language" / "model")
    assert isinstance(model, Mars)
    assert model.provenance["trained"]["steps"] == 5
    with (run / "language" / "log.csv").open() as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert {"loss", "text", "face", "body", "held_out_loss"} <= names


BUILT_IN_CODES = ("data.face=mars-codes/face", "data.body=mars-codes/body")


def test_built_in_codes_are_not_trained(corpus, tmp_path):
    options = {**QUICK, "overrides": (*QUICK["overrides"], *BUILT_IN_CODES)}
    model = from_pretrained(train("mars", corpus, tmp_path / "run", max_steps=1, **options))
    assert {path.name for path in (tmp_path / "run").iterdir() if (path / "log.csv").exists()} == {"words", "language"}
    assert [part.space.columns for part in (model.codec.face, model.codec.body)] == [
        load_tokenizer(name).space.columns for name in BUILT_IN
    ]


def test_built_in_codes_of_another_space_are_refused_with_the_way_out(tmp_path):
    write_corpus([talk(seed, 8.0, ARKIT) for seed in range(2)], tmp_path / "faces")
    options = {**QUICK, "overrides": (*QUICK["overrides"], *BUILT_IN_CODES)}
    with pytest.raises(InputError, match=r"--set data\.face=null --set data\.body=null"):
        train("mars", tmp_path / "faces", tmp_path / "run", max_steps=1, **options)


def test_a_run_that_is_stopped_goes_on_as_if_nothing_had_happened(corpus, run, tmp_path):
    given = tuple(f"data.{part}={run / part / 'model'}" for part in ("face", "body"))
    options = {**QUICK, "overrides": (*QUICK["overrides"], *given, "training.save_every=2")}
    for name, parts in (("whole", (4,)), ("parts", (2, 4))):
        train("mars", corpus, tmp_path / name, stage="words", max_steps=3, **options)
        for steps in parts:
            train("mars", corpus, tmp_path / name, stage="language", max_steps=steps, **options)
    assert not (tmp_path / "whole" / "face").exists()
    whole, parts = (read_state(tmp_path / name / "language", None)["model"] for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_it_learns_on_from_a_checkpoint(corpus, run, tmp_path):
    untaught = (*QUICK["overrides"], "data.taught=0")
    options = {"preset": "debug", "stage": "language", "init": run / "language" / "model", "max_steps": 1}
    learnt = from_pretrained(train("mars", corpus, tmp_path / "run", overrides=untaught, **options))
    assert isinstance(learnt, Mars)
    assert (learnt.stage, from_pretrained(run / "words" / "model").stage) == ("language", "words")
    with pytest.raises(InputError, match="a different 'lora'"):
        train("mars", corpus, tmp_path / "b", overrides=(*untaught, "lora.rank=3"), **options)
    with pytest.raises(InputError, match=r"is of stage 'language', and .* taught by a model of stage 'words'"):
        train("mars", corpus, tmp_path / "c", **options)


def test_tokenizers_are_needed_and_must_fit(corpus, run, tmp_path):
    with pytest.raises(InputError, match="needs stage 'body', which was not trained here"):
        train("mars", corpus, tmp_path / "a", stage="words", **QUICK)
    write_corpus([talk(seed, 4.0, ARKIT) for seed in range(2)], tmp_path / "faces")
    given = tuple(f"data.{part}={run / part / 'model'}" for part in ("face", "body"))
    with pytest.raises(InputError, match=r"a tokenizer of motion space 'arkit-body:.*' tells .*'arkit' does not have"):
        train("mars", tmp_path / "faces", tmp_path / "b", preset="debug", overrides=given)
    with pytest.raises(InputError, match="pass --corpus"):
        train("mars", None, tmp_path / "c", **QUICK)


def test_each_person_is_learnt_once_as_the_assistant():
    mars, conversation = tiny_mars(listening=False), talk(1, 8.0, ARKIT_BODY)
    one, other = chats(mars, conversation, "assistant")
    (both,) = chats(mars, conversation, "both")
    learnt = [int((chat.kinds == Kind.FACE).sum()) for chat in (one, other, both)]
    assert learnt[0] + learnt[1] == learnt[2] > 0
    assert len(both) in (len(one), len(other))


def test_listeners_are_learnt_under_a_system_prompt_of_their_own():
    mars, conversation = tiny_mars(context=1024), talk(1, 8.0, ARKIT_BODY)
    told = [mars.vocabulary.tokenizer.decode(chat.ids) for chat in chats(mars, conversation, "both")]
    assert ["while they listen" in text for text in told] == [False, True]
    assert len(re.findall(r"<FACE_\d", told[1])) == 2 * 25 > len(re.findall(r"<FACE_\d", told[0]))


def test_words_alone_can_be_learnt():
    mars, conversation = tiny_mars(context=1024), talk(1, 8.0, ARKIT_BODY)
    (chat,) = chats(mars, conversation, "both", motion=False)
    assert set(chat.kinds.tolist()) == {Kind.CONTEXT, Kind.TEXT}
    told = mars.vocabulary.tokenizer.decode(chat.ids)
    assert all(word.text in told for word in conversation.a.words)
    assert "<FACE_" not in told.partition("user")[2]


def test_what_is_taught_is_what_words_alone_make_likely():
    mars, conversation = tiny_mars(context=1024, listening=False), talk(1, 8.0, ARKIT_BODY)
    teacher = Teacher(tiny_mars(context=1024, listening=False))
    rows = {motion: pack(list(chats(mars, conversation, "both", motion=motion)), 1024) for motion in (False, True)}
    alone, among = (teacher.taught(rows[motion][:1]) for motion in (False, True))
    assert torch.equal(alone.among, among.among)
    assert not set(alone.among.tolist()) & set(mars.vocabulary.added.tolist())
    np.testing.assert_allclose(alone.chances.exp().sum(1), 1.0, atol=1e-5)
    # the same is expected whatever codes stand between the words
    row = rows[True][0]
    others = np.where(np.isin(row.ids, mars.vocabulary.face_ids), mars.vocabulary.face_ids[0, 0], row.ids)
    assert (others != row.ids).any()
    assert torch.equal(teacher.taught([replace(row, ids=others)]).chances, among.chances)
    # and who reads the words alone has nothing to learn from it, while who reads codes has
    same = losses_of(mars.language, RowBatch.of(rows[False][:1], alone, 1.0)).parts["divergence"]
    other = losses_of(mars.language, RowBatch.of(rows[True][:1], among, 1.0)).parts["divergence"]
    assert same.item() == pytest.approx(0.0, abs=1e-5)
    assert other > 1e-3


def test_a_teacher_helps_to_find_the_words_among_codes():
    """Of two students that see the same rows, the one that is taught is nearer to what words alone make likely."""
    conversations = [talk(seed, 6.0, ARKIT_BODY) for seed in range(2)]
    teacher, far = Teacher(tiny_mars(seed=3)), {}
    for weight in (0.0, 1.0):
        mars = tiny_mars(seed=3).train()
        found = [chat for each in conversations for chat in chats(mars, each, "both")]
        sampler = RowSampler.of(found, 512, 1, 0, teacher, weight)
        optimizer = torch.optim.Adam(mars.language.learnt.values(), 1e-2)
        for step in range(30):
            losses = mars.loss(sampler.batch(step))
            optimizer.zero_grad()
            losses.total.backward()
            optimizer.step()
        far[weight] = np.mean([mars.loss(sampler.batch(step)).parts["divergence"].item() for step in range(4)])
    assert far[1.0] < far[0.0]


def test_conversations_in_a_row_do_not_see_each_other():
    mars = tiny_mars(context=4096)
    found = [chat for seed in range(2) for chat in chats(mars, talk(seed, 6.0, ARKIT_BODY), "both")]
    (row,) = pack(found, 4096)
    together = losses_of(mars.language, RowBatch.of([row]))
    apart = [losses_of(mars.language, RowBatch.of([single])) for chat in found for single in pack([chat], 4096)]
    counts = [int((chat.kinds != Kind.CONTEXT).sum()) for chat in found]
    assert together.total.item() == pytest.approx(np.average([loss.total.item() for loss in apart], weights=counts))
    shorter = losses_of(mars.language, RowBatch.of([row, *pack(found[:1], 4096)]))
    assert set(shorter.parts) == {"text", "face", "body"}


def test_every_row_is_drawn_once_before_any_comes_again():
    mars = tiny_mars(context=512)
    found = [chat for seed in range(6) for chat in chats(mars, talk(seed, 6.0, ARKIT_BODY), "both")]
    sampler = RowSampler.of(found, 512, 2, 7)
    count = len(sampler.rows)
    for epoch in range(2):
        drawn = [sampler._row(epoch * count + place) for place in range(count)]
        assert sorted(drawn) == list(range(count))
    assert torch.equal(sampler.batch(3).ids, sampler.batch(3).ids)


def test_only_what_is_new_gets_gradients():
    mars = tiny_mars().train()
    (row,) = pack(list(chats(mars, talk(1, 4.0, ARKIT_BODY), "both"))[:1], 512)
    mars.loss(RowBatch.of([row])).total.backward()
    assert {name for name, p in mars.named_parameters() if p.grad is not None} == {
        f"language.learnt.{name}" for name in mars.language.learnt
    }
    assert all(p.grad is None for p in mars.codec.parameters())
