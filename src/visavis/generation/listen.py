"""A conversation in, the same conversation with a listener who answers the speaker out; or a speaker, from speech."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from visavis import __version__
from visavis.conversation import Conversation
from visavis.errors import InputError
from visavis.generation.liveliness import Array, check_liveliness, scale_motion
from visavis.generation.sound import HeardAudio
from visavis.models.dim.masking import LISTENER, SPEAKER
from visavis.models.dim.model import Dim
from visavis.models.dim.sampling import generate
from visavis.models.preprocessing import frame_count, seat_vector, to_seat_frame, to_world_frame
from visavis.motion import Motion

WARMEST = 10.0


def listen(
    conversation: Conversation, model: Dim, *, listener: int = 1, seed: int = 0, temperature: float | None = None,
    stillness: float = 0.0, intensity: float = 1.0, progress: Callable[[float], None] = lambda _share: None,
) -> Conversation:  # fmt: skip
    """Generates the listener's motion from the speaker's motion and voice; either may be missing.

    Args:
        conversation: The speaker's motion, where it is known, is in the model's space and at its rate. What is heard
            is the speaker's own voice where voices are known apart, otherwise the mixed track.
        model: A DIM-Listener.
        listener: Who is moved, 0 for A and 1 for B; how that person really moves is not looked at.
        seed: The same seed and conversation give the same motion on the same machine, another seed another listener.
        temperature: How freely units are drawn, instead of the model's own; 0 always takes the likeliest.
        stillness: 0 to 1, see `visavis.generation.liveliness`.
        intensity: 0 to 2, see there.
        progress: Takes the share done.

    Returns:
        A copy with the listener's motion and its making recorded in the provenance.

    Raises:
        InputError: Something does not fit the model, nothing of the speaker is known, or an option is out of range.
    """
    check_liveliness(stillness, intensity)
    need_stage(model, "listener")
    speaker = 1 - listener
    partner = _motion(conversation, speaker, model)
    hearing = _hearing(conversation, speaker, model)
    if partner is None and hearing is None:
        raise InputError(
            f"conversation {conversation.id!r}: neither motion nor voice of the speaker is known (or the model does "
            "not hear); there is nothing to listen to"
        )
    options = {"temperature": temperature, "stillness": stillness, "intensity": intensity}
    return _moved(conversation, model, listener, LISTENER, partner, hearing, seed, options, progress)


def speak(
    conversation: Conversation, model: Dim, *, speaker: int = 0, seed: int = 0, temperature: float | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> Conversation:  # fmt: skip
    """Generates the speaker's motion from speech alone (section 4.4); arguments and errors as `listen`."""
    need_stage(model, "speaker")
    hearing = _hearing(conversation, speaker, model)
    if hearing is None:
        raise InputError(f"conversation {conversation.id!r} has no sound, or the model does not hear; speech is needed")
    options = {"temperature": temperature, "stillness": 0.0, "intensity": 1.0}
    return _moved(conversation, model, speaker, SPEAKER, None, hearing, seed, options, progress)


def need_stage(model: Dim, stage: str) -> None:
    """Raises `InputError` unless the model was fine-tuned for this."""
    if model.stage != stage:
        raise InputError(
            f"this DIM was last trained in stage {model.stage!r}; one of stage {stage!r} is needed "
            f"(visavis train dim --stage {stage})"
        )


def _moved(
    conversation: Conversation, model: Dim, who: int, role: int, partner: Array | None, hearing: HeardAudio | None,
    seed: int, options: dict[str, Any], progress: Callable[[float], None],
) -> Conversation:  # fmt: skip
    temperature = options["temperature"]
    if temperature is not None and not 0 <= temperature <= WARMEST:
        raise InputError(f"a temperature of {temperature:g}; 0 to {WARMEST:g} is possible")
    frames = frame_count(conversation, model.fps)
    pieces = generate(
        model, role, frames, partner=partner, hearing=hearing, seed=_seed(seed, partner, hearing),
        temperature=temperature, progress=progress,
    )  # fmt: skip
    values = scale_motion(
        np.concatenate(list(pieces)), model.motion_mean.cpu().numpy(), model.space, model.fps,
        stillness=options["stillness"], intensity=options["intensity"],
    )  # fmt: skip
    person = conversation.participants[who]
    motion = Motion(to_world_frame(values, _seat(conversation, who, model), model.space), model.fps, model.space)
    people = [replace(person, motion=motion) if i == who else p for i, p in enumerate(conversation.participants)]
    made = {**model.provenance, "visavis": __version__, "seed": seed, **options}
    return replace(
        conversation.with_participants(people[0], people[1]),
        provenance={**conversation.provenance, f"motion_{'ab'[who]}": made},
    )


def _motion(conversation: Conversation, who: int, model: Dim) -> Array | None:
    """(T, D) as the model takes it, or None; the last frame is held to the conversation's end."""
    motion = conversation.participants[who].motion
    if motion is None:
        return None
    model.check(motion, f"conversation {conversation.id!r}, participant {'AB'[who]}: motion")
    if not len(motion):
        raise InputError(f"conversation {conversation.id!r}, participant {'AB'[who]}: the motion has no frames")
    values = to_seat_frame(motion.values, _seat(conversation, who, model), model.space)
    frames = frame_count(conversation, model.fps)
    return np.concatenate([values, np.repeat(values[-1:], max(0, frames - len(values)), 0)])[:frames]


def _seat(conversation: Conversation, who: int, model: Dim) -> Array:
    """(4,) position and yaw; zeros in spaces that know no places."""
    if not model.space.has("translation"):
        return np.zeros(4, np.float32)
    return seat_vector(conversation.participants[who], "AB"[who], conversation.id)


def _hearing(conversation: Conversation, who: int, model: Dim) -> HeardAudio | None:
    """Features of the person's own voice where it is known, otherwise of the mixed track."""
    from visavis.features.audio import get_encoder

    own = conversation.participants[who].audio
    audio = conversation.mixed if own is None else own
    if audio is None or model.config.encoder is None:
        return None
    return HeardAudio(audio, get_encoder(model.config.encoder), model.fps, frame_count(conversation, model.fps))


def _seed(seed: int, partner: Array | None, hearing: HeardAudio | None) -> int:
    """A seed that belongs to what is seen and heard: two recordings do not get the same nods for the same seed."""
    digest = hashlib.blake2b(str(seed).encode(), digest_size=8)
    if partner is not None:
        digest.update(np.ascontiguousarray(partner).data)
    if hearing is not None:
        digest.update(hearing.audio.samples.data)
    return int.from_bytes(digest.digest()) >> 1  # torch takes 63 bits
