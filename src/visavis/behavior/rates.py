"""How often people do something, and what makes it likelier: the parameters in ``learnt.yaml``, as rates over time.

The rate of each kind of event is a base per state of speech, times the exponential of the weights of all cues (see
`visavis.behavior.cues`), times what depends on events drawn before (see `visavis.behavior.process`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from visavis.behavior.context import Person
from visavis.behavior.cues import STATES, accent_mask, columns, cue_matrix, share_so_far, state_codes
from visavis.behavior.curves import Array

KINDS = (
    "nod.concord", "nod.emphasis", "nod.turn", "shake.discord", "tilt.turn", "tilt.deixis", "brow.raise", "smile",
    "laugh", "posture.shift", "look.away", "look.partner",
)  # fmt: skip
"""What the model draws: kind and label of the events."""
HEAD = KINDS[:6]
"""What one head can do but one at a time."""

OWN_EDGES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Bins of the time (s) since one's own last event of a kind ended, and since a look began."""
PARTNER_EDGES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Bins of the time (s) since the partner's last event of a kind began."""
MUTUAL = (1.0, 2.0)
"""Seconds of mutual gaze beyond which it weighs."""
LONG_LOOK = {"look.partner": (3.0, 2.0), "look.away": (6.0, 1.5)}
"""Seconds that a look away, and one at the partner, last before the rate of the other rises, and what is added to its
logarithm. In meetings of four people read and write; of two, none looks at the wall for ten seconds. By hand."""

ACCENTED = 0.45
"""Share of the time while speaking that is near a stressed syllable, until it is known of a speaker."""


@dataclass(frozen=True)
class Rate:
    """One kind's rate.

    Attributes:
        base: Events a minute in each of `visavis.behavior.cues.STATES`, far from every cue.
        weights: Added to the logarithm in each column of `visavis.behavior.cues.columns`.
        own: By kind, added in each of `OWN_EDGES` since one's own.
        partner: By kind, added in each of `PARTNER_EDGES` since the partner's.
        looked_at: Added while the partner looks.
        mutual: Added while mutual gaze has lasted longer than each of `MUTUAL`.
        accent: Factor near stressed syllables; the rate over all speech stays what it is.
        without_words: Factor in each state where nobody knows one's own words, and where nobody knows the other's.
    """

    base: Array
    weights: Array
    own: Mapping[str, Array]
    partner: Mapping[str, Array]
    looked_at: float
    mutual: Array
    accent: float
    without_words: tuple[Array, Array]


@cache
def learnt() -> dict[str, Any]:
    """The file of parameters; see there for what each number is and where it comes from."""
    numbers: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("learnt.yaml").read_text(encoding="utf-8"))
    return numbers


@cache
def learnt_rates() -> dict[str, Rate]:
    """The rates of `KINDS` as they are in the file."""
    return {kind: rate_of(learnt()["rates"][kind]) for kind in KINDS}


def rate_of(entry: Mapping[str, Any]) -> Rate:
    """A rate as the file describes it; what is left out is 0, or as a factor 1."""
    cues = entry.get("cues", {})
    weights = np.array([cues[name][i] if name in cues else 0.0 for name, i in columns()])
    without = entry.get("without_words", {})
    return Rate(
        base=np.array([entry["per_minute"][state] for state in STATES], float),
        weights=weights,
        own={kind: np.array(bins, float) for kind, bins in entry.get("since_own", {}).items()},
        partner={kind: np.array(bins, float) for kind, bins in entry.get("since_partner", {}).items()},
        looked_at=float(entry.get("looked_at", 0.0)),
        mutual=np.array(entry.get("mutual", [0.0] * len(MUTUAL)), float),
        accent=float(entry.get("accent", 1.0)),
        without_words=tuple(np.array(without.get(who, [1.0] * len(STATES)), float) for who in ("own", "other")),  # type: ignore[arg-type]
    )


def rates_over_time(me: Person, other: Person, rates: Mapping[str, Rate]) -> Array:
    """Events a second of each of `KINDS` at each frame (T, K), before anything that depends on drawn events."""
    cues = cue_matrix(me, other)
    states = state_codes(me, other)
    weights = np.stack([rates[kind].weights for kind in KINDS], 1)
    base = np.stack([rates[kind].base for kind in KINDS], 1)[states] / 60
    hazards: Array = base * np.exp(cues @ weights)
    for person, whose in ((me, 0), (other, 1)):
        if person.phrases and not person.words:
            hazards *= np.stack([rates[kind].without_words[whose] for kind in KINDS], 1)[states]
    if me.accents:
        near = accent_mask(me)
        # Over what this speaker has stressed so far, the factor is 1 on average.
        share = share_so_far(near, me.speaking, ACCENTED, weight=250)[:, None]
        gain = np.array([rates[kind].accent for kind in KINDS])
        factor = np.where(near[:, None], gain, 1.0) / (1 + share * (gain - 1))
        hazards *= np.where(me.speaking[:, None], factor, 1.0)
    return hazards
