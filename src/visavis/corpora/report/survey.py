"""One pass over a corpus's tables: everything is counted, a bounded part sampled; no audio or frames are read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from visavis.conversation.corpus import Corpus
from visavis.conversation.corpus_schema import parse_json
from visavis.corpora.report.reservoir import Reservoir
from visavis.corpora.report.wording import SENTENCE_END, TRIMMED
from visavis.perception.safety.harm import EVENT as HARMFUL
from visavis.reporter import Update

PEOPLE = 200
"""People whose frames are looked at."""
UTTERANCES = 2000
"""Utterances whose words are looked at."""
TITLES = 20_000


@dataclass(frozen=True)
class Person:
    """Where to find one person's motion.

    Attributes:
        conversation: Its id.
        letter: ``A`` or ``B``.
        space: Of the motion, or empty.
        tracks: What else is known of every frame.
    """

    conversation: str
    letter: str
    space: str
    tracks: tuple[str, ...]


@dataclass
class Survey:
    """What was counted and what was sampled.

    Attributes:
        seconds: Of all conversations.
        channels: Where videos were published, if known.
        videos: What conversations were cut from: sessions, else recordings, else themselves.
        languages: Conversations by language code.
        sources: Conversations by where they come from.
        names: Of people, where they have one.
        titles: Of recordings, where known.
        utterances: All, backchannels included.
        backchannels: Of them.
        turns: Stretches in which one person has the floor, whatever backchannels the other gives.
        sentences: By punctuation; an utterance without any is one.
        spoken: Seconds of all utterances.
        words: How often each is said; lower case, without punctuation.
        covered: Frames of the speaker's own motion during utterances.
        frames: Of motion, by space.
        people: By space, how many move in it.
        tracks: Frames of each track.
        harmful: Harmful utterances.
        harmful_seconds: How long they last.
        searched: Conversations that were searched for harmful language.
        sample: People to look at.
        said: Utterances to look at: conversation and text.
    """

    seconds: float = 0.0
    channels: set[str] = field(default_factory=set)
    videos: set[str] = field(default_factory=set)
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    titles: Reservoir[str] = field(default_factory=lambda: Reservoir(TITLES, 0))
    utterances: int = 0
    backchannels: int = 0
    turns: int = 0
    sentences: int = 0
    spoken: float = 0.0
    words: Counter[str] = field(default_factory=Counter)
    covered: float = 0.0
    frames: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    tracks: Counter[str] = field(default_factory=Counter)
    harmful: int = 0
    harmful_seconds: float = 0.0
    searched: int = 0
    sample: Reservoir[Person] = field(default_factory=lambda: Reservoir(PEOPLE, 1))
    said: Reservoir[str] = field(default_factory=lambda: Reservoir(UTTERANCES, 2))


def survey(corpus: Corpus, update: Update = lambda _share: None) -> Survey:
    """Counts a corpus.

    Raises:
        InputError: A table is broken.
    """
    found = Survey()
    seen = 0
    names = ("conversations", "participants", "utterances", "events")
    for conversations, participants, utterances, events in zip(*map(corpus.tables, names), strict=True):
        _conversations(found, conversations)
        rates = _participants(found, participants)
        if len(utterances):
            _utterances(found, utterances, rates)
        harm = events.filter(pc.equal(events["name"], HARMFUL))
        found.harmful += len(harm)
        found.harmful_seconds += pc.sum(pc.subtract(harm["end"], harm["start"])).as_py() or 0.0
        seen += len(conversations)
        update(seen / max(len(corpus), 1))
    return found


def _conversations(found: Survey, table: pa.Table) -> None:
    titles: list[str] = []
    for row in table.select(["conversation", "duration", "provenance"]).to_pylist():
        known = parse_json(row["provenance"])
        known = known if isinstance(known, dict) else {}
        found.seconds += row["duration"]
        video = known.get("video")
        file = video.get("file") if isinstance(video, dict) else None
        found.videos.add(str(known.get("session") or known.get("file") or file or row["conversation"]))
        if known.get("channel"):
            found.channels.add(str(known["channel"]))
        if title := known.get("title"):
            titles.append(str(title))
        found.languages[_language(known)] += 1
        found.sources[_source(known)] += 1
        found.searched += "safety" in known
    found.titles.meet(len(titles), titles.__getitem__)


def _participants(found: Survey, table: pa.Table) -> dict[str, float]:
    """Counts people; returns the frame rate of the motion of each who moves, by conversation and letter."""
    rates: dict[str, float] = {}
    people: list[Person] = []
    for row in table.select(["conversation", "participant", "name", "signals"]).to_pylist():
        signals = [signal for signal in row["signals"] or () if signal["frames"]]
        spaces = [signal for signal in signals if signal["kind"] == "motion"]
        tracks = [signal for signal in signals if signal["kind"] == "track"]
        if row["name"] != row["participant"]:
            found.names.add(row["name"])
        for signal in spaces:
            found.frames[signal["name"]] += signal["frames"]
            found.people[signal["name"]] += 1
            rates[row["conversation"] + row["participant"]] = signal["fps"]
        for signal in tracks:
            found.tracks[signal["name"]] += signal["frames"]
        if spaces or tracks:
            space = spaces[0]["name"] if spaces else ""
            names = tuple(signal["name"] for signal in tracks)
            people.append(Person(row["conversation"], row["participant"], space, names))
    found.sample.meet(len(people), people.__getitem__)
    return rates


def _utterances(found: Survey, table: pa.Table, rates: dict[str, float]) -> None:
    text = table["text"]
    seconds = pc.subtract(table["end"], table["start"]).to_numpy()
    turns = pc.equal(table["kind"], "turn").to_numpy()
    found.utterances += len(table)
    found.backchannels += int((~turns).sum())
    found.spoken += float(seconds.sum())
    found.turns += _floor_changes(table.filter(pa.array(turns)))
    ends = pc.count_substring_regex(text, SENTENCE_END).to_numpy()
    open_end = ~pc.match_substring_regex(text, SENTENCE_END + r"$").to_numpy(zero_copy_only=False)
    spoken = pc.utf8_length(text).to_numpy() > 0
    found.sentences += int(((ends + open_end) * spoken).sum())
    words = pc.struct_field(pc.list_flatten(table["words"]), "text")
    counts = pc.value_counts(pc.utf8_trim(pc.utf8_lower(words), TRIMMED).combine_chunks())
    for entry in counts.to_pylist():
        if entry["values"]:
            found.words[entry["values"]] += entry["counts"]
    owners = pc.binary_join_element_wise(table["conversation"], table["participant"], "").to_pylist()
    found.covered += float(np.dot([rates.get(owner, 0.0) for owner in owners], seconds))
    found.said.meet(len(table), lambda i: text[i].as_py())


def _floor_changes(turns: pa.Table) -> int:
    """How often somebody takes the floor, over all conversations of a table of turns."""
    if not len(turns):
        return 0
    conversation = turns["conversation"].combine_chunks().dictionary_encode().indices.to_numpy()
    person = pc.equal(turns["participant"], "A").to_numpy()
    order = np.lexsort((turns["start"].to_numpy(), conversation))
    conversation, person = conversation[order], person[order]
    return 1 + int(((conversation[1:] != conversation[:-1]) | (person[1:] != person[:-1])).sum())


def _language(known: dict[str, Any]) -> str:
    language = known.get("language")
    code = language.get("code") if isinstance(language, dict) else language
    return str(code) if code else "not known"


def _source(known: dict[str, Any]) -> str:
    if "simulator" in known:
        return "simulated"
    return str(known.get("source") or known.get("corpus") or ("extracted" if "extractors" in known else "not known"))
