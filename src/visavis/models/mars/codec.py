"""One person's motion as codes of face and body, and back: two tokenizers, each for its part of a motion space."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from visavis.errors import InputError
from visavis.models.mars.messages import Clock, Step
from visavis.models.mars.turns import CodeTrack
from visavis.models.mars.vocabulary import Codebook
from visavis.motion import MotionSpace
from visavis.tokenizers import Codes, Tokenizer

Array = NDArray[np.float32]
AHEAD, BEHIND = 4, 24
"""Steps after and before one that are looked at when frames are streamed."""


class MotionCodec(nn.Module):
    """The tokenizers of face and body. Motion is in the frame of the seat.

    Attributes:
        space: Of the whole person.
        face: Tokenizer.
        body: Tokenizer.
        clock: Of their codes.
    """

    rest: Tensor

    def __init__(self, space: MotionSpace, face: Tokenizer, body: Tokenizer, rest: Tensor | None = None) -> None:
        """Puts the two together.

        Args:
            space: Of the whole person.
            face: Of some columns.
            body: Of others.
            rest: (D,) what columns are that neither tells; 0 unless given.

        Raises:
            InputError: A column is not of the space, or both tell it; or their codes have no clock in common.
        """
        super().__init__()
        self.space, self.clock = space, Clock.of(face, body)
        self.face, self.body = face.eval().requires_grad_(False), body.eval().requires_grad_(False)
        self._where = [_columns(space, part.space) for part in (face, body)]
        twice = set(self._where[0].tolist()) & set(self._where[1].tolist())
        if twice:
            raise InputError(f"column {space.names[min(twice)]!r} is told by the face's tokenizer and by the body's")
        self.register_buffer("rest", torch.zeros(space.dim) if rest is None else rest.float(), persistent=False)

    @property
    def books(self) -> tuple[Codebook, Codebook]:
        """Codebooks of face and body."""
        return Codebook.of(self.face), Codebook.of(self.body)

    @torch.no_grad()
    def places(self) -> Tensor:
        """(N, P) where codes of the face, then of the body, are: each codebook in directions of its own, centred.

        Their mean square distance from the origin is 1 in each, whatever the units in which its tokenizer counts.
        """
        found = []
        for part in (self.face, self.body):
            for book in range(part.num_codebooks):
                ids = torch.zeros(1, part.codebook_size, part.num_codebooks, dtype=torch.int64, device=self.rest.device)
                ids[0, :, book] = torch.arange(part.codebook_size)
                words = part.codewords(ids)[0].float()
                words -= words.mean(0)
                found.append(words / words.square().sum(1).mean().sqrt().clamp_min(1e-12))
        places: Tensor = torch.block_diag(*found)
        return places

    @property
    def fingerprint(self) -> str:
        """16 digits that tell its codes from those of other tokenizers."""
        digest = hashlib.sha256()
        for name, weight in self.state_dict().items():
            digest.update(f"{name} {tuple(weight.shape)} ".encode() + weight.cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    def train(self, mode: bool = True) -> MotionCodec:
        """Tokenizers do not learn any more."""
        return super().train(False)

    @torch.no_grad()
    def encode(self, values: Array, seen: NDArray[np.bool_] | None = None) -> CodeTrack:
        """The codes of motion (T, D), a step for every started `Clock.factor` frames.

        Args:
            values: In the frame of the seat.
            seen: (T,) frames that mean something; all unless given.
        """
        seen = np.ones(len(values), bool) if seen is None else seen
        frames = torch.from_numpy(seen)[None].to(self.rest.device)
        codes = []
        for part, where in zip((self.face, self.body), self._where, strict=True):
            own = np.where(seen[:, None], values[:, where], 0).astype(np.float32)
            codes.append(part.encode(torch.from_numpy(own)[None].to(self.rest.device), frames))
        return CodeTrack.of(*codes)

    @torch.no_grad()
    def decode(self, steps: Sequence[Step]) -> Array:
        """The motion (N * `Clock.factor`, D) of steps, in the frame of the seat.

        Raises:
            InputError: A code is of another tokenizer.
        """
        values = self.rest.cpu().numpy()[None].repeat(len(steps) * self.clock.factor, 0)
        if not len(steps):
            return values
        for part, where, codes in zip(
            (self.face, self.body), self._where, ([s.face for s in steps], [s.body for s in steps]), strict=True
        ):
            ids = torch.tensor(codes, dtype=torch.int64, device=self.rest.device)[None]
            there = torch.ones(ids.shape[:2], dtype=torch.bool, device=ids.device)
            values[:, where] = part.decode(Codes(ids, there))[0].cpu().numpy()
        return values

    def stream(self, steps: Iterable[Step], ahead: int = AHEAD, behind: int = BEHIND) -> Iterator[Array]:
        """The motion (`Clock.factor`, D) of each step, as soon as so many steps after it are known.

        Steps further away are not looked at, which makes frames differ from those of `decode` a little.

        Args:
            steps: As they come.
            ahead: Steps that are waited for.
            behind: Steps that are looked back on.
        """
        known: deque[Step] = deque(maxlen=behind + 1 + ahead)
        waiting = 0
        for step in steps:
            known.append(step)
            waiting += 1
            if waiting > ahead:
                yield self._frames(known, waiting)
                waiting -= 1
        while waiting:
            yield self._frames(known, waiting)
            waiting -= 1

    def _frames(self, known: Sequence[Step], waiting: int) -> Array:
        number = len(known) - waiting
        factor = self.clock.factor
        return self.decode(list(known))[number * factor : (number + 1) * factor]


def _columns(whole: MotionSpace, part: MotionSpace) -> NDArray[np.intp]:
    """Where a part's columns are in the whole.

    Raises:
        InputError: They are not there.
    """
    there = {column: i for i, column in enumerate(whole.columns)}
    missing = [column.name for column in part.columns if column not in there]
    if missing:
        raise InputError(
            f"a tokenizer of motion space {part.name!r} tells {missing[0]!r}, which motion space {whole.name!r} does "
            "not have: use tokenizers of the corpus's space, or train them (--set data.face=null --set data.body=null)"
        )
    return np.asarray([there[column] for column in part.columns], np.intp)
