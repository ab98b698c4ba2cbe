"""The built-in engine: layouts from the nearest examples and from explicit statements in the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.language.embedding import Similarity
from visavis.scene.examples import Example, load_examples
from visavis.scene.knees import on_chairs
from visavis.scene.placement import BESIDE, Placement, compose
from visavis.scene.wording import Explicit, read_explicit

NEIGHBOURS = 5
SHARPNESS = 20.0
"""How fast an example's weight falls with its similarity, exp(SHARPNESS * cosine)."""

USUAL = Placement((0.0, 0.0, -0.5), (0.0, 0.0, 0.5))
"""Where people are of whom one knows nothing."""

KNEE_ROOM = 1.1
"""Metres between the heads of two people who sit upright on chairs and face each other, at least."""


class UnlikeAnyExampleError(InputError):
    """The words have nothing in common with any example and say nothing outright."""


def place(
    text: str, similarity: Similarity, examples: Sequence[Example] | None = None, *, explicit: bool = True
) -> tuple[Placement, tuple[str, ...]]:
    """Where the two heads are.

    The nearest examples are averaged in what matters between two people (the logarithm of the distance, heights, how
    much they sit beside each other) and not in coordinates, whose average would bring two people on a bench and two
    at a table closer than either. One more neighbour is always there: the usual layout, as alike as
    `Similarity.doubtful`, so that a weak resemblance moves little. What the words say outright then replaces its part.

    Args:
        text: The situation in words.
        similarity: Compares the text with the examples.
        examples: The thirty built-in ones unless given.
        explicit: Whether statements in the text override the average.

    Returns:
        The placement, and a line for each statement that cannot be.

    Raises:
        UnlikeAnyExampleError: There is nothing to go by.
    """
    examples = load_examples() if examples is None else tuple(examples)
    said = read_explicit(text) if explicit else Explicit()
    cosines = similarity(text, [example.text for example in examples])
    order = np.argsort(-cosines, kind="stable")[:NEIGHBOURS]
    if cosines[order[0]] < similarity.unlike and not said.anything:
        raise UnlikeAnyExampleError(f"the description {_short(text)!r} resembles none of the examples")
    if cosines[order[0]] < similarity.unlike:
        placement = USUAL
    else:
        weights = np.exp(SHARPNESS * (cosines[order] - similarity.doubtful))
        placement = average([examples[i].placement for i in order], weights)
    placement = override(placement, said)
    return (placement if said.distance is not None else make_room_for_knees(placement)), said.notes


def average(placements: Sequence[Placement], weights: NDArray[np.float64]) -> Placement:
    """The weighted mean of what matters between two people, the usual layout having weight 1.

    Who sits, and how high, is decided by the examples alone: the usual layout says nothing about chairs.
    """

    def mean(values: Sequence[float]) -> float:
        return float(np.dot(weights, values) / weights.sum())

    def towards_usual(values: Sequence[float], usual: float) -> float:
        return float((np.dot(weights, values) + usual) / (weights.sum() + 1))

    sits = [mean([_sits(p, i) for p in placements]) > 0.5 for i in (0, 1)]
    return compose(
        float(np.exp(towards_usual([np.log(max(p.span, 0.05)) for p in placements], np.log(USUAL.span)))),
        (_height(placements, weights, 0, sits[0]), _height(placements, weights, 1, sits[1])),
        towards_usual([p.beside for p in placements], USUAL.beside),
        seated=(sits[0], sits[1]),
    )


def _sits(placement: Placement, person: int) -> bool:
    return placement.seats()[person].seated


def _height(placements: Sequence[Placement], weights: NDArray[np.float64], person: int, sits: bool) -> float:
    """Mean height over the examples of the pose that won: between sitting and standing there is nothing."""
    heights = np.array([(p.a, p.b)[person][1] for p in placements])
    same = np.array([_sits(p, person) == sits for p in placements])
    return float(np.dot(weights[same], heights[same]) / weights[same].sum())


def override(placement: Placement, said: Explicit) -> Placement:
    """Replaces what the words say outright."""
    heights, seated = [placement.a[1], placement.b[1]], list(placement.seated)
    for i, pose in enumerate(said.poses):
        if pose is not None:
            heights[i], seated[i] = pose
    beside = BESIDE[said.kind] if said.kind else placement.beside
    span = placement.span
    if said.distance is not None:  # between the heads, so that a difference in height takes its part
        rise = heights[1] - heights[0]
        span = float(np.sqrt(max(said.distance**2 - rise**2, 0.0)))
    left = placement.a_on_the_left if said.a_on_the_left is None else said.a_on_the_left
    new = compose(span, (heights[0], heights[1]), beside, a_on_the_left=left, seated=(seated[0], seated[1]))
    return replace(new, kind=said.kind)


def make_room_for_knees(placement: Placement) -> Placement:
    """Moves two people on chairs who face each other so far apart that their legs fit between them."""
    if not on_chairs(placement.seats()) or placement.beside > np.pi / 6 or placement.span >= KNEE_ROOM:
        return placement
    wider = compose(KNEE_ROOM, (placement.a[1], placement.b[1]), placement.beside,
                    a_on_the_left=placement.a_on_the_left, seated=placement.seated)  # fmt: skip
    return replace(wider, kind=placement.kind)


def _short(text: str, length: int = 40) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
