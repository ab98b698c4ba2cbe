"""Random: motion from another conversation, with a little noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from visavis.checkpoint import need_positions
from visavis.errors import InputError
from visavis.models.baselines.base import Dyad, Fitted, need_dyads
from visavis.models.baselines.config import RandomConfig
from visavis.models.baselines.seen import Seen


class RandomMotion(Fitted):
    """Some stretch of some conversation of the corpus, with a little noise (DIM, 4.1, "Random").

    Attributes:
        bank: (R, 2, D) all conversations one after the other; where one person is learnt from, that one is both.
        starts: (N,) first row of each.
        std: (D,) of every column.
    """

    name = "random"
    roles = frozenset({"speaker", "listener"})
    does = "Plays a random segment of motion from its corpus, with a little noise."
    config: RandomConfig
    bank: Tensor
    starts: Tensor
    std: Tensor

    def fit(self, dyads: Iterable[Dyad]) -> None:
        """Remembers the corpus."""
        pairs = [torch.stack([dyad[0].motion, dyad[-1].motion], 1) for dyad in need_dyads(dyads, self.name)]
        bank = torch.cat(pairs)
        lengths = torch.tensor([len(pair) for pair in pairs])
        self._fill(bank, lengths.cumsum(0) - lengths, bank.flatten(0, 1).std(0, correction=0))
        self._fitted = True

    def allocate(self, state: Mapping[str, Any]) -> None:
        """Rows and conversations."""
        super().allocate(state)
        columns = self.space.dim
        self._fill(
            torch.zeros(state["rows"], 2, columns), torch.zeros(state["conversations"], dtype=torch.long),
            torch.zeros(columns),
        )  # fmt: skip

    def check_loaded(self) -> None:
        """Where conversations begin."""
        need_positions(self.starts, len(self.bank), "starts")
        if int(self.starts[0]) or (self.starts.diff() < 1).any():
            raise InputError("starts: a conversation without frames")

    def state(self) -> dict[str, Any]:
        """Sizes."""
        return {"rows": len(self.bank), "conversations": len(self.starts)}

    def move(self, seen: Seen, frames: int, person: int, seed: int) -> Tensor:
        """As one of a pair moved; short stretches go to and fro.

        The draw does not depend on `person`: with one seed, A and B get the two people of one conversation.
        """
        generator = torch.Generator().manual_seed(seed)

        def draw(count: int) -> int:
            return int(torch.randint(count, (1,), generator=generator))

        number = draw(len(self.starts))
        stop = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.bank)
        values = self.bank[self.starts[number] : stop]
        while len(values) < frames:
            values = torch.cat([values, values.flip(0)])
        start = draw(len(values) - frames + 1)
        noise = torch.randn(frames, *values.shape[1:], generator=generator).to(values)
        return (values[start : start + frames] + self.config.noise * self.std * noise)[:, person]

    def _fill(self, bank: Tensor, starts: Tensor, std: Tensor) -> None:
        for name, tensor in (("bank", bank), ("starts", starts), ("std", std)):
            self.register_buffer(name, tensor)
