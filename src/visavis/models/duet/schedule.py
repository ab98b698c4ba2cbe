"""Duet's noise schedule, and the diffusion steps at which motion is sampled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from visavis.errors import InputError
from visavis.models.duet.config import DiffusionConfig

DECIDED = (-7.0, 1.0)
"""Log-SNR between which motion is decided. Below, noise hides the motion (its share of the power is under 0.1 %);
above, the network predicts what remains in one step."""


def cosine_alphas(train_steps: int) -> Tensor:
    """Share of the signal's power after each training step, (train_steps,): Nichol and Dhariwal 2021, equation 17."""
    alphas: Tensor = _ddim(train_steps).alphas_cumprod.float()
    return alphas


def scheduler(config: DiffusionConfig, steps: int) -> Any:
    """A scheduler set to `steps` steps, with its own state; what it steps with are predictions of the clean sample.

    ``ddim`` is DDIM without noise at evenly spaced steps that begin with the last one, as Talking Together samples.
    ``dpm++`` is DPM-Solver++(2M) (Lu et al. 2022, algorithm 2) at the steps of `log_snr_steps`; its first and its last
    step are of first order, and the last one ends in what the network predicts there.

    Raises:
        InputError: There cannot be so many steps.
    """
    if not 1 <= steps <= config.train_steps:
        raise InputError(f"{steps} sampling steps; expected 1 to {config.train_steps}")
    if config.sampler == "ddim":
        ddim = _ddim(config.train_steps)
        ddim.set_timesteps(steps)
        return ddim
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    solver = DPMSolverMultistepScheduler(
        num_train_timesteps=config.train_steps,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        algorithm_type="dpmsolver++",
        solver_order=2,
        final_sigmas_type="zero",
    )
    solver.set_timesteps(timesteps=log_snr_steps(solver.alphas_cumprod, steps).tolist())
    return solver


def log_snr_steps(alphas: Tensor, count: int) -> Tensor:
    """Diffusion steps, (count,) falling: the last one, which is pure noise, then log-SNR evenly across `DECIDED`.

    Steps spaced evenly in time leave out most of what is decided: of eight, two lie above step 850 of 1000, where a
    cosine schedule's log-SNR rises from -20 to -3.

    Args:
        alphas: (train_steps,) share of the signal's power after each training step.
        count: At most `train_steps`. Where steps would coincide they are neighbours instead.
    """
    share = alphas.double().numpy()
    last = len(share) - 1
    log_snr = np.log(share) - np.log1p(-share)
    wanted = np.linspace(*DECIDED, count - 1)
    nearest = np.rint(np.interp(wanted, log_snr[::-1], np.arange(last, -1, -1))).astype(np.int64)
    steps, order = np.array([last, *nearest]), np.arange(count)
    steps = np.minimum.accumulate(steps + order) - order  # each below the one before ...
    return torch.from_numpy(np.maximum(steps, count - 1 - order))  # ... and none below zero


def _ddim(train_steps: int) -> Any:
    from diffusers.schedulers.scheduling_ddim import DDIMScheduler

    return DDIMScheduler(
        num_train_timesteps=train_steps,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        clip_sample=False,
        set_alpha_to_one=True,
        timestep_spacing="trailing",
    )
