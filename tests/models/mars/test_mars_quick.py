"""Reading token by token, quickly: logits as transformers gives them, whatever is read, forgotten and read again."""

import time

import pytest
import torch
import transformers

from visavis.models.mars.adapted import AdaptedModel
from visavis.models.mars.base_model import BaseModel
from visavis.models.mars.config import LoraConfig
from visavis.models.mars.line import Line
from visavis.models.mars.quick import reads

WORDS, ADDED = 90, 12
SMALL = {
    "vocab_size": WORDS, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 6,
    "num_key_value_heads": 2, "max_position_embeddings": 4096,
}  # fmt: skip
LONG = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}  # fmt: skip
MODELS = {
    "llama": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL, tie_word_embeddings=True)),
    "llama 3": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL, rope_parameters=LONG)),
    "wide heads": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL, head_dim=16)),
    "qwen 2.5": lambda: transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SMALL)),
}


def adapted(make, *, tuned=True):
    torch.manual_seed(0)
    net = make().eval()
    for name, weight in net.named_parameters():
        if name.endswith(("bias", "norm.weight")):
            weight.data += 0.3 * torch.randn_like(weight)
    model = AdaptedModel(BaseModel(net, None, "toy", ""), WORDS, ADDED, LoraConfig(rank=4, alpha=8) if tuned else None)
    for weight in model.parameters():
        weight.data += 0.1 * torch.randn_like(weight)
    return model.eval()


def expected(model, ids):
    with torch.inference_mode():
        return model(torch.tensor([ids]), keep=1)[0, -1]


@pytest.mark.parametrize("name", MODELS)
def test_it_gives_what_transformers_gives(name):
    model = adapted(MODELS[name])
    model.merge()
    assert reads(model)
    line, generator = Line(model, exactly=True), torch.Generator().manual_seed(1)
    ids = torch.randint(0, WORDS + ADDED, (300,), generator=generator).tolist()
    torch.testing.assert_close(line.read(ids[:40]), expected(model, ids[:40]), atol=1e-4, rtol=1e-4)
    for end in range(41, 50):
        torch.testing.assert_close(line.push(ids[end - 1]), expected(model, ids[:end]), atol=1e-4, rtol=1e-4)
    other = [*ids[:20], *ids[60:]]  # forgets from the 20th on, and needs more room
    torch.testing.assert_close(line.read(other), expected(model, other), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_rounded_weights_change_what_is_expected_by_little(name):
    model = adapted(MODELS[name])
    model.merge()
    line = Line(model)
    ids = torch.randint(0, WORDS + ADDED, (60,), generator=torch.Generator().manual_seed(1)).tolist()
    line.read(ids[:30])
    apart = []
    for end in range(31, 61):
        found, true = line.push(ids[end - 1]).log_softmax(-1), expected(model, ids[:end]).log_softmax(-1)
        apart.append(float((true.exp() * (true - found)).sum()))
    assert 0 < sum(apart) / len(apart) < 1e-3  # nats


def test_what_is_learnt_is_read_at_once():
    model = adapted(MODELS["llama"])
    model.merge()
    Line(model).read([1, 2, 3])
    model.train()
    for weight in model.parameters():
        weight.data += 0.1
    model.eval().merge()
    line = Line(model)
    line.read([1, 2, 3])
    torch.testing.assert_close(line.push(4), expected(model, [1, 2, 3, 4]), atol=0.1, rtol=0.05)


def test_where_only_codes_may_follow_only_they_are_computed():
    model = adapted(MODELS["llama"])
    model.merge()
    line = Line(model, exactly=True)
    line.read([1, 2, 3])
    logits = line.push(4, codes=True)
    torch.testing.assert_close(logits[WORDS:], expected(model, [1, 2, 3, 4])[WORDS:], atol=1e-4, rtol=1e-4)
    assert torch.isneginf(logits[:WORDS]).all()


def test_adapters_that_are_not_merged_count_too():
    model = adapted(MODELS["llama"])
    line = Line(model)
    model.merge()
    line.read([1, 2, 3])
    model.merge(False)
    assert not reads(model)
    torch.testing.assert_close(line.read([1, 2, 3, 4]), expected(model, [1, 2, 3, 4]), atol=1e-4, rtol=1e-4)
    assert reads(adapted(MODELS["llama"], tuned=False))


def test_other_models_are_read_by_transformers():
    config = transformers.GPT2Config(vocab_size=WORDS, n_positions=64, n_embd=24, n_layer=2, n_head=2)
    model = adapted(lambda: transformers.GPT2LMHeadModel(config), tuned=False)
    assert not reads(model)
    line = Line(model)
    line.read([5, 6, 7, 8])
    torch.testing.assert_close(line.push(9), expected(model, [5, 6, 7, 8, 9]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(line.read([5, 6, 1]), expected(model, [5, 6, 1]), atol=1e-4, rtol=1e-4)


def test_it_is_quicker(monkeypatch):
    """Measured against transformers on the same machine; small models spend their time between operations."""
    deep = transformers.LlamaConfig(**{**SMALL, "num_hidden_layers": 20})
    model = adapted(lambda: transformers.LlamaForCausalLM(deep))
    model.merge()
    quick = min(cost(Line(model)) for _ in range(3))
    monkeypatch.setattr("visavis.models.mars.line.reads", lambda _: False)
    assert quick < 0.7 * min(cost(Line(model)) for _ in range(3))


def cost(line):
    """Seconds of processor time for some tokens."""
    line.read([1, 2, 3])
    start = time.process_time()
    for token in range(30):
        line.push(token)
    return time.process_time() - start
