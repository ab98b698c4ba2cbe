"""How likely a model holds what was really said and shown: perplexity of words, negative log-likelihood of codes.

MARS, section 5.3 and appendix C.2: PPL, NLL-F and NLL-B. All are functions of two sums over tokens, of ``-log p``
(nats) and of 1, so that one pair for each conversation is enough, and intervals are over conversations.
"""

from __future__ import annotations

from math import exp, inf, log

import numpy as np

from visavis.evaluation.intervals import Array, Interval, jackknife_interval, pseudo_values, ratio_interval


def nll_interval(sums: Array) -> Interval:
    """Mean negative log-likelihood of a token, nats, with its 95% interval.

    Args:
        sums: (conversations, 2): of ``-log p``, and how many tokens.
    """
    return ratio_interval(np.asarray(sums, np.float64).reshape(-1, 2))


def perplexity_interval(sums: Array) -> Interval:
    """``exp`` of the mean negative log-likelihood of a token: among how many equally likely ones it is.

    Args:
        sums: See `nll_interval`.
    """
    value, low, high = (exp(min(end, 700.0)) for end in nll_interval(sums))
    return value, low, high


def bits_interval(sums: Array) -> Interval:
    """The mean information of a unit in bits; with words as units, models of different tokenizers compare.

    Args:
        sums: (conversations, 2): of ``-log p``, and how many units.
    """
    value, low, high = (end / log(2) for end in nll_interval(sums))
    return value, low, high


def excess_interval(sums: Array, other: Array) -> Interval:
    """By how many nats a token's mean negative log-likelihood is above another's, on the same conversations.

    Conversations are paired, so that it does not count that some are harder than others.

    Args:
        sums: (conversations, 2), see `nll_interval`.
        other: The same, in the same order.
    """
    states = np.concatenate([sums, other], axis=1).astype(np.float64)

    def values_of(totals: Array) -> Array:
        known = (totals[:, 1] > 0) & (totals[:, 3] > 0)
        counts = np.where(known[:, None], totals[:, 1::2], 1.0)
        found: Array = np.where(known, totals[:, 0] / counts[:, 0] - totals[:, 2] / counts[:, 1], np.nan)
        return found

    value = float(values_of(states.sum(0)[None])[0])
    return value, *jackknife_interval(value, pseudo_values(states[states.any(1)], values_of), least=-inf)
