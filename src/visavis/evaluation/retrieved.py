"""Retrieval methods measured over the same queries (RealTalk, section 5.2, table 1 and figure 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visavis.errors import InputError
from visavis.evaluation.intervals import Interval, mean_interval
from visavis.evaluation.perceptual import expected_distances, perceptual_distances
from visavis.evaluation.ranking import median_rank, recall_at, true_ranks

SHOWN = 10
"""First clips whose reactions are looked at."""

Array = NDArray[np.float64]
Vectors = Callable[[Sequence[int]], NDArray[np.floating]]
"""Numbers of clips (K,) to their vectors (K, S, D) in S face spaces; nan where no face is seen."""


@dataclass(frozen=True, eq=False)
class Reactions:
    """Which reactions are shown, and which would fit: known of simulated listeners, and of labelled ones.

    Attributes:
        shown: (M,) what each clip's listener shows.
        fitting: For each query what would fit.
        offending: For each query what would offend.
    """

    shown: NDArray[np.str_]
    fitting: Sequence[Sequence[str]]
    offending: Sequence[Sequence[str]]

    def shares(self, scores: Array, query: int) -> tuple[float, float]:
        """Of the first `SHOWN` clips by their scores (M,) the shares that show what fits a query, and what offends."""
        first = self.shown[np.argsort(-scores, kind="stable")[:SHOWN]]
        kinds = (self.fitting[query], self.offending[query])
        return tuple(float(np.isin(first, list(kind)).mean()) for kind in kinds)  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Queries:
    """By what all methods are measured.

    Attributes:
        clips: M, in the databank.
        truth: (N,) number of each query's true listener.
        spaces: Names of the S face spaces; none where faces are not compared.
        vectors: Of clips in those spaces.
        recalls: The k of R@k.
        reactions: Where they are known.
    """

    clips: int
    truth: NDArray[np.intp]
    spaces: tuple[str, ...]
    vectors: Vectors
    recalls: tuple[int, ...]
    reactions: Reactions | None = None


@dataclass(frozen=True, eq=False)
class Measured:
    """How well a method finds the true listeners.

    Attributes:
        name: The method's.
        ranks: (N,) of the true listeners.
        first: (N,) number of the clip that is found first; -1 for chance, which finds them all alike.
        distances: (N, S) how far the first clip looks from the true listener; nan where a face is not seen.
        spaces: Names of the S face spaces.
        recalls: The k of R@k.
        shares: (N, 2) of the first clips, what fits and what offends; None where that is not known.
    """

    name: str
    ranks: Array
    first: NDArray[np.intp]
    distances: Array
    spaces: tuple[str, ...]
    recalls: tuple[int, ...]
    shares: Array | None

    def figures(self) -> dict[str, Interval]:
        """Every measure by name: its value over the queries and its 95% interval."""
        found = {f"R@{k}": recall_at(self.ranks, k) for k in self.recalls}
        found["median rank"] = median_rank(self.ranks)
        if self.shares is not None:
            shares = zip(("fits", "offends"), self.shares.T, strict=True)
            found |= {name: mean_interval(values, least=0.0, most=1.0) for name, values in shares}
        return found | {space: self.distance(s) for s, space in enumerate(self.spaces)}

    def distance(self, space: int) -> Interval:
        """Mean and 95% interval of the distances in a face space, by number."""
        return mean_interval(self.distances[:, space], least=0.0)


def measure_method(name: str, scores: Iterable[ArrayLike], queries: Queries) -> Measured:
    """Measures a method by the scores that it gives.

    Args:
        name: The method's.
        scores: For each of N queries the scores (M,) of all clips; the higher the better. They are taken one query at
            a time.
        queries: What is asked, and what is true.

    Raises:
        InputError: Scores are not finite, or of another shape than queries and clips.
    """
    ranks, first, shares = _ranked(scores, queries)
    predicted, true = (np.asarray(queries.vectors(each.tolist())) for each in (first, queries.truth))
    columns = [perceptual_distances(predicted[:, s], true[:, s]) for s in range(len(queries.spaces))]
    return _measured(name, queries, ranks, first, columns, shares)


def measure_random(name: str, queries: Queries, seed: int = 0) -> Measured:
    """Measures clips drawn at random; how far they look from the true listener is the mean over the other queries'."""
    rng = np.random.default_rng(seed)
    ranks, _, shares = _ranked((rng.random(queries.clips) for _ in queries.truth), queries)
    true = np.asarray(queries.vectors(queries.truth.tolist()))
    columns = [expected_distances(true[:, s]) for s in range(len(queries.spaces))]
    return _measured(name, queries, ranks, np.full(len(ranks), -1), columns, shares)


def _ranked(scores: Iterable[ArrayLike], queries: Queries) -> tuple[Array, NDArray[np.intp], Array]:
    """Ranks of the true listeners (N,), what is first (N,), and the shares (N, 2) that fit and offend."""
    ranks, first, shares = [], [], []
    for query, (row, true) in enumerate(zip(scores, queries.truth, strict=True)):
        values = np.asarray(row, np.float64)
        if values.shape != (queries.clips,):
            raise InputError(f"query {query} has scores of shape {values.shape}; there are {queries.clips} clips")
        ranks.append(true_ranks(values[None], [true])[0])
        first.append(int(values.argmax()))
        if queries.reactions is not None:
            shares.append(queries.reactions.shares(values, query))
    return np.array(ranks), np.array(first, np.intp), np.array(shares)


def _measured(
    name: str, queries: Queries, ranks: Array, first: NDArray[np.intp], columns: Sequence[Array], shares: Array
) -> Measured:
    distances = np.stack(columns, 1) if columns else np.zeros((len(ranks), 0))
    known = queries.reactions is not None
    return Measured(name, ranks, first, distances, queries.spaces, queries.recalls, shares if known else None)
