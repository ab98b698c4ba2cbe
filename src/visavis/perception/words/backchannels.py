"""Backchannels: words that only acknowledge what the other person says."""

from __future__ import annotations

from collections.abc import Iterable

APART = 1.0
"""Seconds that a backchannel keeps from the same person's other speech."""

BACKCHANNEL_WORDS = frozenset((
    "yeah", "uh-huh", "um-hum", "mm-hmm", "mhm", "mm", "hm", "huh", "right", "okay", "ok", "oh", "really",
    "yes", "yep", "sure", "wow", "exactly", "true", "great", "see", "i", "uh", "um", "ah", "hmm", "absolutely",
    "definitely", "well", "gosh", "no",
))  # fmt: skip
_FILLERS = frozenset(("uh", "um", "i", "well", "no"))
_MOST = 3


def acknowledges(texts: Iterable[str]) -> bool:
    """Whether these words, said apart from other speech of the same person, are a backchannel.

    They are where there are three at most, all of `BACKCHANNEL_WORDS`, and not fillers alone.
    """
    words = [text.lower().strip(".,!?…") for text in texts]
    return len(words) <= _MOST and all(word in BACKCHANNEL_WORDS for word in words) and not set(words) <= _FILLERS
