"""Number of speakers in a recording."""

from __future__ import annotations

import numpy as np

from visavis.perception.stitching import Voices

_HEARD = 2.0
"""Seconds alone from which a local speaker's embedding is steady enough to count voices by."""
_APART = 0.25
"""Mean cosine distance of two groups of embeddings above which they are two voices. Within one person of the
telephone call it stays below 0.25 at any difference in level; people of the meetings lie 0.2 to 0.4 apart."""
_SHARE = 0.1
"""Of the speech heard alone, what a voice must have to count: less is laughter, noise or a stray embedding. The third
group has 0.03 of the telephone call at most, 0.24 of the meeting in which it is another person."""
_MOST = 1000


def count_voices(voices: Voices) -> int:
    """Groups of local speakers that sound alike, by average linkage; 0 where nobody is heard alone for long.

    People who sound alike count as one, and so do those who hardly speak.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    where = np.nonzero(voices.heard >= _HEARD)
    vectors, seconds = voices.embedding[where], voices.heard[where]
    thinner = -(-len(vectors) // _MOST) or 1
    vectors, seconds = vectors[::thinner], seconds[::thinner]
    if len(vectors) < 2:
        return len(vectors)
    groups = fcluster(linkage(vectors, "average", metric="cosine"), _APART, "distance")
    share = np.bincount(groups, seconds)[1:] / seconds.sum()
    return int((share >= _SHARE).sum())
