"""Whether what people do goes with what is said: ``python -m visavis.simulation.dialogues.responses CORPUS``.

How often a movement is there at certain words, against how often it is there at other words of the same people. Works
on any corpus with words and the events of a plan.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from visavis.behavior.words import plain, word_cues
from visavis.conversation import Conversation, Interval, Participant, Word
from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.perception.words.backchannels import acknowledges

DONT_KNOW = frozenset(("don't know", "dont know", "no idea", "not sure"))

Span = tuple[float, float]


@dataclass(frozen=True)
class Response:
    """A movement that words call for.

    Attributes:
        name: What it is.
        words: The stretches of a person's words (s) that call for it, and all other words.
        event: Name of the events that are the movement.
        near: Seconds before the words begin and after they end for which the movement must be there to count.
        labels: Labels that count; all unless given.
    """

    name: str
    words: Callable[[Participant], tuple[list[Span], list[Span]]]
    event: str
    near: tuple[float, float] = (0.0, 0.0)
    labels: frozenset[str] = frozenset()


@dataclass
class Count:
    """At how many stretches the movement is, and how many there are: called for, and others."""

    called: list[int]
    others: list[int]

    @property
    def rates(self) -> tuple[float, float]:
        """Share of the stretches that are called for, and of the others, at which the movement is."""
        return self.called[0] / max(1, self.called[1]), self.others[0] / max(1, self.others[1])


def _acknowledging(person: Participant) -> tuple[list[Span], list[Span]]:
    brief = [u for u in person.utterances if acknowledges(w.text for w in u.words)]
    others = [(w.start, w.end) for u in person.utterances if u not in brief for w in u.words]
    return [(u.start, u.end) for u in brief], others


def _not_knowing(person: Participant) -> tuple[list[Span], list[Span]]:
    words = person.words
    pairs = [
        (a.start, b.end)
        for a, b in pairwise(words)
        if f"{plain(a.text)} {plain(b.text)}".replace("’", "'") in DONT_KNOW
    ]
    return pairs, _rest(words, pairs)


def _hesitating(person: Participant) -> tuple[list[Span], list[Span]]:
    words = person.words
    spans = [(cue.start, cue.end) for cue in word_cues(words) if cue.kind == "hesitation"]
    return spans, _rest(words, spans)


def _rest(words: Iterable[Word], spans: list[Span]) -> list[Span]:
    """The words that are in none of some stretches."""
    return [(w.start, w.end) for w in words if not any(a <= w.start < b for a, b in spans)]


RESPONSES = (
    Response("nods at acknowledgements", _acknowledging, "nod", (0.0, 0.5)),
    Response('shrugs at "I don\'t know"', _not_knowing, "gesture", (0.0, 0.5), frozenset(("shrug",))),
    Response("looks away at hesitations", _hesitating, "look", labels=frozenset(("away",))),
)


def count(conversations: Iterable[Conversation]) -> Mapping[str, Count]:
    """How often each of `RESPONSES` is where it is called for and elsewhere, by its name."""
    found = {response.name: Count([0, 0], [0, 0]) for response in RESPONSES}
    for conversation in conversations:
        for person in conversation:
            for response in RESPONSES:
                events = [
                    e
                    for e in person.events.get(response.event, ())
                    if not response.labels or e.label in response.labels
                ]
                called, others = response.words(person)
                for spans, tally in ((called, found[response.name].called), (others, found[response.name].others)):
                    tally[0] += sum(_there(events, span, response.near) for span in spans)
                    tally[1] += len(spans)
    return MappingProxyType(found)


def _there(events: Iterable[Interval], span: Span, near: tuple[float, float]) -> bool:
    """Whether one of the events is there around a stretch of words."""
    return any(event.start < span[1] + near[1] and event.end > span[0] - near[0] for event in events)


def as_text(counts: Mapping[str, Count]) -> str:
    """A table in Markdown."""
    rows = ["| what | where words call for it | at all other words |", "| --- | --- | --- |"]
    for name, tally in counts.items():
        called, others = tally.rates
        rows.append(f"| {name} | {called:.1%} of {tally.called[1]:,} | {others:.1%} of {tally.others[1]:,} |")
    return "\n".join(rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="folder of a corpus, as visavis simulate --dialogues writes it")
    given = parser.parse_args()
    try:
        corpus = Corpus.open(given.corpus)
        print(as_text(count(corpus[id] for id in corpus.ids)))
    except InputError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
