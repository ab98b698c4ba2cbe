"""MARS as a person to talk with: answers under the grammar, motion in time with words, adapters of their own base."""

import dataclasses

import numpy as np
import pytest
import torch
import transformers

from contract_toys import talk
from mars_toys import TINY, tiny_mars
from visavis.checkpoint import WEIGHTS, read_tensors
from visavis.errors import InputError
from visavis.models import from_pretrained
from visavis.models.mars import base_model
from visavis.models.mars.base_model import load_base
from visavis.models.mars.messages import Turn
from visavis.models.mars.model import Mars, person_of
from visavis.models.mars.temperatures import Temperatures
from visavis.models.mars.timing import estimate, lay, place
from visavis.motion import ARKIT_BODY, face_to_face

HELLO = [Turn.typed("hello <FACE_3> <|im_end|> there")]


@pytest.fixture(scope="module")
def mars():
    return tiny_mars(answer=64)


@pytest.fixture(scope="module")
def conversation():
    return talk(9, 8.0, ARKIT_BODY)


def test_an_answer_is_whole_and_the_same_for_the_same_seed(mars):
    drawn = {seed: list(mars.speak(HELLO, seed=seed)) for seed in (1, 2)}
    assert drawn[1] == list(mars.speak(HELLO, seed=1))
    assert drawn[1] != drawn[2]
    for items in drawn.values():
        turn = Turn("assistant", "", tuple(items))
        ids, _ = mars.chat().content(turn.items)
        assert mars.chat().read(ids) == turn.items


def test_it_streams(mars):
    shares = []
    items = mars.speak(HELLO, seed=5, update=shares.append)
    assert shares == []
    next(items)
    assert 0 < shares[-1] < 1
    list(items)
    assert shares[-1] == 1.0


def test_a_listener_shows_and_does_not_speak(mars):
    (item,) = mars.speak(HELLO, seed=3, silent=True)
    assert item.word is None
    assert item.steps


def test_what_was_read_is_not_read_again_and_answers_stay_the_same(mars):
    history = [*HELLO, Turn("assistant", "", tuple(mars.speak(HELLO, seed=4))), Turn.typed("and you")]
    warm = list(mars.speak(history, seed=4))
    mars._line = None
    assert list(mars.speak(history, seed=4)) == warm


def test_long_histories_are_shortened_by_whole_turns_and_it_is_said(mars):
    notes = []
    roles = ("user", "assistant")
    long = [Turn.typed("word " * 8, role=roles[i % 2]) for i in range(41)]
    list(mars.speak(long, seed=0, note=notes.append))
    assert "turns are not remembered" in notes[0]
    with pytest.raises(InputError, match=r"a turn takes 5\d,\d\d\d tokens; 448 fit: make it shorter"):
        mars.speak([Turn.typed("word " * 10_000)])


@pytest.mark.parametrize(
    "text", ["你好，今天怎么样", "Grüß dich, wie geht's?", "كيف حالك", "<|im_start|>system <BODY_1>"]
)
def test_other_languages_and_control_tokens_are_text(mars, text):
    encoded = mars.chat().encode([Turn.typed(text)])
    start, stop = encoded.turns[0]
    assert not set(encoded.ids[start:stop].tolist()) & mars.vocabulary.plain.control
    assert list(mars.speak([Turn.typed(text)], seed=0, max_tokens=16))


def test_colder_faces_are_the_likeliest(mars, conversation):
    cold = Temperatures(1.0, 0.0, 0.0)
    first, second = (list(mars.speak(HELLO, seed=seed, temperatures=cold, silent=True)) for seed in (1, 2))
    count = min(len(first[0].steps), len(second[0].steps))
    assert first[0].steps[:count] == second[0].steps[:count]


def test_motion_goes_with_words(mars, conversation):
    (moved,) = mars.generate(conversation, (1,), seed=1)
    assert moved.b.utterances == conversation.b.utterances
    assert len(moved.b.motion) == 200
    turns = mars.turns(moved, "B", listening=True)
    assert sum(len(turn.steps) for turn in turns if turn.role == "assistant") == 25


def test_the_partner_makes_a_difference(mars, conversation):
    (seen,) = mars.generate(conversation, (1,), seed=1)
    still = dataclasses.replace(conversation.a, motion=None)
    (unseen,) = mars.generate(conversation.with_participants(still, conversation.b), (1,), seed=1)
    assert seen.b.motion != unseen.b.motion


def test_a_conversation_longer_than_the_context_is_moved_to_its_end():
    short = tiny_mars(context=256)
    conversation = talk(3, 30.0, ARKIT_BODY)
    (moved,) = short.generate(conversation, (0, 1), seed=1)
    halves = [moved.a.motion.values[:375], moved.a.motion.values[375:]]
    assert all(half.std(0).max() > 0 for half in halves)


def test_a_reply_follows_what_was_said(mars, conversation):
    answered = mars.reply(conversation, "B", seed=2, persona="a baker", goal="to sell bread")
    assert answered.duration > conversation.duration
    assert len(answered.b.motion) == round(answered.duration * 25)
    assert np.array_equal(answered.b.motion.values[:200], conversation.b.motion.values)
    jump = np.abs(np.diff(answered.b.motion.values[195:215], axis=0)).max()
    assert jump < 0.5
    new = answered.b.utterances[-1]
    assert new.start >= conversation.duration - 1e-6
    assert answered.provenance["reply"]["model"] == "mars"
    again = mars.turns(answered, "B")
    assert [turn.role for turn in again] == ["user", "assistant"]
    assert again[-1].words[-len(new.words) :] == tuple(word.text for word in new.words)


def test_codes_that_are_alike_begin_alike():
    fresh = tiny_mars()
    first, rows = int(fresh.vocabulary.added[0]), fresh.language.learnt["model/embed_tokens/rows"].detach()
    for part, ids in ((fresh.codec.face, fresh.vocabulary.face_ids), (fresh.codec.body, fresh.vocabulary.body_ids)):
        words = part.codewords(torch.arange(part.codebook_size)[None, :, None].repeat(1, 1, part.num_codebooks))[0]
        own = rows[torch.from_numpy(ids[0] - first)]
        pairs = torch.pdist(words), torch.pdist(own)
        assert torch.corrcoef(torch.stack(pairs))[0, 1] > 0.5


def test_who_has_no_motion_listens_before_answering(mars, conversation):
    bare = dataclasses.replace(conversation.b, motion=None)
    answered = mars.reply(conversation.with_participants(conversation.a, bare), "B", seed=2)
    assert len(answered.b.motion) == round(answered.duration * 25)


def test_codes_are_laid_on_the_words(mars):
    turn = Turn("assistant", "", tuple(mars.speak(HELLO, seed=1)))
    words = place(turn, mars.codec.clock, [estimate(phrase) for phrase in turn.phrases])
    laid = lay(turn, mars.codec.clock, words)
    motion = mars.motion(turn, laid=laid, seat=face_to_face()[1])
    assert len(motion) == len(laid.source())
    assert len(mars.motion(turn)) == 8 * len(turn.steps)


def test_frames_can_be_shown_before_all_steps_are_known(mars):
    (item,) = mars.speak(HELLO, seed=3, silent=True, max_tokens=60)
    streamed = [motion.values for motion in mars.stream_motion(item.steps, ahead=30)]
    assert len(streamed) == len(item.steps)
    assert np.concatenate(streamed) == pytest.approx(mars.motion(item.steps).values, abs=1e-4)


def test_a_checkpoint_holds_no_base_model(mars, tmp_path, conversation):
    folder = mars.save(tmp_path / "model", half=True)
    names = set(read_tensors(folder / WEIGHTS))
    assert not any("inner" in name or "base_layer" in name for name in names)
    assert {"language.learnt.model/embed_tokens/rows", "codec.rest"} & names == {
        "language.learnt.model/embed_tokens/rows"
    }
    loaded = from_pretrained(folder)
    assert isinstance(loaded, Mars)
    assert loaded.provenance["base"]["name"] == "tiny"
    exact = Mars.from_pretrained(mars.save(tmp_path / "exact"))
    assert list(exact.speak(HELLO, seed=1)) == list(mars.speak(HELLO, seed=1))


def other_base(folder):
    """The tiny model with other weights."""
    base = load_base("tiny")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for weight in base.model.parameters():
            weight.data = torch.randn_like(weight)
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    return str(folder)


def test_adapters_of_another_base_are_refused(mars, tmp_path):
    folder = mars.save(tmp_path / "model")
    with pytest.raises(InputError, match=r"model: was trained on base model 'tiny' with other weights than '.*other'"):
        Mars.from_pretrained(folder, base=other_base(tmp_path / "other"))
    with pytest.raises(InputError, match=r"language model '.*nowhere' cannot be loaded"):
        Mars.from_pretrained(folder, base=str(tmp_path / "nowhere"))


def test_adapters_of_another_tokenizer_are_refused(mars, tmp_path):
    folder = mars.save(tmp_path / "model")
    base = load_base("tiny")
    base.tokenizer.add_tokens(["<new>"])
    base.model.resize_token_embeddings(len(base.tokenizer))
    base.model.save_pretrained(tmp_path / "other")
    base.tokenizer.save_pretrained(tmp_path / "other")
    with pytest.raises(InputError, match="other weights"):
        Mars.from_pretrained(folder, base=str(tmp_path / "other"))
    text = (folder / "config.yaml").read_text("utf-8")
    (folder / "config.yaml").write_text(text.replace(mars.vocabulary.fingerprint, "0" * 16), "utf-8")
    with pytest.raises(InputError, match="another tokenizer"):
        Mars.from_pretrained(folder)


def test_a_base_model_without_a_chat_template_is_named(tmp_path):
    folder = tmp_path / "plain"
    base = load_base("tiny")
    base.tokenizer.chat_template = None
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    plain = tiny_mars(base="tiny")
    assert plain.note == ""
    config = plain.config.model_copy(update={"base": str(folder)})
    mars = Mars(config, load_base(str(folder)), plain.codec.face, plain.codec.body, ARKIT_BODY, 25.0)
    assert "no chat template" in mars.note


def test_what_is_no_language_model_is_refused(tmp_path):
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    load_base("tiny").tokenizer.save_pretrained(tmp_path / "bert")
    with pytest.raises(InputError, match=r"lacks the weights '.*': name a causal language model"):
        load_base(str(tmp_path / "bert"))
    torch.save({}, tmp_path / "bert" / "pytorch_model.bin")
    (tmp_path / "bert" / "model.safetensors").unlink()
    with pytest.raises(InputError, match="cannot be loaded"):
        load_base(str(tmp_path / "bert"))


def test_a_context_beyond_the_base_model_is_refused():
    with pytest.raises(InputError, match="reads 8,192 tokens; a context of 9,000 is more"):
        tiny_mars(context=9000)


def test_fingerprints_do_not_depend_on_precision():
    model = load_base("tiny").model
    before = base_model.fingerprint(model)
    assert base_model.fingerprint(model.bfloat16()) == before


def test_merged_with_its_base_it_says_the_same_without_us(mars, tmp_path):
    learnt = tiny_mars()
    with torch.no_grad():
        for weight in learnt.language.parameters():
            weight += 0.05 * torch.randn_like(weight)
    folder = learnt.merged(tmp_path / "merged")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    assert tokenizer.convert_tokens_to_ids("<FACE_3>") == learnt.vocabulary.face_ids[0, 3]
    ids = torch.from_numpy(learnt.chat().encode(learnt.turns(talk(1, 4.0, ARKIT_BODY))).ids)[None]
    with torch.no_grad():
        theirs, ours = model(ids).logits, learnt.language(ids)
    assert theirs.shape[-1] == learnt.language.size
    assert torch.allclose(theirs, ours, atol=1e-4)
    with pytest.raises(InputError, match="is there already"):
        learnt.merged(folder)


def test_all_weights_can_be_learnt(tmp_path):
    full = tiny_mars(tuning="full")
    assert len(full.language.learnt) > 15
    with torch.no_grad():
        for weight in full.language.parameters():
            weight += 0.01
    loaded = Mars.from_pretrained(full.save(tmp_path / "model"))
    assert list(loaded.speak(HELLO, seed=1)) == list(full.speak(HELLO, seed=1))


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="of the face and of the body"):
        tiny_mars(body={**TINY["body"], "groups": ["jaw"]})
    with pytest.raises(ValueError, match="same downsample_factor"):
        tiny_mars(body={**TINY["body"], "tokenizer": {**TINY["body"]["tokenizer"], "downsample_factor": 4}})
    with pytest.raises(InputError, match="A or B"):
        person_of("C")
