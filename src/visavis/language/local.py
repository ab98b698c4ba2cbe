"""Language models through transformers, from a folder or the Hub."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from visavis.errors import InputError, MissingExtraError, plainly
from visavis.language.protocol import LanguageModelError, Message, Sampling


class LocalModel:
    """A causal language model through transformers, from a folder or the Hub.

    What the model computed over all messages but the last is kept, for these are often the same instruction and
    examples again.

    Args:
        name_or_path: A Hub id or a folder with model and tokenizer.

    Attributes:
        name: As given.
        version: Tells apart weights that lay in the same folder at different times.
    """

    def __init__(self, name_or_path: str | Path) -> None:
        """Loads the model."""
        self._tokenizer: Any
        self._model: Any
        try:
            import transformers
        except ImportError:
            raise MissingExtraError("a local language model", "llm") from None
        self.name = str(name_or_path)
        self.version = _stamp(Path(name_or_path))
        try:
            transformers.logging.disable_progress_bar()
            how = {"trust_remote_code": False}  # without a question
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(name_or_path, **how)
            self._model = transformers.AutoModelForCausalLM.from_pretrained(name_or_path, **how)
        except Exception as error:  # files by others may fail in any way
            raise InputError(f"language model {self.name!r} cannot be loaded: {plainly(error)[:160]}") from None
        self._model.eval()
        self._shared: tuple[Any, Any] = (None, None)

    def __call__(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        """Samples a reply; the same seed gives the same one."""
        import torch

        ids = self._ids(self._prompt(messages))
        length = ids.shape[1]
        limit = getattr(self._model.config, "max_position_embeddings", None)
        if limit is not None and length + sampling.max_tokens > limit:
            raise LanguageModelError(
                f"{self.name} takes {limit} tokens, the prompt and the answer need {length + sampling.max_tokens}"
            )
        drawn: dict[str, Any] = {"do_sample": False}
        if sampling.temperature:
            drawn = {"do_sample": True, "temperature": sampling.temperature}
        if sampling.stop is not None:
            drawn |= {"stop_strings": sampling.stop, "tokenizer": self._tokenizer}
        with torch.inference_mode(), torch.random.fork_rng():
            torch.manual_seed(seed)
            output = self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                past_key_values=self._known(messages[:-1], ids),
                max_new_tokens=sampling.max_tokens,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id or 0,
                **drawn,
            )
        reply: str = self._tokenizer.decode(output[0, length:], skip_special_tokens=True)
        return reply if sampling.stop is None else reply.partition(sampling.stop)[0]

    def _known(self, messages: Sequence[Message], whole: Any) -> Any:
        """Keys and values of the messages before the last, or None where they are no prefix of the whole prompt.

        They are computed by themselves even when they were not known: sums of floats in another order are other sums,
        and the same seed would draw another reply.
        """
        import copy

        import torch
        from transformers import DynamicCache

        ids = self._ids(self._prompt(messages, answer=False)) if len(messages) > 1 else whole
        length = ids.shape[1]
        if not 0 < length < whole.shape[1] or not torch.equal(ids, whole[:, :length]):
            return None
        known, cache = self._shared
        if known is None or not torch.equal(known, ids):
            cache = DynamicCache()
            self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            self._shared = ids, cache
        return copy.deepcopy(cache)

    def _ids(self, prompt: str) -> Any:
        return self._tokenizer(prompt, return_tensors="pt")["input_ids"]

    def _prompt(self, messages: Sequence[Message], answer: bool = True) -> str:
        if self._tokenizer.chat_template:
            prompt: str = self._tokenizer.apply_chat_template(
                list(messages), tokenize=False, add_generation_prompt=answer
            )
            return prompt
        return "\n\n".join(message["content"] for message in messages) + "\n"


def _stamp(folder: Path) -> str:
    """Changes when a file of the folder does; empty for a Hub id."""
    if not folder.is_dir():
        return ""
    files = sorted((p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in folder.iterdir() if p.is_file())
    return hashlib.sha256(repr(files).encode()).hexdigest()[:16]
