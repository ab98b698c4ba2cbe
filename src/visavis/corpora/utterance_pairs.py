"""Utterance-level pairs: each utterance of a transcript as a clip, with the speaker as A and the listener as B.

So the DIM paper (Tran et al. 2024, 4.1) gets its samples from CANDOR's transcripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from visavis.conversation import Conversation
from visavis.conversation.conversation import Participant

SHORTEST = 1.0
"""Seconds below which an utterance shows too little of either person."""


def utterance_pairs(conversation: Conversation, *, shortest: float = SHORTEST) -> Iterator[Conversation]:
    """What both people do during each utterance, in order of time.

    Backchannels are no utterances of their own: they stay with whom they answer.

    Args:
        conversation: With utterances.
        shortest: Seconds; shorter utterances are left out.

    Yields:
        Conversations ``<id>.u0000`` and on, on a clock that begins with the utterance; edges lie on frames of the
        motion, if there is any. Provenance names the whole conversation and where in it the utterance begins.
    """
    fps = next((person.motion.fps for person in conversation if person.motion is not None), None)
    turns = sorted(
        (utterance.start, utterance.end, speaker)
        for speaker, person in enumerate(conversation)
        for utterance in person.utterances
        if utterance.kind == "turn"
    )
    for number, (start, end, speaker) in enumerate(turns):
        if fps is not None:
            start, end = round(start * fps) / fps, round(end * fps) / fps
        end = min(end, conversation.duration)
        if end - start < shortest:
            continue
        cut = conversation.window(start, end)
        pair = replace(
            cut if speaker == 0 else cut.swapped(),
            id=f"{conversation.id}.u{number:04d}",
            provenance={**conversation.provenance, "conversation": conversation.id, "start": start},
        )
        yield pair.with_participants(*(_lettered(letter, p) for letter, p in zip("AB", pair, strict=True)))


def _lettered(letter: str, person: Participant) -> Participant:
    """People called A and B by place alone are called so by their new place."""
    return replace(person, name=letter) if person.name in ("A", "B") else person
