"""How often what was found is what was true, every class counting alike, and how many times as often as by chance."""

from __future__ import annotations

import numpy as np

from visavis.evaluation.intervals import Array, Interval, jackknife_interval, pseudo_values


def mean_recall(tables: Array) -> Interval:
    """The mean over classes of the share of their cases that were found, with its 95% interval over units.

    Args:
        tables: (units, K, K), how often class i was found as class j; classes without cases do not count.
    """
    flat = np.asarray(tables, np.float64).reshape(len(tables), -1)
    size = tables.shape[-1]

    def values_of(totals: Array) -> Array:
        each = totals.reshape(-1, size, size)
        cases, right = each.sum(2), each.diagonal(axis1=1, axis2=2)
        known = cases > 0
        shares = np.where(known, right / np.where(known, cases, 1.0), 0.0)
        with np.errstate(invalid="ignore"):
            found: Array = shares.sum(1) / known.sum(1)
        return found

    value = float(values_of(flat.sum(0)[None])[0])
    return value, *jackknife_interval(value, pseudo_values(flat[flat.any(1)], values_of), least=0.0, most=1.0)


def times_chance(tables: Array) -> Interval:
    """`mean_recall` over what always finding the same class would give: 1 over the classes that have cases.

    Args:
        tables: See `mean_recall`.
    """
    classes = int((np.asarray(tables).sum((0, 2)) > 0).sum())
    value, low, high = mean_recall(tables)
    return value * classes, low * classes, high * classes
