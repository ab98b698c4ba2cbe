"""DIM as a model of behaviour: listeners who respond to a speaker, and speakers from speech."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.models.base import Capabilities, Cue, Role, SamplingOption, chosen_options
from visavis.models.cues import check_cues, content_seed, motion_of, performed_of, seat_of, voice_features
from visavis.models.dim.config import STAGES, DimConfig
from visavis.models.dim.core import DimCore
from visavis.models.dim.masking import LISTENER, SPEAKER
from visavis.models.dim.sampling import sample
from visavis.models.dim.statistics import Statistics
from visavis.models.preprocessing import frame_count, placed_motion
from visavis.models.samples import sample_seed, with_motion
from visavis.motion import Motion, MotionSpace
from visavis.reporter import Update, portion
from visavis.tokenizers.config import TokenizerConfig
from visavis.tokenizers.statistics import MotionStatistics
from visavis.tokenizers.vq import VQTokenizer

Array = NDArray[np.float32]
WARMEST = 10.0
DOES: Mapping[str, str] = {
    "tokenizers": "Tokenizes speakers' and listeners' motion",
    "pretrain": "Models the joint behaviour of speaker and listener; needs fine-tuning",
    "listener": "Generates a listener from the speaker's motion and voice",
    "speaker": "Generates a speaker from speech",
}
"""What a checkpoint is good for after each stage."""


class Dim(DimCore):
    """Dyadic Interaction Modeling, in any motion space."""

    @property
    def capabilities(self) -> Capabilities:
        """Whom the last stage of training was for."""
        warmest = SamplingOption(
            self.config.sampling.temperature, 0.0, WARMEST, "sampling temperature of the units; 0 takes the most likely"
        )
        hears: set[Cue] = {"audio"} if self.config.encoder is not None and self.audio_dim else set()
        if self.stage == "speaker":
            return Capabilities(frozenset({"speaker"}), frozenset(hears), self.space, options={"temperature": warmest})
        roles: set[Role] = {"listener"} if self.stage == "listener" else set()
        reads: set[Cue] = {"partner_motion", *hears}
        needs: frozenset[Cue] = frozenset({"plan"}) if self.config.plan else frozenset()
        return Capabilities(
            frozenset(roles), needs, self.space, uses=frozenset(reads), reads=self.space,
            options={"temperature": warmest},
        )  # fmt: skip

    @classmethod
    def build(
        cls, config: DimConfig, space: MotionSpace, fps: float, statistics: Mapping[str, Tensor],
        state: Mapping[str, Any],
    ) -> Dim:  # fmt: skip
        """An untrained DIM; see `BehaviorModel.build`."""
        stage = state.get("stage")
        if stage not in STAGES:
            raise InputError(f"stage: is {str(stage)[:40]!r}; one of {', '.join(STAGES)} is needed")
        measured = Statistics(**statistics)
        measured.check(space.dim, "statistics")
        model = build_dim(config, space, fps, measured)
        model.begin(stage)
        return model

    def state(self) -> dict[str, Any]:
        """What was trained last."""
        return {"stage": self.stage}

    def card(self) -> list[str]:
        """What it does and where its limits are."""
        return [
            f"{DOES[self.stage]}, after *Dyadic Interaction Modeling* (Tran et al.).", "",
            f"- Stage `{self.stage}`, windows of {self.config.window} frames, audio features `{self.config.encoder}`, "
            f"width {self.config.network.width}.",
            f"- Units: {self.num_codebooks} of {self.codebook_size} codes per {self.downsample_factor} frames, in "
            f"{self.config.sampling.rounds} rounds.", "",
            "It reproduces what its training corpus shows; behaviour that a simulated corpus only imitates (gaze, "
            "nods, smiles) is an "
            "imitation here too. It does not understand words. It should not be used to make real people appear to do "
            "what they did not do.",
        ]  # fmt: skip

    def rest_pose(self) -> Array:
        """The mean pose of the training corpus."""
        return self.motion_mean.cpu().numpy()

    def generate(
        self, conversation: Conversation, people: Sequence[int] = (0, 1), *, samples: int = 1, seed: int = 0,
        options: Mapping[str, float] = MappingProxyType({}), update: Update = lambda _share: None,
    ) -> list[Conversation]:  # fmt: skip
        """Moves listeners in answer to the other's motion and voice, either of which may be missing, or speakers.

        What a listener hears is the other's own voice where voices are known apart, otherwise the mixed track.

        Raises:
            InputError: Nothing of the speaker is known, or see `BehaviorModel.generate`.
        """
        check_cues(conversation, people, self.capabilities, self.name)
        if not self.capabilities.roles:
            raise InputError(
                f"this DIM was last trained in stage {self.stage!r} and cannot generate motion yet; continue its "
                "training for listeners or "
                "speakers (visavis train dim --stage listener)"
            )
        chosen = chosen_options(self.capabilities, options, self.name)
        found = []
        for number in range(samples):
            moved = {}
            for turn, person in enumerate(people):
                start, share = (number + turn / len(people)) / samples, 1 / (samples * len(people))
                moved[person] = self._moved(
                    conversation, person, sample_seed(seed, number), chosen["temperature"],
                    portion(update, start, share),
                )  # fmt: skip
            made = {**self.provenance, "seed": seed, "sample": number, **chosen}
            found.append(with_motion(conversation, moved, made))
        return found

    def _moved(self, conversation: Conversation, person: int, seed: int, temperature: float, update: Update) -> Motion:
        role = LISTENER if self.stage == "listener" else SPEAKER
        speaker = person if role == SPEAKER else 1 - person
        partner = motion_of(conversation, speaker, self.space, self.fps) if role == LISTENER else None
        encoder = self.config.encoder if self.audio_dim else None
        hearing = voice_features(conversation, speaker, encoder, self.fps, self.audio_dim)
        if partner is None and hearing is None:
            raise InputError(
                f"conversation {conversation.id!r}: the speaker has neither motion nor voice (or the model does not "
                "use voice), so there is nothing to react to"
            )
        known = [*([] if partner is None else [partner]), *([] if hearing is None else [hearing.audio.samples])]
        pieces = sample(
            self, role, frame_count(conversation, self.fps), partner=partner, hearing=hearing,
            seed=content_seed(seed, known), temperature=temperature, update=update,
        )  # fmt: skip
        values = np.concatenate(list(pieces))
        if self.config.plan and role == LISTENER:
            performed = performed_of(conversation, self.fps, len(values))[person]
            values = values + performed @ self.planned.cpu().numpy()
        return placed_motion(values, seat_of(conversation, person, self.space), self.space, self.fps)


def build_dim(
    config: DimConfig, space: MotionSpace, fps: float, statistics: Statistics | None = None,
    scales: MotionStatistics | None = None,
) -> Dim:  # fmt: skip
    """An untrained DIM with untrained tokenizers.

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
        family=section.family, window=config.window, downsample_factor=section.downsample_factor,
        network=section.network, codebook=section.codebook, losses=section.losses,
    )  # type: ignore[call-arg]  # fmt: skip
    tokenizers = (VQTokenizer(settings, space, fps, scales), VQTokenizer(settings, space, fps, deepcopy(scales)))
    return Dim(config, space, fps, statistics or Statistics.neutral(space.dim), tokenizers)
