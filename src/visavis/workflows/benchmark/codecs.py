"""Reconstruction error of motion after coding: tokenizers, and principal components with as many bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.evaluation.intervals import Interval, ratio_interval
from visavis.models.preprocessing import seat_vector, to_seat_frame
from visavis.motion import MotionSpace
from visavis.motion.mapping import project_to_space
from visavis.motion.parts import part_of
from visavis.motion.resampling import resample
from visavis.tokenizers import Codes, MotionStatistics, codebook_health
from visavis.workflows.benchmark.pca_codec import PcaCodec

BLOCK = 8
"""Frames that principal components code together."""
BITS, ERROR, PCA, ABSOLUTE, VELOCITY = "bits/s", "error", "PCA", "absolute error", "velocity error"
USAGE, PERPLEXITY = "codes used", "perplexity"

Array = NDArray[np.float64]
Clips = Mapping[str, list[NDArray[np.float32]]]
"""By what is independent of the others, such as a conversation, its people's motion (T, D) as models see it."""
Sums = dict[str, list[float]]
"""By the same: squared and absolute errors and their number, squared errors of changes and their number."""


@dataclass
class MotionData:
    """Motion to learn from, and motion held out.

    Attributes:
        space: Of D columns.
        fps: Frames per second.
        train: Learnt from.
        test: Held out.
    """

    space: MotionSpace
    fps: float
    train: Clips
    test: Clips

    @cached_property
    def statistics(self) -> MotionStatistics:
        """Of what is learnt from.

        Raises:
            InputError: Nothing moves.
        """
        return MotionStatistics.measure(
            np.concatenate([clip for clips in self.train.values() for clip in clips]), self.space
        )

    @cached_property
    def moves(self) -> NDArray[np.bool_]:
        """(D,), columns that move."""
        return self.statistics.std.numpy() > 0

    @cached_property
    def codec(self) -> PcaCodec:
        """Principal components of blocks of frames."""
        return self.components_of(BLOCK)

    def components_of(self, frames: int) -> PcaCodec:
        """Principal components of blocks of so many frames."""
        return PcaCodec([self.standard(clip) for clips in self.train.values() for clip in clips], frames)

    def standard(self, clip: NDArray[np.float32]) -> Array:
        """Moving columns in standard deviations of what is learnt from."""
        mean, std = self.statistics.mean.numpy(), self.statistics.std.numpy()
        scaled: Array = ((clip - mean)[:, self.moves] / std[self.moves]).astype(np.float64)
        return scaled

    def decoded(self, code: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> Clips:
        """What is held out, after it went through `code`."""
        return {unit: [code(clip) for clip in clips] for unit, clips in self.test.items()}

    def errors(self, decoded: Clips) -> Sums:
        """Errors of what went through codes, on moving columns in standard deviations."""
        found: Sums = {}
        for unit, clips in self.test.items():
            pairs = [(self.standard(a), self.standard(b)) for a, b in zip(decoded[unit], clips, strict=True)]
            error = np.concatenate([a - b for a, b in pairs])
            change = np.concatenate([np.diff(a, axis=0) - np.diff(b, axis=0) for a, b in pairs])
            sums = np.square(error).sum(), np.abs(error).sum(), error.size, np.square(change).sum(), change.size
            found[unit] = [float(each) for each in sums]
        return found

    def components(self, bits: float, codec: PcaCodec | None = None) -> Sums:
        """Errors of principal components that may spend so many bits per second, or the nearest that blocks allow."""
        return self.errors(self.through_components(bits, codec))

    def through_components(self, bits: float, codec: PcaCodec | None = None) -> Clips:
        """What is held out, after it went through them."""
        codec = codec or self.codec
        total = max(1, round(bits * codec.block / self.fps))
        mean, std = self.statistics.mean.numpy(), self.statistics.std.numpy()

        def code(clip: NDArray[np.float32]) -> NDArray[np.float32]:
            whole = np.tile(mean, (len(clip), 1))
            whole[:, self.moves] += codec.round_trip(self.standard(clip), total) * std[self.moves]
            return whole.astype(np.float32)

        return self.decoded(code)


def people_of(
    conversations: Iterable[Conversation], space: MotionSpace, fps: float, whole: MotionSpace | None = None
) -> dict[str, list[NDArray[np.float32]]]:
    """Everybody's motion as models see it: in `space`, offsets from the seat in the torso's frame.

    Args:
        conversations: Whose.
        space: Of the motion.
        fps: Frames per second.
        whole: The space of the conversations' motion that `space` is a part of, if it is one.

    Raises:
        InputError: Motion is in another space, or nobody moves.
    """
    whole = whole or space
    found: dict[str, list[NDArray[np.float32]]] = {}
    for conversation in conversations:
        for letter, person in zip("AB", conversation, strict=True):
            if person.motion is None or len(person.motion) < 2:
                continue
            motion = project_to_space(person.motion, whole)
            if motion.space.columns != whole.columns:
                raise InputError(
                    f"conversation {conversation.id!r}, participant {letter}: motion is in space "
                    f"{motion.space.name!r}, others in {whole.name!r}"
                )
            motion = part_of(motion, space)
            values = (motion if motion.fps == fps else resample(motion, fps)).values
            if space.has("translation"):
                values = to_seat_frame(values, seat_vector(person, letter, conversation.id), space)
            found.setdefault(conversation.id, []).append(values)
    return found


def measure_tokenizer(data: MotionData, tokenizer: Any) -> dict[str, Any]:
    """Errors, bits and health of the codebook on what is held out, as plain values.

    Raises:
        InputError: It is of another motion space or frame rate.
    """
    decoded, codes = through(data, tokenizer)
    bits = tokenizer.bits_per_second
    if tokenizer.config.family == "actions":  # columns that never move need no code
        bits *= float(data.moves.mean())
    health = codebook_health(codes, tokenizer.codebook_size)
    return {
        "bits": bits, "errors": data.errors(decoded), "components": data.components(bits),
        "usage": float(np.mean([h.usage for h in health])),
        "perplexity": float(np.mean([h.perplexity for h in health])),
    }  # fmt: skip


def through(data: MotionData, tokenizer: Any) -> tuple[Clips, list[Codes]]:
    """What is held out after it went through a tokenizer, and the codes it was.

    Raises:
        InputError: It is of another motion space or frame rate.
    """
    import torch

    if tokenizer.space.columns != data.space.columns or tokenizer.fps != data.fps:
        raise InputError(
            f"is of {tokenizer.space.name!r} at {tokenizer.fps:g} frames/s; measured is {data.space.name!r} at "
            f"{data.fps:g}"
        )
    codes: list[Codes] = []

    def code(clip: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            values = torch.from_numpy(np.array(clip))[None]
            codes.append(tokenizer.encode(values, torch.ones(values.shape[:2], dtype=torch.bool)))
            decoded: NDArray[np.float32] = tokenizer.decode(codes[-1])[0, : len(clip)].numpy()
            return decoded

    return data.decoded(code), codes


def figures(row: Mapping[str, Any]) -> dict[str, Interval]:
    """The measures of a row by name."""
    nan = float("nan")
    found = {BITS: (row["bits"], nan, nan), ERROR: root_mean_square(row["errors"])}
    if "components" in row:
        found[PCA] = root_mean_square(row["components"])
    found |= {ABSOLUTE: _interval(row["errors"], 1, 2, 1.0), VELOCITY: root_mean_square(row["errors"], 3, 4)}
    if "usage" in row:
        found |= {USAGE: (row["usage"], nan, nan), PERPLEXITY: (row["perplexity"], nan, nan)}
    return found


def root_mean_square(errors: Sums, total: int = 0, count: int = 2) -> Interval:
    """The root of the mean square, with its interval over units."""
    return _interval(errors, total, count, 0.5)


def _interval(errors: Sums, total: int, count: int, power: float) -> Interval:
    return ratio_interval(np.array([[sums[total], sums[count]] for sums in errors.values()]), power)
