"""The emotion that faces show against the one that their words have, on chats that nothing was learnt from.

Run ``python -m benchmarks.shown_emotions [FOLDER]``; it prints Markdown. FOLDER holds ``topical-chat/`` (default
``../shared/data``). Turns are said by the built-in voice without its sound; moods follow from their words, faces from
the moods; then the emotion is read off the faces by action units, apart from what made them, and compared with the
label of the turn's writer. Beside it stands what is found where the words are another turn's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.behavior.context import people_of
from visavis.behavior.curves import FPS
from visavis.behavior.mood import moods_of
from visavis.behavior.performing.feelings import shapes_of_moods
from visavis.conversation import Conversation, Participant, Utterance, Word
from visavis.corpora.topical_chat import Turn, turns
from visavis.errors import InputError
from visavis.evaluation.expressions import emotion_shown
from visavis.perception.emotion.classifier import EMOTIONS, EmotionClassifier
from visavis.simulation.voices.builtin import BuiltinVoice

CONVERSATIONS, DRAWS = 200, 1000
PAUSE = 0.6
"""Seconds between turns."""


def spoken(said: Sequence[Turn]) -> tuple[Conversation, list[tuple[int, float, float]]]:
    """One chat as a conversation with words in time, and of each turn its speaker, start and end (s).

    Turns without a word that can be said last no time.
    """
    voices = (BuiltinVoice("ada"), BuiltinVoice("ben"))
    utterances: tuple[list[Utterance], list[Utterance]] = ([], [])
    spans, clock = [], PAUSE
    for n, turn in enumerate(said):
        try:
            speech = voices[turn.agent].silently(turn.text, n)
        except InputError:
            spans.append((turn.agent, clock, clock))
            continue
        # The voice writes words without marks, by which sentences are told; so the turn's own words get its time.
        pieces, length = turn.text.split(), speech.audio.duration
        edges = clock + length * np.cumsum([0, *(len(piece) for piece in pieces)]) / sum(len(piece) for piece in pieces)
        words = tuple(Word(t, float(a), float(b)) for t, a, b in zip(pieces, edges[:-1], edges[1:], strict=True))
        utterances[turn.agent].append(Utterance(clock, clock + length, words))
        spans.append((turn.agent, clock, clock + length))
        clock += length + PAUSE
    people = tuple(Participant(name, utterances=tuple(found)) for name, found in zip("AB", utterances, strict=True))
    return Conversation("chat", people, clock + 2.0), spans  # type: ignore[arg-type]


def shown_in(said: Sequence[Turn], classifier: EmotionClassifier, seed: int) -> tuple[list[str], list[str]]:
    """The emotion read off the speaker's face and off the listener's, from the start of each turn to 0.5 s after it."""
    conversation, spans = spoken(said)
    people = people_of(conversation)
    moods = moods_of(np.random.default_rng(seed), conversation, people, classifier)
    faces = [shapes_of_moods(events, me.frames, me.speaking) for events, me in zip(moods, people, strict=True)]
    speakers: list[str] = []
    listeners: list[str] = []
    for agent, start, end in spans:
        for found, who in ((speakers, agent), (listeners, 1 - agent)):
            a, b = int(start * FPS), min(people[who].frames, max(int(start * FPS) + 1, int((end + 0.5) * FPS)))
            found.append(emotion_shown({name: curve[a:b] for name, curve in faces[who].items()})[0])
    return speakers, listeners


def interval(
    true: NDArray[np.intp], found: NDArray[np.intp], chats: NDArray[np.intp], rng: np.random.Generator
) -> tuple[float, float, float]:
    """Mean recall over emotions, and its 95 % interval by drawing chats with replacement."""
    size = len(EMOTIONS)
    tables = np.zeros((chats.max() + 1, size, size))
    np.add.at(tables, (chats, true, found), 1)

    def recall(table: NDArray[np.float64]) -> float:
        totals = table.sum(1)
        return float(np.mean(np.diag(table)[totals > 0] / totals[totals > 0]))

    draws = [recall(tables[rng.integers(len(tables), size=len(tables))].sum(0)) for _ in range(DRAWS)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return recall(tables.sum(0)), float(low), float(high)


@dataclass(frozen=True)
class Agreement:
    """How well what faces show agrees with the words' labels.

    Attributes:
        who: Whose face, ``speaker`` or ``listener``.
        words: ``the turn's own`` or ``another turn's``.
        recall: Mean over emotions, with its 95 % interval.
        accuracy: Share of the turns.
    """

    who: str
    words: str
    recall: tuple[float, float, float]
    accuracy: float


def measured(folder: Path, conversations: int = CONVERSATIONS) -> tuple[list[Agreement], int, int]:
    """Both people's faces with the turns' own words and with those of others; how many turns, and of how many chats.

    Args:
        folder: Of Topical-Chat.
        conversations: How many of the test sets' chats, evenly spaced.

    Raises:
        InputError: A file is missing.
    """
    chats: dict[str, list[Turn]] = {}
    for turn in turns(folder, "test"):
        chats.setdefault(turn.conversation, []).append(turn)
    names = sorted(chats)
    kept = [chats[names[i]] for i in np.unique(np.linspace(0, len(names) - 1, conversations).astype(int))]
    classifier = EmotionClassifier()
    true, which = [], []
    shown: dict[str, list[str]] = {"speaker": [], "listener": []}
    for n, said in enumerate(kept):
        speakers, listeners = shown_in(said, classifier, n)
        true += [turn.emotion for turn in said]
        which += [n] * len(said)
        shown["speaker"] += speakers
        shown["listener"] += listeners
    rng = np.random.default_rng(0)
    labels, groups = np.array([EMOTIONS.index(name) for name in true]), np.array(which)
    rows = []
    for who, names_shown in shown.items():
        found = np.array([EMOTIONS.index(name) for name in names_shown])
        for words, these in (("the turn's own", found), ("another turn's", rng.permutation(found))):
            recall = interval(labels, these, groups, rng)
            rows.append(Agreement(who, words, recall, float(np.mean(these == labels))))
    return rows, len(true), len(kept)


def table(folder: Path, conversations: int = CONVERSATIONS) -> list[str]:
    """Lines of Markdown; see `measured`."""
    rows, turns_counted, chats = measured(folder, conversations)
    lines = [
        f"{turns_counted:,} turns of {chats} chats. Chance is {1 / len(EMOTIONS):.3f}.",
        "",
        "| face of | words | mean recall (95 % interval) | times chance | accuracy |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    for row in rows:
        mean, low, high = row.recall
        times = mean * len(EMOTIONS)
        lines.append(
            f"| {row.who} | {row.words} | {mean:.3f} ({low:.3f}-{high:.3f}) | {times:.2f} | {row.accuracy:.3f} |"
        )
    return lines


if __name__ == "__main__":
    print("\n".join(table(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data") / "topical-chat")))
