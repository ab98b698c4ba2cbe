"""Duet as a model of behaviour: both people's motion from audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from torch import Tensor

from visavis.conversation import Conversation
from visavis.models.base import Capabilities, Cue, SamplingOption, chosen_options
from visavis.models.cues import check_cues
from visavis.models.duet.config import DuetConfig
from visavis.models.duet.core import DuetCore
from visavis.models.duet.sampling import ConversationCondition, sample
from visavis.models.duet.statistics import Statistics
from visavis.models.preprocessing import placed_motion
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import MotionSpace
from visavis.reporter import Update, portion

MAX_GUIDANCE = 20.0
SAMPLERS = {"ddim": "DDIM", "dpm++": "DPM-Solver++(2M)"}
"""What people call them."""


class Duet(DuetCore):
    """The dual-stream diffusion model of Talking Together, in any motion space."""

    @property
    def capabilities(self) -> Capabilities:
        """Speakers and listeners from the sound and who speaks when."""
        diffusion = self.config.diffusion
        options = {
            "guidance_scale": SamplingOption(
                diffusion.guidance_scale, 0.0, MAX_GUIDANCE, "classifier-free guidance weight; 1 is off"
            ),
            "steps": SamplingOption(diffusion.sample_steps, 1, diffusion.train_steps, "denoising steps"),
        }
        needs: frozenset[Cue] = frozenset({"audio", "speaking", *(("plan",) if self.config.network.plan else ())})
        return Capabilities(
            roles=frozenset({"speaker", "listener"}), needs=needs, writes=self.space, options=options,
        )  # fmt: skip

    @classmethod
    def build(
        cls, config: DuetConfig, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor],
        state: Mapping[str, Any],
    ) -> Duet:  # fmt: skip
        """An untrained Duet; see `BehaviorModel.build`."""
        return cls(config, space, fps, Statistics(**statistics))

    def card(self) -> list[str]:
        """What it does and where its limits are."""
        diffusion = self.config.diffusion
        return [
            "Animates two people in conversation - faces, heads, eyes and positions in the room - from the audio of "
            "their conversation: a dual-stream diffusion model after *Talking Together* (Shan et al.).", "",
            f"- Windows of {self.config.window} frames; audio features `{self.config.encoder}`; width "
            f"{self.config.network.width}; {diffusion.sample_steps} {SAMPLERS[diffusion.sampler]} steps, guidance "
            f"{diffusion.guidance_scale:g}.", "",
            "It reproduces what its training corpus shows: behaviour that a simulated corpus only imitates (gaze, "
            "nods, "
            "smiles) is an imitation here too. It does not understand words. It should not be used to make real people "
            "appear to do what they did not do.",
        ]  # fmt: skip

    def generate(
        self, conversation: Conversation, people: Sequence[int] = (0, 1), *, samples: int = 1, seed: int = 0,
        options: Mapping[str, float] = MappingProxyType({}), update: Update = lambda _share: None,
    ) -> list[Conversation]:  # fmt: skip
        """Moves people from the sound: each by the own voice where both are known apart, else by the mixed track.

        Both people are always generated together; whoever is not in `people` keeps the motion that is there.
        """
        check_cues(conversation, people, self.capabilities, self.name)
        chosen = chosen_options(self.capabilities, options, self.name)
        condition = ConversationCondition(conversation, self)
        found = []
        for number in range(samples):
            pieces = sample(
                self, condition, seed=condition.noise_seed(sample_seed(seed, number)),
                guidance=chosen["guidance_scale"], steps=int(chosen["steps"]),
                update=portion(update, number / samples, 1 / samples),
            )  # fmt: skip
            values = np.concatenate(list(pieces), axis=1)
            moved = {p: placed_motion(values[p], condition.seats[p], self.space, self.fps) for p in people}
            found.append(
                with_motion(conversation, moved, {**self.provenance, "seed": seed, "sample": number, **chosen})
            )
        return found
