"""The language model that MARS starts from: the built-in one, a folder, a Hub id, a GGUF file, or a tiny random one."""

from __future__ import annotations

import hashlib
import io
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from visavis.errors import InputError, MissingExtraError, plainly
from visavis.models.mars.config import BUILT_IN, TINY

SAMPLED = 64
"""Numbers of each weight that tell base models apart."""

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML, for the tiny model."""


@dataclass(frozen=True, eq=False)
class BaseModel:
    """A causal language model of transformers, in float32, with its tokenizer.

    Attributes:
        model: The network.
        tokenizer: Of text; tokens are added to it.
        name: As asked for.
        fingerprint: Tells its weights from those of other models, in whatever precision they are stored.
    """

    model: Any
    tokenizer: Any
    name: str
    fingerprint: str


def load_base(name: str) -> BaseModel:
    """Loads a base model; nothing in its files is executed.

    Args:
        name: ``built-in``, ``tiny``, a folder, a Hub id, or a GGUF file.

    Raises:
        InputError: There is none, it is no causal language model, or its files are pickles.
    """
    try:
        import peft  # noqa: F401
    except ImportError:
        raise MissingExtraError("MARS", "llm") from None
    model, tokenizer = _tiny() if name == TINY else _loaded(name)
    head, embeddings = model.get_output_embeddings(), model.get_input_embeddings()
    if head is None or embeddings is None or not hasattr(head, "weight"):
        raise InputError(f"language model {name!r} does not predict words from words: name a causal language model")
    if len(tokenizer) > len(embeddings.weight):
        raise InputError(
            f"language model {name!r} has {len(embeddings.weight):,} embeddings for {len(tokenizer):,} tokens: its "
            "tokenizer is of another model"
        )
    return BaseModel(model.eval().requires_grad_(False), tokenizer, name, fingerprint(model))


def _loaded(name: str) -> tuple[Any, Any]:
    import transformers

    from visavis.language.builtin import ASSET, unpacked

    where: dict[str, Any] = {"pretrained_model_name_or_path": unpacked(ASSET) if name == BUILT_IN else name}
    more: dict[str, Any] = {"use_safetensors": True}
    if Path(name).suffix == ".gguf":
        where = {"pretrained_model_name_or_path": Path(name).parent, "gguf_file": Path(name).name}
        more = _dequantized(name)
    try:
        transformers.logging.disable_progress_bar()
        transformers.logging.set_verbosity_error()
        tokenizer = transformers.AutoTokenizer.from_pretrained(**where, trust_remote_code=False)
        with redirect_stderr(io.StringIO()):  # progress bars of GGUF files
            loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(
                **where, **more, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
            )
    except Exception as error:  # files by others may fail in any way
        raise InputError(f"language model {name!r} cannot be loaded: {plainly(error)[:160]}") from None
    model, found = loaded
    if found["missing_keys"]:
        raise InputError(
            f"language model {name!r} lacks the weights {min(found['missing_keys'])!r}: name a causal language model"
        )
    return model, tokenizer


def _dequantized(name: str) -> dict[str, Any]:
    try:
        import gguf  # noqa: F401
    except ImportError:
        raise MissingExtraError(f"{name} as a base model", "llm") from None
    from visavis.language.builtin import dequantized

    return dequantized()


def fingerprint(model: nn.Module) -> str:
    """16 digits of a hash of some numbers of every weight, rounded to bfloat16."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.named_parameters(), key=lambda pair: pair[0]):
        flat = weight.detach().reshape(-1)
        some = flat[:: max(1, flat.numel() // SAMPLED)][:SAMPLED].to(torch.bfloat16).view(torch.int16)
        digest.update(f"{name} {tuple(weight.shape)} ".encode() + some.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _tiny() -> tuple[Any, Any]:
    """A Llama of two layers with random weights, always the same, that reads letters."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*letters, "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    backend = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, []))
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<|endoftext|>", bos_token="<|im_start|>", eos_token="<|im_end|>"
    )
    tokenizer.chat_template = TEMPLATE
    config = transformers.LlamaConfig(
        vocab_size=len(names), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=8192, tie_word_embeddings=True, pad_token_id=None,
        bos_token_id=len(names) - 2, eos_token_id=len(names) - 1,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)
    rng = np.random.default_rng(0)  # PyTorch's numbers may change with its version
    for name, weight in model.named_parameters():
        if "norm" not in name:
            weight.data = torch.from_numpy(rng.normal(0, 0.1, tuple(weight.shape)).astype(np.float32))
    model.tie_weights()
    return model, tokenizer
