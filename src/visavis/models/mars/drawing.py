"""Tokens drawn from a language model, each modality at its own temperature, and answers of its own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from visavis.models.mars.chat import Chat
from visavis.models.mars.grammar import Answer
from visavis.models.mars.line import Line
from visavis.models.mars.messages import Item
from visavis.models.mars.temperatures import Temperatures, tempered


class Draw:
    """Draws tokens; the same seed draws the same ones.

    Attributes:
        temperatures: Of words and codes.
    """

    def __init__(self, kinds: Tensor, temperatures: Temperatures, seed: int) -> None:
        """Seeds it.

        Args:
            kinds: (V,) of `Kind`, from `Vocabulary.kinds`.
            temperatures: Of words and codes.
            seed: Decides everything.
        """
        self.temperatures = temperatures
        self._kinds = kinds
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, logits: Tensor, mask: Tensor) -> int:
        """One of the tokens of a mask (V,)."""
        allowed = logits.cpu().masked_fill(~mask, -torch.inf)
        chances = tempered(allowed, self._kinds, self.temperatures).exp()
        return int(torch.multinomial(chances, 1, generator=self._generator))

    def code(self, logits: Tensor, mask: Tensor, temperature: float) -> int:
        """One of few tokens of a mask (V,), all of one kind."""
        among = mask.nonzero()[:, 0]
        chances = logits.cpu()[among]
        if temperature == 0:
            return int(among[chances.argmax()])
        return int(among[torch.multinomial((chances / temperature).softmax(0), 1, generator=self._generator)])


def answered(line: Line, ids: Sequence[int], answer: Answer, draw: Draw) -> Iterator[int]:
    """The tokens of an answer, the one that ends it included, as they are drawn.

    Args:
        line: What was read so far.
        ids: Everything up to the answer.
        answer: Says what may come next.
        draw: Draws.
    """
    logits = line.read(ids)
    while not answer.ended:
        token = draw(logits, answer.mask())
        answer.push(token)
        yield token
        if not answer.ended:
            logits = line.push(token, codes=not answer.whole)


def items_as_they_come(chat: Chat, tokens: Iterator[int]) -> Iterator[Item]:
    """Words and silences with their steps, each as soon as the next one has begun."""
    given = 0
    ids: list[int] = []
    for token in tokens:
        ids.append(token)
        if not chat.vocabulary.code(token):
            found = chat.read(ids)
            ready = found if token == chat.end else found[:-1]
            yield from ready[given:]
            given = max(given, len(ready))
