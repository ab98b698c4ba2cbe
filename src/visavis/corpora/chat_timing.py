"""When written chats would be spoken: words, pauses and gaps as long as in calls and meetings.

The numbers are in ``chat_timing.yaml``, measured by `visavis.simulation.dialogues.fit_timing`: how long words last by
their number of phones, how people's paces differ, how much longer the last word before a silence is, how long pauses
within a turn are, and how long it takes until the other person begins (telephone calls, Switchboard). Calls are
transcribed without marks; how often a mark comes with a pause is that of sentences' ends in AMI meetings.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from visavis.conversation import Conversation, Interval, Participant, Utterance, Word
from visavis.perception.emotion.labels import LABELS
from visavis.perception.words.spoken import FUNCTION_WORDS, plain_text, sounds

BEGINS, ENDS = 0.4, 0.6
"""Seconds of silence before the first and after the last word."""
GOING = 0.4
"""Share of a turn that has been said before the other's may begin."""
APART = 0.15
"""Seconds that a person's turn keeps from that person's last one."""
QUICKEST = 0.06
"""Seconds that a word lasts at least."""
USUAL = 2.0
"""Standard deviations from the mean beyond which nothing is drawn."""

_MARKS = re.compile(r"^[.,!?;…]+[\"')\]]*$")
_MARKED = re.compile(r"[.!?…,;:][\"')\]]*$")


@dataclass(frozen=True)
class Message:
    """One message of a chat.

    Attributes:
        person: 0 or 1, who wrote it.
        text: The message.
        emotion: Its label, if the corpus has one.
    """

    person: int
    text: str
    emotion: str | None = None


def timed_chat(
    id: str, messages: Sequence[Message], about: dict[str, Any], names: tuple[str, str] = ("A", "B")
) -> Conversation:
    """A chat as if it were spoken; the same id and messages give the same times.

    What cannot be pronounced (marks that stand alone, emoticons, other scripts) is left out; a message of nothing else
    is left out whole.

    Args:
        id: Of the conversation; decides what is left to chance.
        messages: In order.
        about: Provenance; `estimated` is added to it, since nobody said this at these times.
        names: Of both people.
    """
    numbers = measured()
    rng = np.random.default_rng(list(hashlib.sha256(id.encode()).digest()))
    paces = np.exp(numbers["person_spread"] * np.clip(rng.standard_normal(2), -USUAL, USUAL))
    said: tuple[list[Utterance], list[Utterance]] = ([], [])
    labels: tuple[list[Interval], list[Interval]] = ([], [])
    free = [0.0, 0.0]
    last: Utterance | None = None
    speaker = -1
    for message in messages:
        texts = spoken_texts(message.text)
        if not texts:
            continue
        if last is None:
            start = BEGINS
        elif message.person == speaker:
            start = last.end + _drawn(rng, numbers["pause"])
        else:
            going = last.start + GOING * (last.end - last.start)
            start = max(last.end + _drawn(rng, numbers["offset"]), going, free[message.person] + APART)
        last, speaker = _utterance(rng, texts, start, float(paces[message.person])), message.person
        free[speaker] = last.end
        said[speaker].append(last)
        if message.emotion is not None:
            labels[speaker].append(Interval(message.emotion, last.start, last.end))
    people = [
        Participant(name, utterances=tuple(mine), events={LABELS: tuple(felt)} if felt else {})
        for name, mine, felt in zip(names, said, labels, strict=True)
    ]
    return Conversation(id, (people[0], people[1]), max(free) + ENDS, provenance={**about, "estimated": ["times"]})


def spoken_texts(text: str) -> list[str]:
    """The words of a message that can be said, with their marks; marks that stand alone go to the word before."""
    found: list[str] = []
    for piece in text.encode("utf-8", "ignore").decode().split():  # JSON can have halves of characters
        if sounds(piece):
            found.append(piece)
        elif found and _MARKS.match(piece):
            found[-1] += piece
    return found


def _utterance(rng: np.random.Generator, texts: list[str], start: float, pace: float) -> Utterance:
    """Words one after the other, with pauses; a word before a pause is drawn out."""
    numbers = measured()
    words = []
    at = start
    for i, text in enumerate(texts):
        pauses = i + 1 < len(texts) and _MARKED.search(text) and rng.random() < numbers["pause_chance"]
        pause = _drawn(rng, numbers["pause"]) if pauses else 0.0
        final = numbers["final"] if pause or i + 1 == len(texts) else 1.0
        spread = np.exp(numbers["word_spread"] * np.clip(rng.standard_normal(), -USUAL, USUAL))
        seconds = max(QUICKEST, usual_seconds(text) * pace * final * float(spread))
        words.append(Word(text, at, at + seconds))
        at += seconds + pause
    return Utterance(start, words[-1].end, tuple(words))


def usual_seconds(text: str) -> float:
    """How long a word lasts within a phrase, by its number of phones and whether it carries meaning."""
    numbers = measured()["word_seconds"]
    by_phones: list[float] = numbers["function" if plain_text(text).strip(".,!?;:\"'") in FUNCTION_WORDS else "content"]
    count = len(sounds(text))
    return by_phones[min(count, len(by_phones)) - 1] * max(1.0, count / len(by_phones))


def _drawn(rng: np.random.Generator, quantiles: Sequence[float]) -> float:
    """One value from a distribution given by its quantiles (straight lines between them)."""
    levels = measured()["levels"]
    return float(np.interp(rng.uniform(levels[0], levels[-1]), levels, quantiles))


@cache
def measured() -> dict[str, Any]:
    """The measured numbers; see the file for what each is."""
    text = files(__package__).joinpath("chat_timing.yaml").read_text(encoding="utf-8")
    numbers: dict[str, Any] = yaml.safe_load(text)
    return numbers
