"""Motion of any length from a model of short windows, in memory that does not grow with the recording.

Neighbouring windows overlap. Each is denoised after the one before it, from noise that belongs to the absolute frame;
at every DDIM step the prediction of the clean motion in the overlap is cross-faded from what the earlier window
predicted at that same step. So the later window sees the earlier one's motion all the way and continues it, instead of
being glued to it afterwards. (Bar-Tal et al. 2023, MultiDiffusion, average overlapping predictions in the same place.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.models.base import Condition
from visavis.models.duet.model import Duet

Array = NDArray[np.float32]


def window_spans(frames: int, window: int, overlap: int) -> list[tuple[int, int]]:
    """Start and stop of each window; the last one ends with the recording and may overlap more."""
    if frames <= window:
        return [(0, frames)]
    starts = [*range(0, frames - window, window - overlap), frames - window]
    return [(start, start + window) for start in starts]


def fade(count: int) -> Tensor:
    """Weights (count, 1) of the later window: 0 to 1, flat at both ends."""
    share = (torch.arange(count, dtype=torch.float32) + 0.5) / count
    return (share * share * (3 - 2 * share))[:, None]


@torch.inference_mode()
def generate_windows(
    model: Duet, condition: Callable[[int, int], Condition], frames: int, *, seed: int, guidance: float, steps: int,
    progress: Callable[[float], None] = lambda _share: None,
) -> Iterator[Array]:  # fmt: skip
    """Generates `frames` frames of both people.

    Args:
        model: The trained model.
        condition: Gives the condition (no batch axis) of frames start to stop.
        frames: How many.
        seed: Decides the noise.
        guidance: Classifier-free guidance weight.
        steps: DDIM steps.
        progress: Takes the share done.

    Yields:
        (2, T, D) consecutive pieces in physical units, `frames` frames in all.
    """
    model.eval()
    config = model.config
    generator = torch.Generator().manual_seed(seed)
    spans = window_spans(frames, config.window, config.overlap)
    noise = torch.empty(0, 2, model.space.dim)
    earlier: list[Tensor] = []  # x0 of the window before, one (2, T, D) per step
    earlier_stop = 0
    for number, (start, stop) in enumerate(spans):
        shared = max(0, earlier_stop - start)
        fresh = torch.randn(stop - start - shared, 2, model.space.dim, generator=generator)
        noise = torch.cat([noise[len(noise) - shared :], fresh])
        denoise = model.denoiser(condition(start, stop), guidance)
        scheduler = model.scheduler(steps)
        x = noise.transpose(0, 1)[None].to(model.device)
        weight = fade(shared).to(model.device)
        found: list[Tensor] = []
        for i, step in enumerate(scheduler.timesteps.tolist()):
            clean = denoise(x, step)
            if shared:
                before = earlier[i][:, -shared:]
                clean[0, :, :shared] = before + weight * (clean[0, :, :shared] - before)
            found.append(clean[0])
            x = scheduler.step(clean, step, x).prev_sample
        earlier, earlier_stop = found, stop
        following = spans[number + 1][0] if number + 1 < len(spans) else frames
        yield model.denormalise(x[0, :, : following - start]).cpu().numpy()
        progress((number + 1) / len(spans))
