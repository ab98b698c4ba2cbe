"""Learning-rate schedules."""

from __future__ import annotations

import math

from visavis.training.config import LoopConfig

FLOOR = 0.01


def rate_factor(step: int, time_used: float, config: LoopConfig) -> float:
    """The share of the highest learning rate that holds at a step.

    Args:
        step: Steps done.
        time_used: Share of the time allowed that is used up, 0 where time is not limited; a training that ends by
            the clock is annealed by the clock.
        config: Warm-up, schedule and total steps.
    """
    warm = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    if config.lr_schedule == "constant":
        return warm
    done = min(1.0, max(step / config.max_steps, time_used))
    if config.lr_schedule == "steps":
        return warm * (1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01)
    return warm * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * done)))
