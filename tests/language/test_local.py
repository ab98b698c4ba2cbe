"""Local models: the same seed, the same reply, whether or not the beginning of the prompt was known."""

import json

import pytest
import torch

from endpoint_toys import tiny_model_folder
from visavis.errors import InputError
from visavis.language.local import LocalModel
from visavis.language.protocol import LanguageModelError, Sampling
from visavis.language.registry import BUILT_IN, get_language_model

SAMPLING = Sampling(temperature=0.8, max_tokens=24)


def chat(last, first="One two three."):
    return [
        {"role": "system", "content": first}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "user", "content": last},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_model_folder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tiny(folder):
    return LocalModel(folder)


def test_a_local_model_is_reproducible(tiny):
    assert tiny(chat("c"), 5, SAMPLING) == tiny(chat("c"), 5, SAMPLING)
    assert tiny(chat("c"), 5, SAMPLING) != tiny(chat("c"), 6, SAMPLING)


def test_what_was_asked_before_changes_no_reply(tiny, folder):
    fresh = {last: LocalModel(folder)(chat(last), 1, SAMPLING) for last in ("c", "something longer")}
    tiny(chat("c", first="Another beginning."), 1, SAMPLING)
    for last, reply in fresh.items():
        assert tiny(chat(last), 1, SAMPLING) == reply
    assert tiny(chat("c"), 1, SAMPLING) == fresh["c"]


def test_the_beginning_that_prompts_share_is_computed_once(folder):
    lengths = []

    def count(module, inputs):
        if isinstance(module, torch.nn.Embedding) and module.num_embeddings < 1000:  # of tokens, not of places
            lengths.append(inputs[0].shape[1])

    model = LocalModel(folder)
    with torch.nn.modules.module.register_module_forward_pre_hook(count):
        model(chat("c"), 0, SAMPLING)
        shared, rest = lengths[:2]
        lengths.clear()
        model(chat("d"), 0, SAMPLING)
    assert shared > rest
    assert shared not in lengths
    assert sum(lengths) < shared + SAMPLING.max_tokens


def test_no_temperature_takes_the_likeliest(tiny):
    greedy = Sampling(temperature=0.0, max_tokens=24)
    assert tiny(chat("c"), 1, greedy) == tiny(chat("c"), 2, greedy)


def test_a_reply_ends_before_the_stop(tiny):
    whole = tiny(chat("c"), 0, SAMPLING)
    stop = whole[3]
    assert tiny(chat("c"), 0, Sampling(0.8, 24, stop=stop)) == whole.partition(stop)[0]


def test_a_prompt_that_does_not_fit_is_said(tiny):
    with pytest.raises(LanguageModelError, match="4096 tokens"):
        tiny([{"role": "user", "content": "word " * 2000}], 0, SAMPLING)


def test_a_folder_without_a_model_is_said():
    with pytest.raises(InputError, match="cannot be loaded"):
        get_language_model("./no/such/folder/here")


def test_other_weights_in_the_same_folder_are_another_version(folder, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    before = LocalModel(copy).version
    (copy / "config.json").write_text((copy / "config.json").read_text() + "\n")
    assert LocalModel(copy).version != before


def test_the_built_in_model_is_loaded_only_when_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("VISAVIS_CACHE", str(tmp_path))
    assert "built in" in get_language_model(BUILT_IN).name
    assert list(tmp_path.iterdir()) == []


def test_the_built_in_model_answers():
    from visavis.assets import is_here
    from visavis.language.builtin import ASSET

    if not is_here(ASSET):
        pytest.skip(f"needs the built-in language model: visavis assets fetch {ASSET}")
    messages = [{"role": "user", "content": "What is the capital of France? Answer with one word."}]
    assert "Paris" in get_language_model(BUILT_IN)(messages, 0, Sampling(0.0, 12))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b"{"), ("config.json", b"[" * 50_000), ("config.json", b'{"model_type": "none"}'),
        ("config.json", b"[1]"), ("config.json", b'{"model_type": ["gpt2"]}'), ("model.safetensors", b"\xff" * 100),
        ("model.safetensors", b""), ("tokenizer.json", b"{}"), ("tokenizer.json", b"\xff"),
    ],
)  # fmt: skip
def test_a_folder_that_holds_no_model_is_one_line(tmp_path, monkeypatch, file, content):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = tiny_model_folder(tmp_path / "model")
    (folder / file).write_bytes(content)
    with pytest.raises(InputError, match="cannot be loaded") as caught:
        get_language_model(str(folder))
    assert "\n" not in str(caught.value)


def test_code_beside_a_model_is_not_run_and_nobody_is_asked(tmp_path):
    folder = tiny_model_folder(tmp_path / "model")
    (folder / "code.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "code.Config", "AutoModelForCausalLM": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="cannot be loaded"):
        get_language_model(str(folder))
    assert not (tmp_path / "mark").exists()
