"""Maps of facial expressions and gestures: t-SNE and DBSCAN over frames (VENUS, section 4, Figure 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.motion import Motion

SHOWN = 3
"""What a cluster is told by at most."""
_APART = 0.6
"""Standard deviations from all frames' mean below which a column tells nothing."""
_VISIBLE = 0.05
"""The same in the column's unit: nobody sees less in a coefficient or in radians."""
FEWEST = 50
"""Frames below which no map is drawn."""
COLUMNS = 3
"""Columns that must move; fewer are no matter for a map."""
MOST_CLUSTERS = 12
OUTSIDE = 0.05
"""Share of the frames that may belong to no cluster."""
_SIDED = re.compile("^([a-z]+[A-Z][A-Za-z]*?)(Left|Right)$")
"""Names such as mouthSmileLeft; jawLeft is one by itself."""
_STILL = 1e-4
"""Standard deviation below which a column does not move."""


@dataclass(frozen=True)
class Cluster:
    """Frames that look alike.

    Attributes:
        size: How many.
        example: Index of the frame nearest to their mean.
        tells: In which columns their mean is farthest from that of all frames, in standard deviations, and by how much
            in the column's unit. Both sides of a face are one.
    """

    size: int
    example: int
    tells: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Map:
    """Frames in a plane.

    Attributes:
        points: (N, 2).
        labels: (N,), index into `clusters`, -1 for frames of none.
        clusters: The largest first.
        radius: DBSCAN's, in the map's unit.
    """

    points: NDArray[np.float64]
    labels: NDArray[np.intp]
    clusters: tuple[Cluster, ...]
    radius: float


def draw_map(motion: Motion, columns: NDArray[np.intp]) -> Map | None:
    """The map of sampled frames, or None where there are too few of them or too little moves.

    Each group of columns has the same share of the variance, so that a jaw in radians counts beside fifty
    coefficients. t-SNE begins with the first principal components, its seed is fixed: the same frames give the same
    map on the same machine.
    """
    values = motion.values[:, columns].astype(np.float64)
    if len(values) < FEWEST or (moving := values.std(0) > _STILL).sum() < COLUMNS:
        return None
    from sklearn.manifold import TSNE

    groups = np.array([motion.space.columns[i].group for i in columns])[moving]
    features = _balanced(values[:, moving], groups)
    perplexity = min(30.0, (len(features) - 1) / 3)
    plane = TSNE(2, perplexity=perplexity, init="pca", max_iter=750, random_state=0)
    points = plane.fit_transform(features).astype(np.float64)
    labels, radius = _clusters(points)
    names = [motion.space.names[i] for i in columns]
    found = [_cluster(values, features, labels == label, names) for label in range(labels.max() + 1)]
    order = sorted(range(len(found)), key=lambda i: -found[i].size)
    rank = np.empty(len(found) + 1, np.intp)
    rank[order], rank[-1] = np.arange(len(found)), -1
    return Map(points, rank[labels], tuple(found[i] for i in order), radius)


def _balanced(values: NDArray[np.float64], groups: NDArray[np.str_]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = values - values.mean(0)
    for group in np.unique(groups):
        centred[:, groups == group] /= np.sqrt(centred[:, groups == group].var(0).sum())
    return centred


def _clusters(points: NDArray[np.float64]) -> tuple[NDArray[np.intp], float]:
    """DBSCAN with the smallest radius that leaves few frames outside and makes few clusters."""
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    fewest = max(5, len(points) // 100)
    reach = np.median(NearestNeighbors(n_neighbors=fewest).fit(points).kneighbors()[0][:, -1])
    for factor in np.arange(1.0, 6.0, 0.1):
        radius = float(reach * factor) or 1.0
        labels = DBSCAN(eps=radius, min_samples=fewest).fit_predict(points)
        if labels.max() + 1 <= MOST_CLUSTERS and (labels < 0).mean() <= OUTSIDE:
            break
    return labels, radius


def _cluster(
    values: NDArray[np.float64], features: NDArray[np.float64], inside: NDArray[np.bool_], names: list[str]
) -> Cluster:
    members = np.flatnonzero(inside)
    example = members[np.linalg.norm(features[members] - features[members].mean(0), axis=1).argmin()]
    apart = values[members].mean(0) - values.mean(0)
    far = apart / np.maximum(values.std(0), _STILL)
    return Cluster(len(members), int(example), _tells(names, apart, far))


def _tells(names: list[str], apart: NDArray[np.float64], far: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    """The columns that are farthest, both sides of a face as one."""
    found: dict[str, float] = {}
    for i in np.argsort(-np.abs(far)):
        if abs(far[i]) >= _APART and abs(apart[i]) >= _VISIBLE:
            found.setdefault(_SIDED.sub(r"\1", names[i]), float(apart[i]))
    return tuple(sorted(list(found.items())[:SHOWN], key=lambda tell: -abs(tell[1])))
