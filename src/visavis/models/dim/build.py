"""DIM put together: both tokenizers and the network, from settings, space and statistics."""

from __future__ import annotations

from copy import deepcopy

from visavis.models.dim.config import DimConfig
from visavis.models.dim.model import Dim
from visavis.models.dim.statistics import Statistics
from visavis.motion import MotionSpace
from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import VQTokenizer


def build(
    config: DimConfig, space: MotionSpace, fps: float, statistics: Statistics | None = None,
    scales: MotionStatistics | None = None,
) -> Dim:  # fmt: skip
    """An untrained DIM.

    Args:
        config: Its settings.
        space: Of the motion.
        fps: Frames per second of the motion.
        statistics: What the network needs; nothing measured unless given.
        scales: What the tokenizers need; plausible ones unless given.

    Raises:
        InputError: Settings or statistics do not fit the space.
    """
    section = config.tokenizer
    settings = TokenizerConfig(
        family=section.family, space=space.name, fps=fps, window=config.window, factor=section.factor,
        network=section.network, codebook=section.codebook, losses=section.losses,
    )  # type: ignore[call-arg]  # fmt: skip
    tokenizers = (VQTokenizer(settings, space, scales), VQTokenizer(settings, space, deepcopy(scales)))
    return Dim(config, space, fps, statistics or Statistics.neutral(space.dim), tokenizers)
