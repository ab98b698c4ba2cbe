"""The measuring loop: all clips through all metrics of a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from visavis.evaluation.clip import Clip
from visavis.evaluation.info import Result
from visavis.evaluation.metric import Metric
from visavis.evaluation.profiles import Profile, Setting


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        profile: The profile's name.
        results: One per measure.
        metrics: The measures themselves, for comparing methods.
        notes: What was left out or is to be known.
    """

    profile: str
    results: tuple[Result, ...]
    metrics: tuple[Metric, ...]
    notes: tuple[str, ...]


def evaluate(
    clips: Iterable[Clip],
    profile: Profile,
    setting: Setting,
    *,
    intervals: bool = True,
    counted: Callable[[int], None] = lambda _count: None,
) -> Evaluation:
    """Measures clips one at a time, so that no more than one is in memory besides what SID must keep.

    Args:
        clips: All of one space and number of samples.
        profile: Which measures.
        setting: What there is to measure with.
        intervals: Whether to say how sure each value is.
        counted: Takes the number of clips measured so far.

    Raises:
        InputError: Nothing can be measured, or clips do not fit together.
    """
    metrics = profile.metrics(setting)
    for count, whole in enumerate(clips, 1):
        clip = profile.prepare(whole)
        by_role = {"both": clip, **{role: clip.only(frames) for role, frames in clip.roles.items()}}
        for metric in metrics:
            if metric.role in by_role:
                metric.add(by_role[metric.role])
        counted(count)
    results = tuple(metric.compute(intervals=intervals) for metric in metrics)
    return Evaluation(profile.name, results, tuple(metrics), tuple(dict.fromkeys(setting.notes)))
