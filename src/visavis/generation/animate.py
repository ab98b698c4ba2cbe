"""A conversation in, the same conversation with both people moving out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from visavis import __version__
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.generation.sound import ConversationCondition
from visavis.generation.windows import generate_windows
from visavis.models.duet.model import Duet
from visavis.models.preprocessing import to_world_frame
from visavis.motion import Motion, face_to_face

MAX_GUIDANCE = 20.0


def animate(
    conversation: Conversation, model: Duet, *, seed: int = 0, guidance: float | None = None, steps: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Conversation:  # fmt: skip
    """Generates both people's motion from the conversation's sound.

    Each person is moved by the own voice where both voices are known apart, otherwise by the mixed track and by who
    speaks when, which is found out first if it is not known. People without seats face each other at 1 m.

    Args:
        conversation: With sound.
        model: A trained Duet.
        seed: The same seed and sound give the same motion on the same machine; another sound gets other noise.
        guidance: Classifier-free guidance weight, instead of the model's own.
        steps: DDIM steps, instead of the model's own.
        progress: Takes the share done.

    Returns:
        A copy with motion, seats and speaking filled in, and its making recorded in the provenance.

    Raises:
        InputError: There is no sound, or an option is out of range.
    """
    from visavis.features.audio import get_encoder

    guidance = model.config.diffusion.guidance if guidance is None else guidance
    steps = model.config.diffusion.sample_steps if steps is None else steps
    if not (np.isfinite(guidance) and 0 <= guidance <= MAX_GUIDANCE):
        raise InputError(f"a guidance of {guidance:g}; 0 to {MAX_GUIDANCE:g} is possible, 1 is none")
    if any(person.speaking is None for person in conversation.participants):
        from visavis.perception.speaking import Diarizer

        conversation = Diarizer()(conversation)
    seats = face_to_face()
    conversation = conversation.with_participants(
        *(replace(p, seat=p.seat or seat) for p, seat in zip(conversation.participants, seats, strict=True))
    )
    condition = ConversationCondition(conversation, model.config, get_encoder(model.config.encoder))
    pieces = generate_windows(
        model, condition, condition.frames, seed=condition.noise_seed(seed), guidance=guidance, steps=steps,
        progress=progress or (lambda _share: None),
    )  # fmt: skip
    values = np.concatenate(list(pieces), axis=1)
    people = [
        replace(
            person, motion=Motion(to_world_frame(values[i], condition.seats[i], model.space), model.fps, model.space)
        )
        for i, person in enumerate(conversation.participants)
    ]
    made = {**model.provenance, "visavis": __version__, "seed": seed, "guidance": guidance, "steps": steps}
    return replace(
        conversation.with_participants(*people),
        provenance={**conversation.provenance, "motion": made},
    )
