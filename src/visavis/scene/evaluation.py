"""Accuracy of layouts from words: translation error, and Talking Together's baselines (supplement 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.language.embedding import Similarity
from visavis.language.protocol import LanguageModel
from visavis.scene.examples import Example, load_examples
from visavis.scene.nearest import USUAL, UnlikeAnyExampleError, place
from visavis.scene.placement import Placement
from visavis.scene.prompting import ask

Engine = Callable[[str, Sequence[Example]], Placement]
"""Places two heads from words, given the labelled examples it may use."""

NEIGHBOURS = 5
"""Of the k-NN baseline, as in the paper."""


@dataclass(frozen=True)
class Score:
    """An engine's errors over the held-out examples.

    Attributes:
        tmse: Squared metres per example, (N,); the paper's tMSE is their mean.
        log_distance: |ln(predicted / labelled distance)| per example, (N,).
        refused: How often the engine gave no placement and the usual layout counted in its stead.
    """

    tmse: NDArray[np.float64]
    log_distance: NDArray[np.float64]
    refused: int


def translation_error(predicted: Placement, labelled: Placement) -> float:
    """Mean over both heads of the squared distance between prediction and label, square metres.

    The paper's tMSE (supplement 4) averages this over prompts. It does not say whether components are added or
    averaged; here they are added, so that the figure is a squared distance.
    """
    difference = np.array([predicted.a, predicted.b]) - np.array([labelled.a, labelled.b])
    return float((difference**2).sum(axis=1).mean())


def leave_one_out(engine: Engine, examples: Sequence[Example] | None = None) -> Score:
    """Places each example with the others' help alone."""
    examples = load_examples() if examples is None else tuple(examples)
    errors, logs, refused = [], [], 0
    for i, held_out in enumerate(examples):
        others = (*examples[:i], *examples[i + 1 :])
        try:
            predicted = engine(held_out.text, others)
        except InputError:
            predicted, refused = USUAL, refused + 1
        errors.append(translation_error(predicted, held_out.placement))
        logs.append(abs(np.log(max(predicted.distance, 0.01) / held_out.placement.distance)))
    return Score(np.array(errors), np.array(logs), refused)


def built_in(similarity: Similarity, *, explicit: bool = True) -> Engine:
    """The built-in engine, with or without reading what the words say outright."""

    def engine(text: str, examples: Sequence[Example]) -> Placement:
        try:
            return place(text, similarity, examples, explicit=explicit)[0]
        except UnlikeAnyExampleError:
            return USUAL

    return engine


def nearest_average(similarity: Similarity, k: int = NEIGHBOURS) -> Engine:
    """The paper's k-NN baseline: the plain mean of the coordinates of the `k` most similar examples."""

    def engine(text: str, examples: Sequence[Example]) -> Placement:
        order = np.argsort(-similarity(text, [e.text for e in examples]), kind="stable")[:k]
        heads = np.array([(examples[i].placement.a, examples[i].placement.b) for i in order]).mean(axis=0)
        return Placement(tuple(heads[0].tolist()), tuple(heads[1].tolist()))

    return engine


def constant(_text: str, _examples: Sequence[Example]) -> Placement:
    """Face to face at 1 m, whatever the words."""
    return USUAL


def mean_label(_text: str, examples: Sequence[Example]) -> Placement:
    """The mean of all labels, whatever the words: the best constant for this error."""
    heads = np.array([(e.placement.a, e.placement.b) for e in examples]).mean(axis=0)
    return Placement(tuple(heads[0].tolist()), tuple(heads[1].tolist()))


def prompted(model: LanguageModel, *, shots: int, seed: int = 0) -> Engine:
    """A language model with `shots` examples in its prompt; 0 is the paper's zero-shot baseline."""

    def engine(text: str, examples: Sequence[Example]) -> Placement:
        return ask(model, text, seed, examples, shots)

    return engine
