"""How the speaker says it, in words for a prompt: tone of voice and facial expression.

The paper's describer reads a transcript only, which is one of its failures by its own account (a joke that was told
solemnly). What is heard and seen of the speaker enters the prompt here as lines of text.
"""

from __future__ import annotations

from visavis.conversation.conversation import Participant
from visavis.conversation.timeline import Interval, Word
from visavis.media.audio import Audio
from visavis.models.retrieval.facts import PRESENT, measure
from visavis.models.retrieval.voice import compare_voices, measure_voice
from visavis.motion import ARKIT, Motion

LAUGHS = ("laugh", "laughter")
"""Names of events of laughing in conversations."""
MOST = 3
"""Things that are said about a face."""
FACE = {
    "laugh": "laughs", "smile": "smiles", "one-sided smile": "has a one-sided smile",
    "brows raised": "raises the brows",
    "inner brows raised": "raises the inner brows", "brows drawn together": "draws the brows together",
    "corners down": "has the mouth's corners down", "nose wrinkled": "wrinkles the nose",
    "eyes wide": "opens the eyes wide", "head down": "hangs the head", "eyes down": "looks down",
    "head shake": "shakes the head", "nod": "nods",
}  # fmt: skip
"""What a speaker's face may be said to do; the mouth's other shapes are those of speech."""
MOODS = {
    "happy": "happy", "amused": "amused", "sad": "sad", "worried": "worried", "angry": "angry",
    "surprised": "surprised", "afraid": "afraid", "disgusted": "disgusted", "contemptuous": "contemptuous",
}  # fmt: skip
CLEAR = 0.45
"""Strength from which on a mood is read off a speaking face; speech alone moves it, too."""


def describe_speaker(speaker: Participant, start: float = 0.0, stop: float | None = None) -> tuple[str, ...]:
    """How somebody speaks, in lines such as ``Alex's voice is loud and quick.``, and what the face does meanwhile.

    The voice is compared with the same person's over the whole conversation; nothing is said of how it differs where
    nothing else of it is known. The face is told where the motion has the columns of `arkit`.

    Args:
        speaker: Voice, words, motion and events, whatever is known.
        start: Seconds; where the stretch to describe begins.
        stop: Seconds; the end of what is known unless given.

    Returns:
        One line for the voice, for laughter and for the face each, where there is something to say.
    """
    stop = float("inf") if stop is None else stop
    lines = [_voice(speaker, start, stop), _face(speaker, start, stop)]
    if any(_overlaps(event, start, stop) for name in LAUGHS for event in speaker.events.get(name, ())):
        lines.insert(1, "Alex laughs while speaking.")
    return tuple(line for line in lines if line)


def _voice(speaker: Participant, start: float, stop: float) -> str:
    audio = speaker.audio
    within = None if audio is None else audio.slice(start, min(stop, audio.duration))
    words = [word for word in speaker.words if _overlaps(word, start, stop)]
    now = measure_voice(_audible(within), words)
    said = compare_voices(now, measure_voice(_audible(audio), speaker.words))
    return f"Alex's voice is {_joined(said)}." if said else ""


def _face(speaker: Participant, start: float, stop: float) -> str:
    motion = speaker.motion
    if motion is None or not set(ARKIT.columns) <= set(motion.space.columns):
        return ""
    part: Motion = motion.slice(round(start * motion.fps), min(len(motion), round(min(stop, 1e9) * motion.fps)))
    if len(part) < 3:
        return ""
    facts = measure(part)
    moods = sorted((mood for mood in MOODS if facts[mood] >= CLEAR), key=lambda mood: -facts[mood])[:1]
    shown = [name for name in facts.shown if name in FACE and facts[name] >= PRESENT][:MOST]
    does = [FACE[name] for name in shown if not (name == "smile" and "laugh" in shown)]
    said = [*(f"looks {MOODS[mood]}" for mood in moods), *does]
    return f"Alex {_joined(said)}." if said else ""


def _audible(audio: Audio | None) -> Audio | None:
    return audio if audio is not None and len(audio) else None


def _overlaps(part: Interval | Word, start: float, stop: float) -> bool:
    return part.end > start and part.start < stop


def _joined(parts: tuple[str, ...] | list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
