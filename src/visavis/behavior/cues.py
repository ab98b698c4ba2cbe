"""When something happens in speech that behaviour answers to: lags to phrases and words, as columns.

The model of events is a log-linear point process (Truccolo et al. 2005, "A point process framework for relating
neural spiking activity to spiking history, neural ensemble, and extrinsic covariate effects"): the logarithm of a
rate is a sum of piecewise-constant functions of the time since, or until, each cue.

Everything of the other person counts only after it happened, so that behaviour can be made as a conversation goes on;
what one says oneself is known `LOOKAHEAD` seconds ahead. Speech is known by phrases, whose pauses are longer than
`visavis.behavior.context.JOIN`: that is how long one has to wait to know that a phrase has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.context import Person, Phrase
from visavis.behavior.curves import FPS, Array
from visavis.behavior.words import plain
from visavis.perception.words.backchannels import acknowledges

LOOKAHEAD = 0.4
"""Seconds for which people know ahead what they say: speech is planned at least so long before it is heard (Levinson &
Torreira 2015, "Timing in turn-taking")."""
APART = 1.0
"""Seconds of own silence after which speech begins anew rather than going on."""
BRIEF = 1.0
"""Seconds up to which the other's phrase without words may be an acknowledgement."""

STATES = ("silence", "speaking", "listening", "overlap")
"""Who speaks: nobody, oneself alone, the other alone, both."""

# Words as the rates were fitted to them, alone and without what stands beside them: a regression on meetings weighs
# what they go with there. `visavis.behavior.words` tells what they mean, for what follows the literature.
YES = frozenset("yes yeah yep yup okay ok right sure exactly mm-hmm mm uh-huh mhm true absolutely definitely".split())  # noqa: SIM905
NO = frozenset(
    "no not never nothing nobody none nope don't doesn't didn't can't cannot won't isn't wasn't aren't haven't "  # noqa: SIM905
    "wouldn't couldn't shouldn't".split()
)
HESITATION = frozenset("uh um er erm hmm uhm".split())  # noqa: SIM905
STRONG = frozenset(
    "very really so all every everything whole just only always most more much such totally completely big".split()  # noqa: SIM905
)
POINTING = frozenset("i me my you your we us our here there this that these those".split())  # noqa: SIM905

_OWN = (-LOOKAHEAD, -0.2, 0.0, 0.25, 0.5, 1.0, 2.0)
_OWN_WORD = (-LOOKAHEAD, 0.0, 0.25, 0.5, 1.0)
_OTHER = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5)
_OTHER_WORD = (0.0, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Cue:
    """A kind of moment.

    Attributes:
        edges: Of the bins of the lag, seconds from the moment; n + 1 edges make n columns.
        moments: When, seconds: of the person alone.
        of_words: Whether words must be known.
    """

    edges: tuple[float, ...]
    moments: Callable[[Person], list[float]]
    of_words: bool = False


def _said(texts: frozenset[str], edges: tuple[float, ...]) -> Cue:
    return Cue(edges, lambda person: [w.start for w in person.said(texts)], of_words=True)


OWN: Mapping[str, Cue] = MappingProxyType({
    "acknowledges": Cue(_OWN, lambda me: [p.start for p in me.phrases if p.backchannel]),
    "begins": Cue(_OWN, lambda me: [p.start for p in _after_silence(me) if not p.backchannel]),
    "phrase_start": Cue((-LOOKAHEAD, 0.0, 0.25, 0.5, 1.0), lambda me: [p.start for p in me.phrases]),
    "phrase_end": Cue(_OWN, lambda me: [p.end for p in me.phrases if not p.backchannel]),
    "stops": Cue(_OWN, lambda me: [p.end for p in _before_silence(me) if not p.backchannel]),
    "asks": Cue(_OWN_WORD, lambda me: [p.end for p in me.phrases if p.asks], of_words=True),
    "yes": _said(YES, _OWN_WORD),
    "no": _said(NO, _OWN_WORD),
    "hesitates": _said(HESITATION, _OWN_WORD),
    "stresses": _said(STRONG, _OWN_WORD),
    "points": _said(POINTING, _OWN_WORD),
})  # fmt: skip
"""Cues in one's own speech, known ahead."""

OTHER: Mapping[str, Cue] = MappingProxyType({
    "begins": Cue(_OTHER, lambda other: [p.start for p in _after_silence(other)]),
    "phrase_end": Cue(_OTHER, lambda other: [p.end for p in other.phrases if not _brief(p)]),
    "acknowledges": Cue(_OTHER_WORD, lambda other: [p.end for p in other.phrases if _brief(p)]),
    "asks": Cue(_OTHER, lambda other: [p.end for p in other.phrases if p.asks], of_words=True),
    "no": _said(NO, _OTHER_WORD),
    "hesitates": _said(HESITATION, _OTHER_WORD),
    "stresses": _said(STRONG, _OTHER_WORD),
})  # fmt: skip
"""Cues in the other's speech, known once they happened."""


def columns() -> list[tuple[str, int]]:
    """Names of the columns of `cue_matrix`: the cue as ``own.NAME`` or ``other.NAME``, and the number of the bin."""
    named = [*((f"own.{n}", c) for n, c in OWN.items()), *((f"other.{n}", c) for n, c in OTHER.items())]
    return [(name, i) for name, cue in named for i in range(len(cue.edges) - 1)]


def cue_of(name: str) -> Cue:
    """The cue ``own.NAME`` or ``other.NAME``."""
    whose, _, what = name.partition(".")
    return (OWN if whose == "own" else OTHER)[what]


def cue_matrix(me: Person, other: Person) -> NDArray[np.bool_]:
    """Whether each frame lies in each bin of the lag to some moment, (T, F); columns as `columns` has them."""
    parts = [lag_bins(cue.moments(me), cue.edges, me.frames) for cue in OWN.values()]
    parts += [lag_bins(cue.moments(other), cue.edges, me.frames) for cue in OTHER.values()]
    return np.concatenate(parts, 1)


def lag_bins(moments: list[float], edges: tuple[float, ...], frames: int) -> NDArray[np.bool_]:
    """Whether a frame lies from ``edges[i]`` to ``edges[i + 1]`` seconds after a moment, (T, bins).

    A frame is at the time at which it begins, and a moment is rounded up to the next: it was not known before.
    """
    inside = np.zeros((frames, len(edges) - 1), bool)
    steps = np.round(np.array(edges) * FPS).astype(int)
    for moment in moments:
        at = int(np.ceil(moment * FPS - 1e-6))
        for i in range(len(steps) - 1):
            inside[max(0, at + steps[i]) : max(0, at + steps[i + 1]), i] = True
    return inside


def state_codes(me: Person, other: Person) -> NDArray[np.int_]:
    """Index into `STATES` (T,)."""
    codes: NDArray[np.int_] = me.speaking + 2 * other.speaking.astype(int)
    return codes


def accent_mask(me: Person) -> NDArray[np.bool_]:
    """Whether a frame is within 0.2 s of a stressed syllable of one's own, (T,)."""
    return lag_bins([time for time, _ in me.accents], (-0.2, 0.2), me.frames)[:, 0]


def share_so_far(inside: NDArray[np.bool_], among: NDArray[np.bool_], prior: float, weight: float) -> Array:
    """Share of the frames `among` so far that are `inside`, (T,); begins at `prior`, worth `weight` frames."""
    hits = np.cumsum(inside & among)
    share: Array = (prior * weight + hits) / (weight + np.cumsum(among))
    return share


def _after_silence(person: Person) -> list[Phrase]:
    ends = np.maximum.accumulate([-np.inf, *(p.end for p in person.phrases)])
    return [p for p, before in zip(person.phrases, ends, strict=False) if p.start - before >= APART]


def _before_silence(person: Person) -> list[Phrase]:
    starts = [*(p.start for p in person.phrases), np.inf]
    return [p for p, after in zip(person.phrases, starts[1:], strict=True) if after - p.end >= APART]


def _brief(phrase: Phrase) -> bool:
    """Whether a phrase may only acknowledge, as far as one knows when it has ended."""
    if phrase.words:
        return acknowledges(plain(w.text) for w in phrase.words)
    return phrase.end - phrase.start <= BRIEF
