"""Sampling motion from Duet: denoising, with windows that see the previous one's motion at every step."""

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
from visavis.models.duet.schedule import scheduler
from visavis.models.preprocessing import conditioning_audio, frame_count, identity_of, seats_of, speaking_of
from visavis.models.windowing import Window, fade, generate_windows, windows
from visavis.reporter import Update

Array = NDArray[np.float32]

AROUND = 2
"""Frames before and after speech in which the mouth still belongs to it; 80 ms at 25 frames/s."""


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


def mean_share(speaking: Tensor, model: DuetCore) -> Tensor:
    """How far each value follows the first prediction instead of its own sample, (2, T, D) from 0 to 1.

    Args:
        speaking: (2, T) speaking probabilities. Who is silent may laugh or smile, which the sound leaves open.
        model: Says which columns articulate, and whether they take the mean at all.
    """
    share = torch.zeros(*speaking.shape, model.space.dim)
    if model.config.diffusion.articulation == "mean" and model.space.has("articulation"):
        share[..., torch.as_tensor(model.space.indices("articulation"))] = _widened(speaking.float())[..., None]
    return share


def _widened(speaking: Tensor) -> Tensor:
    """Mouths move before and after the sound: the greatest probability within `AROUND` frames, then its moving mean."""
    width = 2 * AROUND + 1
    widest = torch.nn.functional.max_pool1d(speaking[None], width, 1, AROUND)
    padded = torch.nn.functional.pad(widest, (AROUND, AROUND), mode="replicate")
    return torch.nn.functional.avg_pool1d(padded, width, 1)[0]


@torch.inference_mode()
def sample(
    model: DuetCore, condition: ConversationCondition, *, seed: int, guidance: float, steps: int,
    update: Update = lambda _share: None,
) -> Iterator[Array]:  # fmt: skip
    """Generates both people's motion for a whole recording.

    Each window starts from noise that belongs to the absolute frame; at every step the prediction of the clean motion
    in the overlap is cross-faded from what the earlier window predicted at that same step, so that the later window
    continues the earlier one instead of being glued to it afterwards.

    With ``diffusion.articulation: mean`` the mouths of those who speak keep the first step's prediction. That step sees
    pure noise, so it predicts the mean of all motion that fits the sound: what one wants of lips, which the sound
    decides, and not of blinks, glances and nods, which it leaves open. The other columns are denoised beside it.

    Args:
        model: The trained model.
        condition: What is known.
        seed: Decides the noise.
        guidance: Classifier-free guidance weight.
        steps: Denoising steps.
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
        known = condition(window.start, window.stop)
        denoise = model.denoiser(known, guidance)
        decided = mean_share(known.speaking, model).to(model.device)
        solver = scheduler(model.config.diffusion, steps)
        x = noise.transpose(0, 1)[None].to(model.device)
        weight = fade(shared).to(model.device) if shared else None
        found: list[Tensor] = []
        for i, step in enumerate(solver.timesteps.tolist()):
            clean = denoise(x, step)
            if weight is not None and earlier is not None:
                before = earlier.clean[i][:, -shared:]
                clean[0, :, :shared] = before + weight * (clean[0, :, :shared] - before)
            found.append(clean[0])
            x = solver.step(torch.lerp(clean, found[0][None], decided), step, x).prev_sample
        return model.denormalise(x[0]), _Earlier(noise, found)

    spans = windows(condition.frames, model.config.window, model.config.overlap)
    for piece in generate_windows(spans, decide, update):
        yield piece.cpu().numpy().astype(np.float32)
