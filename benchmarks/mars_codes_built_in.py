"""The built-in codes of face and body: how much of the motion they keep, and which events."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.mars_codes_data import FPS, PARTS, Whole, corpus_of, motion_of, part_data
from visavis.bodies.appearance import complete
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.evaluation.life import saccades
from visavis.evaluation.strokes import apexes, wrists
from visavis.models.mars.codes import load_tokenizer
from visavis.motion import ARKIT_BODY, Motion
from visavis.motion.events import blinks, nods, shakes, smiles
from visavis.motion.parts import joined
from visavis.workflows.benchmark.codecs import Clips, MotionData, figures, measure_tokenizer, through

TITLE = "The built-in codes"
NEAR = 0.12
"""Seconds by which a moment may be off and still be the same event: three frames."""

Array = NDArray[np.float64]


def report(work: Path, data: Path) -> list[str] | None:
    """The section's lines; None without the words of the dialogues."""
    corpus = corpus_of(work, data)
    if corpus is None:
        return None
    fitted, test = motion_of(corpus)
    minutes = sum(len(clip) for clips in test.values() for clip in clips) / FPS / 60
    lines = [
        f"Held out: {len(test)} conversations, {minutes:.0f} minutes of one person. Errors are root mean squares over",
        "moving columns, in standard deviations, with 95% intervals over conversations; \"PCA\" is the error of",
        "principal components of 8 frames with as many bits (of equally likely codes).", "",
        "| part | codes | bits/s | error | PCA | absolute error | velocity error | codes used | perplexity |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    groups = [
        "The share of the variance that is left after decoding, by group (the mean over its moving columns in standard",
        "deviations; 0.7 is aimed at), and the share of the variance that the decoded motion explains.", "",
        "| group | decoded variance | by PCA | explained | by PCA |", "| --- | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    decoded: dict[str, Clips] = {}
    for name, wanted in PARTS.items():
        tokenizer = load_tokenizer(f"mars-codes/{name}")
        part = part_data(fitted, test, wanted)
        row = measure_tokenizer(part, tokenizer)
        shown = figures(row)
        rate = f"{tokenizer.num_codebooks} x {tokenizer.codebook_size} every {tokenizer.downsample_factor} frames"
        error, pca = (f"{v:.3f} [{low:.3f}, {high:.3f}]" for v, low, high in (shown["error"], shown["PCA"]))
        more = [f"{shown[key][0]:.3f}" for key in ("absolute error", "velocity error")]
        health = f"{shown['codes used'][0]:.0%} | {shown['perplexity'][0]:.0f}"
        lines.append(
            f"| {name} | {rate} | {shown['bits/s'][0]:.0f} | {error} | {pca} | {' | '.join(more)} | {health} |"
        )
        decoded[name] = through(part, tokenizer)[0]
        components = part.through_components(tokenizer.bits_per_second)
        for group in part.space.groups:
            ours, theirs = (kept(part, clips, group) for clips in (decoded[name], components))
            groups.append(f"| {group} | {ours[0]:.2f} | {theirs[0]:.2f} | {ours[1]:.2f} | {theirs[1]:.2f} |")
    return [*lines, "", *groups, "", *_events(test, decoded)]


def kept(data: MotionData, decoded: Clips, group: str) -> tuple[float, float]:
    """Of a group's moving columns: variance of what was decoded, and what of the true one it explains, as shares."""
    where = np.isin(np.flatnonzero(data.moves), data.space.indices(group))
    true, again = (
        np.concatenate([data.standard(clip)[:, where] for clips in people.values() for clip in clips])
        for people in (data.test, decoded)
    )
    whole = true.var(0).mean()
    return float(again.var(0).mean() / whole), float(1 - (again - true).var(0).mean() / whole)


def _strokes(motion: Motion) -> Array:
    return np.sort(np.concatenate([apexes(hand, motion.fps) for hand in wrists(motion, _joints())]))


@cache
def _joints() -> NDArray[np.float32]:
    """Where the neutral figure's bones begin."""
    return load_figure(complete({}), seated=False, skeleton=BODY).joints


RULES: dict[str, Callable[[Motion], Array]] = {
    "blinks": blinks, "smiles": smiles, "nods": nods, "shakes": shakes, "saccades": saccades,
    "gesture strokes": _strokes,
}  # fmt: skip


def _events(test: Whole, decoded: dict[str, Clips]) -> list[str]:
    """How often events are seen in the true and in the decoded motion."""
    pairs = []
    for id, clips in test.items():
        for i, clip in enumerate(clips):
            parts = [Motion(decoded[name][id][i], FPS, ARKIT_BODY.part(PARTS[name])) for name in PARTS]
            pairs.append((Motion(clip, FPS, ARKIT_BODY), joined(parts, ARKIT_BODY)))
    minutes = sum(true.duration for true, _ in pairs) / 60
    lines = [
        "Events of the joined motion, by the rules of `visavis.motion.events` and `visavis.evaluation`. An event is",
        f"kept where the decoded motion has one at that time (moments: within {NEAR:g} s); a decoded one is true where",
        "the original has one.", "",
        "| events | a minute | decoded | kept | of the decoded, true |", "| --- | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for name, rule in RULES.items():
        found = [(rule(true), rule(again)) for true, again in pairs]
        counts = [sum(len(side[k]) for side in found) for k in (0, 1)]
        met = [sum(int(same(side[k], side[1 - k]).sum()) for side in found) / max(1, counts[k]) for k in (0, 1)]
        lines.append(
            f"| {name} | {counts[0] / minutes:.1f} | {counts[1] / minutes:.1f} | {met[0]:.0%} | {met[1]:.0%} |"
        )
    return lines


def same(events: Array, others: Array) -> NDArray[np.bool_]:
    """Which of some intervals (N, 2) share time with any of the others, or which moments (N,) are near one."""
    if events.ndim == 2:
        return np.array([((others[:, 0] < b) & (others[:, 1] > a)).any() for a, b in events], bool)
    return np.array([len(others) > 0 and np.abs(others - at).min() <= NEAR for at in events], bool)
