"""Sampling motion from Duet: denoising steps, with windows that see the previous one's motion at every step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.conversation import Conversation
from visavis.features.audio import get_encoder
from visavis.models.batch import Condition
from visavis.models.cues import AudioFeatures, content_seed, performed_of
from visavis.models.duet.core import DuetCore
from visavis.models.preprocessing import conditioning_audio, frame_count, identity_of, seats_of, speaking_of
from visavis.models.windowing import Window, fade, generate_windows, windows
from visavis.reporter import Update

Array = NDArray[np.float32]


class ConversationCondition:
    """Duet's condition for any stretch of a conversation.

    Raises:
        InputError: The conversation lacks sound, seats or speaking probabilities.
    """

    def __init__(self, conversation: Conversation, model: DuetCore) -> None:
        config, fps = model.config, model.fps
        self.frames = frame_count(conversation, fps)
        a, b = conditioning_audio(conversation)
        encoder = get_encoder(config.encoder)
        heard_a = AudioFeatures(a, encoder, fps, self.frames, config.audio_dim)
        self.heard = (heard_a, heard_a if b is a else AudioFeatures(b, encoder, fps, self.frames))
        self.speaking = speaking_of(conversation, fps, self.frames)
        self.seats = seats_of(conversation) if model.space.has("translation") else np.zeros((2, 4), np.float32)
        self.performed = performed_of(conversation, fps, self.frames) if config.network.plan else None
        self.identity = np.stack([identity_of(p, config.network.identity) for p in conversation.participants])

    def __call__(self, start: int, stop: int) -> Condition:
        """Of frames `start` to `stop`, without a batch axis."""
        first = self.heard[0](start, stop)
        audio = [first, first if self.heard[1] is self.heard[0] else self.heard[1](start, stop)]
        arrays: tuple[Array, ...] = (np.stack(audio), self.speaking[:, start:stop], self.seats, self.identity)
        if self.performed is not None:
            arrays = (*arrays, self.performed[:, start:stop])
        return Condition(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))

    def noise_seed(self, seed: int) -> int:
        """A seed that belongs to this sound."""
        return content_seed(seed, [heard.audio.samples for heard in dict.fromkeys(self.heard)])


@dataclass(frozen=True)
class _Earlier:
    """What a window leaves for the next: its noise (T, 2, D) and its prediction (2, T, D) at each step."""

    noise: Tensor
    clean: list[Tensor]


@torch.inference_mode()
def sample(
    model: DuetCore, condition: ConversationCondition, *, seed: int, guidance: float, steps: int,
    update: Update = lambda _share: None,
) -> Iterator[Array]:  # fmt: skip
    """Generates both people's motion for a whole recording.

    Each window starts from noise that belongs to the absolute frame; at every DDIM step the prediction of the clean
    motion in the overlap is cross-faded from what the earlier window predicted at that same step, so that the later
    window continues the earlier one instead of being glued to it afterwards.

    Args:
        model: The trained model.
        condition: What is known.
        seed: Decides the noise.
        guidance: Classifier-free guidance weight.
        steps: DDIM steps.
        update: Takes the share done.

    Yields:
        (2, T, D) consecutive pieces in physical units, in the frames of the seats.
    """
    model.eval()
    generator = torch.Generator().manual_seed(seed)

    def decide(window: Window, earlier: _Earlier | None) -> tuple[Tensor, _Earlier]:
        shared = window.shared
        noise = torch.randn(len(window) - shared, 2, model.space.dim, generator=generator)
        if earlier is not None:
            noise = torch.cat([earlier.noise[len(earlier.noise) - shared :], noise])
        denoise = model.denoiser(condition(window.start, window.stop), guidance)
        scheduler = model.scheduler(steps)
        x = noise.transpose(0, 1)[None].to(model.device)
        weight = fade(shared).to(model.device) if shared else None
        found: list[Tensor] = []
        for i, step in enumerate(scheduler.timesteps.tolist()):
            clean = denoise(x, step)
            if weight is not None and earlier is not None:
                before = earlier.clean[i][:, -shared:]
                clean[0, :, :shared] = before + weight * (clean[0, :, :shared] - before)
            found.append(clean[0])
            x = scheduler.step(clean, step, x).prev_sample
        return model.denormalise(x[0]), _Earlier(noise, found)

    spans = windows(condition.frames, model.config.window, model.config.overlap)
    for piece in generate_windows(spans, decide, update):
        yield piece.cpu().numpy().astype(np.float32)
