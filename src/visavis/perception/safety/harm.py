"""Utterances classified in single turns, as VENUS was filtered (VM, appendix A.1).

A window slides over all utterances of both people in order of time. It holds two neighbours: a prompt and its response.
Each utterance is thereby judged up to three times: as a response, as a prompt, and by itself. Any of these makes it
harmful: the paper's rule 1 is what the window shows, rule 2 what an utterance is in either place or alone. Rule 3
drops a video with more than three minutes of harmful utterances.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

from visavis.conversation import Conversation, Interval, Participant, Utterance
from visavis.perception.protocol import add_notes
from visavis.perception.safety.exchange import Exchange, HarmClassifier
from visavis.perception.safety.word_list import WordList

MOST_MINUTES = 3.0
"""Of harmful utterances in a video that is kept."""
EVENT = "harmful"


@dataclass(frozen=True)
class HarmfulLanguage:
    """Fills ``events["harmful"]`` of both people: the utterances that are, with their text and times.

    They stay among the utterances. ``provenance["safety"]`` has the classifier's name, the ``minutes`` and how many
    judgements were ``unreadable``.

    Attributes:
        classifier: The word list unless given.
    """

    classifier: HarmClassifier = field(default_factory=WordList)

    def __call__(self, conversation: Conversation) -> Conversation:
        """A copy with the events.

        Raises:
            InputError: The classifier's model is not available.
        """
        spoken = sorted(
            ((u, p) for p, person in enumerate(conversation) for u in person.utterances if u.words),
            key=lambda item: item[0].start,
        )
        harmful, unreadable = self._judge([utterance for utterance, _ in spoken])
        people = [
            _with_event(person, [u for (u, owner), bad in zip(spoken, harmful, strict=True) if bad and owner == p])
            for p, person in enumerate(conversation)
        ]
        done = conversation.with_participants(people[0], people[1])
        minutes = harmful_minutes(done)
        safety = {"classifier": self.classifier.name, "minutes": round(minutes, 4), "unreadable": unreadable}
        notes = []
        if not spoken:
            notes.append("no transcript; harmful language was not checked")
        if any(harmful):
            notes.append(f"{sum(harmful)} utterances ({minutes:.1f} min) are harmful by {self.classifier.name}")
        if unreadable:
            notes.append(f"{self.classifier.name} returned {unreadable} unparsable answers")
        return add_notes(replace(done, provenance={**done.provenance, "safety": safety}), notes)

    def _judge(self, utterances: list[Utterance]) -> tuple[list[bool], int]:
        texts = [utterance.text for utterance in utterances]
        windows = [Exchange(prompt, response) for prompt, response in pairwise(texts)]
        verdicts = self.classifier([*windows, *(Exchange(text) for text in texts)]) if texts else []
        harmful = [verdict.prompt is True for verdict in verdicts[len(windows) :]]
        for i, verdict in enumerate(verdicts[: len(windows)]):
            harmful[i] |= verdict.prompt is True
            harmful[i + 1] |= verdict.response is True
        return harmful, sum(None in (verdict.prompt, verdict.response) for verdict in verdicts)


def harmful_minutes(conversation: Conversation) -> float:
    """Minutes of harmful utterances of both people together."""
    return sum(word.end - word.start for person in conversation for word in person.events.get(EVENT, ())) / 60


def too_harmful(conversation: Conversation, most: float = MOST_MINUTES) -> bool:
    """Whether the video is to be dropped: it has more than `most` minutes of harmful utterances."""
    return harmful_minutes(conversation) > most


def _with_event(person: Participant, utterances: list[Utterance]) -> Participant:
    found = tuple(Interval(utterance.text, utterance.start, utterance.end) for utterance in utterances)
    return replace(person, events={**person.events, EVENT: found})
