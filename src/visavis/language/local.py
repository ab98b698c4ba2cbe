"""Language models through transformers, from a folder or the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from visavis.errors import InputError, MissingExtraError
from visavis.language.protocol import LanguageModelError, Message, Sampling


class LocalModel:
    """A causal language model through transformers, from a folder or the Hub.

    Args:
        name_or_path: A Hub id or a folder with model and tokenizer.
    """

    def __init__(self, name_or_path: str) -> None:
        """Loads the model."""
        self._tokenizer: Any
        self._model: Any
        try:
            import transformers
        except ImportError:
            raise MissingExtraError("a local language model", "llm") from None
        self.name = str(name_or_path)
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(name_or_path)
            self._model = transformers.AutoModelForCausalLM.from_pretrained(name_or_path)
        except (OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:160]
            raise InputError(f"language model {self.name!r} cannot be loaded: {reason}") from None
        self._model.eval()

    def __call__(self, messages: Sequence[Message], seed: int, sampling: Sampling) -> str:
        """Samples a reply; the same seed gives the same one."""
        import torch

        inputs = self._tokenizer(self._prompt(messages), return_tensors="pt")
        length = inputs["input_ids"].shape[1]
        limit = getattr(self._model.config, "max_position_embeddings", None)
        if limit is not None and length + sampling.max_tokens > limit:
            raise LanguageModelError(
                f"{self.name} takes {limit} tokens, the prompt and the answer need {length + sampling.max_tokens}"
            )
        with torch.inference_mode(), torch.random.fork_rng():
            torch.manual_seed(seed)
            output = self._model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                do_sample=True,
                temperature=sampling.temperature,
                max_new_tokens=sampling.max_tokens,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id or 0,
            )
        return self._tokenizer.decode(output[0, length:], skip_special_tokens=True)

    def _prompt(self, messages: Sequence[Message]) -> str:
        if self._tokenizer.chat_template:
            return self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        return "\n\n".join(message["content"] for message in messages) + "\n"
