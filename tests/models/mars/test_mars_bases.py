"""Where MARS and its base model come from: a GGUF file, the Hub, a folder beside the adapter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mars_toys import byte_level, tiny_mars
from visavis.models.mars.base_model import load_base
from visavis.models.mars.messages import Turn
from visavis.models.mars.model import Mars

HELLO = [Turn.typed("hello there")]
REVISION = "0" * 40


def write_gguf(path):
    """A Llama of one layer with random weights, as llama.cpp stores them."""
    gguf = pytest.importorskip("gguf")
    tokenizer = byte_level()
    names = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    hidden, inner, rng = 16, 32, np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(2048)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(hidden // 2)
    writer.add_vocab_size(len(names))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(names)
    special = set(tokenizer.all_special_tokens)
    writer.add_token_types([3 if name in special else 1 for name in names])
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_chat_template(tokenizer.chat_template)
    shapes = {
        "token_embd": (len(names), hidden), "blk.0.attn_q": (hidden, hidden), "blk.0.attn_k": (hidden // 2, hidden),
        "blk.0.attn_v": (hidden // 2, hidden), "blk.0.attn_output": (hidden, hidden), "blk.0.ffn_gate": (inner, hidden),
        "blk.0.ffn_up": (inner, hidden), "blk.0.ffn_down": (hidden, inner), "output": (len(names), hidden),
    }  # fmt: skip
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", rng.normal(0, 0.1, shape).astype(np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(hidden, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def on_hub(home, name):
    """Where the Hub's client keeps a repository that it has fetched."""
    repository = home / "hub" / f"models--{name.replace('/', '--')}"
    folder = repository / "snapshots" / REVISION
    folder.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    return folder


def test_a_base_model_may_be_a_gguf_file(tmp_path, capfd):
    path = tmp_path / "llama.gguf"
    write_gguf(path)
    base = load_base(str(path))
    assert base.tokenizer.decode(base.tokenizer.encode("do you have one")) == "do you have one"
    again = load_base(str(path))
    assert base.fingerprint == again.fingerprint
    ids = torch.tensor([base.tokenizer.encode("do you have one of those")])
    logits = base.model(ids).logits
    assert logits.shape[-1] == len(base.tokenizer)
    assert torch.equal(logits, again.model(ids).logits)
    mars = tiny_mars(base=str(path))
    assert not capfd.readouterr().err  # no progress bars of other libraries
    folder = mars.save(tmp_path / "model")
    assert list(Mars.from_pretrained(folder).speak(HELLO, seed=1)) == list(mars.speak(HELLO, seed=1))


def test_adapter_and_base_come_from_the_hub(tmp_path):
    """By the Hub's own client, which is offline and finds them where it keeps what it has fetched."""
    base = load_base("tiny")
    where = on_hub(tmp_path, "someone/base")
    base.model.save_pretrained(where)
    base.tokenizer.save_pretrained(where)
    mars = tiny_mars()
    words = [item.word for item in mars.speak(HELLO, seed=1)]
    mars.config = mars.config.model_copy(update={"base": "someone/base"})
    made = mars.save(tmp_path / "made")
    pulled = on_hub(tmp_path, "someone/mars")
    for path in made.iterdir():
        path.rename(pulled / path.name)
    code = (
        "from visavis.models.mars.messages import Turn; from visavis.models.mars.model import Mars; "
        "print([item.word for item in Mars.from_pretrained('someone/mars').speak([Turn.typed('hello there')], seed=1)])"
    )
    env = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=240)
    assert done.stdout.strip() == str(words), done.stderr[-500:]


def test_what_is_pushed_is_the_adapter(tmp_path, monkeypatch):
    huggingface_hub = pytest.importorskip("huggingface_hub")
    hub = tmp_path / "hub"

    class Api:
        def create_repo(self, repository, exist_ok):
            (hub / repository).mkdir(parents=True, exist_ok=exist_ok)

        def upload_folder(self, repo_id, folder_path):
            for path in Path(folder_path).iterdir():
                (hub / repo_id / path.name).write_bytes(path.read_bytes())

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **_: str(hub / name))
    mars = tiny_mars()
    assert mars.push_to_hub("you/mars").endswith("you/mars")
    pulled = Mars.from_pretrained("you/mars")
    assert list(pulled.speak(HELLO, seed=1)) == list(mars.speak(HELLO, seed=1))
    assert sum(path.stat().st_size for path in (hub / "you/mars").iterdir()) < 2_000_000
