"""What people type or say, as tokens of text and nothing else.

A tokenizer looks for its added tokens before it does anything else, so that ``<|im_end|>`` or ``<FACE_3>`` in what
somebody types would end the turn or move the face. `split_special_tokens` of transformers is not enough: fast
tokenizers then still match added tokens that are not marked special (``<tool_call>`` of Qwen 2.5), and some models can
spell a special token by themselves, because their vocabulary holds it as a piece (``</s>`` of unigram models).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from visavis.errors import InputError, shown


class PlainText:
    """Encodes text for a tokenizer of transformers, fast or slow, without ever giving a control token.

    Attributes:
        control: Ids that text must never become: all added tokens but those for white space and for unknown letters.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Looks up the control tokens; make another one after tokens were added."""
        self._tokenizer = tokenizer
        added = {int(i): str(token) for i, token in tokenizer.added_tokens_decoder.items()}
        added |= dict(zip(map(int, tokenizer.all_special_ids), tokenizer.all_special_tokens, strict=True))
        unknown = tokenizer.unk_token_id
        if unknown is not None and unknown not in _meaning(tokenizer):
            added.pop(int(unknown), None)
        self.control = frozenset(i for i, token in added.items() if len(token) > 1 and not token.isspace())

    def __call__(self, text: str) -> list[int]:
        """The ids of a text.

        Raises:
            InputError: The tokenizer cannot write a part of the text without a control token.
        """
        return self._fast(text) if self._tokenizer.is_fast else self._slow(text)

    def _fast(self, text: str) -> list[int]:
        """The steps of the `tokenizers` library one by one, without the one that looks for added tokens."""
        backend = self._tokenizer.backend_tokenizer
        if backend.normalizer is not None:
            text = backend.normalizer.normalize_str(text)
        parts = [text] if text else []
        if backend.pre_tokenizer is not None:
            parts = [part for part, _ in backend.pre_tokenizer.pre_tokenize_str(text)]
        return list(self._cut(backend.model, parts))

    def _cut(self, model: Any, parts: Iterable[str]) -> Iterable[int]:
        """Tokens of the model; one that is a control token is spelt from its first letter and the rest."""
        for part in parts:
            for token in model.tokenize(part):
                if token.id in self.control:
                    yield from self._cut(model, _halves(token.value, part))
                else:
                    yield token.id

    def _slow(self, text: str) -> list[int]:
        tokens = self._tokenizer.tokenize(text, split_special_tokens=True)
        ids: list[int] = []
        for token, number in zip(tokens, self._tokenizer.convert_tokens_to_ids(tokens), strict=True):
            if number in self.control:
                ids += [i for half in _halves(token, text) for i in self._slow(half)]
            else:
                ids.append(int(number))
        return ids


def _halves(token: str, text: str) -> tuple[str, str]:
    if len(token) < 2 or token not in text:  # what is cut must get shorter
        raise InputError(f"{shown(token)!r} in {shown(text)[:60]!r} is a control token of this tokenizer: leave it out")
    return token[:1], token[1:]


def _meaning(tokenizer: Any) -> set[int]:
    """Special tokens that mean more than an unknown letter; GPT-2 has one token for everything."""
    return {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id} - {None}
