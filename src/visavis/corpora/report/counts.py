"""The counts of VENUS's Table 2, of any corpus."""

from __future__ import annotations

from dataclasses import dataclass

from visavis.conversation.corpus import Corpus
from visavis.corpora.report.survey import Survey

UNKNOWN = "not known"


@dataclass(frozen=True)
class Count:
    """One line of the table.

    Attributes:
        name: What was counted.
        value: A number; None where the corpus does not tell.
        unit: Of the number.
        note: What is meant, in a few words.
    """

    name: str
    value: float | int | None
    unit: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The number as people read it."""
        if self.value is None:
            return UNKNOWN
        form = "," if isinstance(self.value, int) else ",.1f" if self.value >= 10 else ".3g"
        return f"{self.value:{form}} {self.unit}".rstrip()


def counts(corpus: Corpus, found: Survey) -> list[Count]:
    """The table, in the order of the paper's."""
    spaces = corpus.spaces
    face, body = (
        sum(n for name, n in found.frames.items() if any(spaces[name].has(group) for group in groups))
        for groups in (("expression", "jaw"), ("body", "hands"))
    )
    said = found.utterances or None
    dialogues = len(corpus)
    words = found.words.total()
    return [
        Count("Channels", len(found.channels) or None),
        Count("Videos", len(found.videos), "", "sessions or recordings that conversations were cut from"),
        Count("Conversations", dialogues),
        Count("Hours", found.seconds / 3600, "h"),
        Count("Mean length of a conversation", found.seconds / dialogues / 60, "min"),
        Count("People with a name", len(found.names) or None, "", "people with the same name are counted once"),
        Count("Turns", found.turns if said else None, "", "turns: spans in which one person has the floor"),
        Count("Utterances", said),
        Count("Backchannels", found.backchannels if said else None, "", "among the utterances"),
        Count("Sentences", found.sentences or None, "", "by punctuation"),
        Count("Words", words or None),
        Count("Different words", len(found.words) or None, "", "case-insensitive"),
        Count("Turns per conversation", found.turns / dialogues if said else None),
        Count("Words per utterance", words / found.utterances if words else None),
        Count("Seconds per utterance", found.spoken / found.utterances if said else None, "s"),
        Count("Frames of motion per utterance", found.covered / found.utterances if said and found.frames else None,
              "", "of who speaks"),
        Count("Frames with a face", face or None),
        Count("Frames with a body", body or None),
        Count("Harmful utterances", found.harmful if found.searched or found.harmful else None),
        Count("Harmful language", found.harmful_seconds / 60 if found.searched or found.harmful else None, "min"),
    ]  # fmt: skip
