"""What words give behaviour to go by: agreement, negation, hesitation, questions, pointing, numbers, stress, doubt.

Sets of words and rules of their order, for English. Which cue calls for which movement is said where it is planned:
nods at agreement, shakes at negation and intensifiers (McClave 2000, "Linguistic functions of head movements in the
context of speech", J. Pragmatics 32), looks away at hesitation, pointing at "me", "you", "there" (McNeill 1992).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from visavis.conversation import Utterance, Word
from visavis.language.english import looks_english
from visavis.perception.laughter.written import without_laughter

CUES = ("yes", "no", "hesitation", "question", "me", "you", "we", "here", "there", "count", "emphasis", "doubt")
"""All cues there are."""
PAUSE = 0.6
"""Seconds between words after which a clause begins, where no mark says so."""
FEWEST = 4
"""Words that a person has to say before it is told whether they are English."""
MOST = 400
"""Words that are looked at for it."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YES = _set("yes yeah yep yup uh-huh um-hum mm-hm mm-hmm mhm mmhm aye absolutely definitely exactly")
_YES_FIRST = _set("right sure okay ok true certainly totally indeed alright")
"""Words that agree where a clause begins, and mean something else further on ("right there", "not sure")."""
_NO = _set(
    """no not never nothing nobody none nowhere neither nor nope nah cannot without hardly dont doesnt didnt isnt
    arent wasnt werent wont cant couldnt wouldnt shouldnt havent hasnt hadnt aint"""
)
_HESITATION = _set("uh um er erm uhm uhh umm ehm eh hmm")
_ANY_LANGUAGE = _HESITATION | _set("ha hah hee heh ho oh ah aha uh-huh um-hum mm-hm mm-hmm mhm mmhm mm huh")
_ME = _set("i me my mine myself i'm i've i'd i'll im ive")
_YOU = _set("you your yours yourself yourselves you're you've you'd you'll y'all youre")
_WE = _set("we us our ours ourselves we're we've we'd we'll let's")
_HERE = _set("here here's these")
_THERE = _set("there those yonder")
_BE = _set("is are was were be been will would has have had isn't aren't wasn't weren't seems used might must")
_COUNT = _set(
    """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands
    million millions billion dozen twice firstly secondly thirdly third fourth fifth both half"""
)
_EMPHASIS = _set(
    """really very totally extremely incredibly completely absolutely definitely especially exactly entirely
    literally super huge tremendous enormous always never ever every all whole most best worst"""
)
_DOUBT = _set("guess maybe perhaps possibly probably dunno suppose whatever somehow apparently")
_DOUBTS = frozenset(
    (("don't", "know"), ("dont", "know"), ("not", "sure"), ("no", "idea"), ("who", "knows"), ("no", "clue"),
     ("i", "wonder"), ("can't", "tell"), ("can't", "say"))
)  # fmt: skip
_AUXILIARIES = _set(
    """do does did don't doesn't didn't is are was were isn't aren't wasn't weren't am have has had haven't hasn't
    can could can't couldn't will would won't wouldn't should shouldn't may shall"""
)
_SUBJECTS = _set("i you he she it we they this that these those there anyone anybody everyone y'all")
_ASKING = _set("what where when why how who whom whose which")
_ASKING_IS = _set("what's where's when's why's how's who's what're whatcha how'd where'd why'd what'd")
_OPENERS = _set("so well and but or oh okay ok now then uh um yeah hey hi hello right like actually because")
_ENDS = re.compile(r"[.!?…][\"')\]]*$")
_ASKS = re.compile(r"\?[\"')\]!.]*$")
_NUMBER = re.compile(r"^\$?\d[\d,.:]*(?:st|nd|rd|th|%|s)?$")


@dataclass(frozen=True)
class Cue:
    """A word, or several, that mean something to behaviour.

    Attributes:
        kind: Of `CUES`.
        start: Seconds.
        end: Seconds.
        text: The words.
    """

    kind: str
    start: float
    end: float
    text: str


def plain(word: str) -> str:
    """A word in lower case, without punctuation around it."""
    return word.lower().strip(".,!?;:\"'()[]…")


def speaks_english(words: Sequence[Word]) -> bool:
    """Whether one person's words are English; of very few it is taken for granted.

    "Uh-huh", "hmm" and "ha" are of no language.
    """
    telling = [word.text for word in words if plain(word.text) not in _ANY_LANGUAGE][:MOST]
    return len(telling) < FEWEST or looks_english(" ".join(telling))


def timed(utterances: Sequence[Utterance]) -> tuple[list[Word], bool]:
    """All words with times of their own, without laughter, in order of start; and whether some had to be spread.

    A text that stands as one word, and words that all have the same time, are spread over that time or, if it has no
    length, over their utterance, each for as long as it has letters.
    """
    words: list[Word] = []
    spread = False
    for utterance in utterances:
        spoken = without_laughter(utterance.words)
        times = {(word.start, word.end) for word in spoken}
        if len(spoken) > 1 and len(times) == 1:
            start, end = times.pop()
            start, end = (start, end) if end > start else (utterance.start, utterance.end)
            words += _spread([word.text for word in spoken], start, end)
            spread = True
            continue
        for word in spoken:
            pieces = word.text.split()
            if len(pieces) > 1:
                start, end = (word.start, word.end) if word.end > word.start else (utterance.start, utterance.end)
                words += _spread(pieces, start, end)
                spread = True
            else:
                words.append(word)
    return sorted(words, key=lambda w: w.start), spread


def _spread(texts: Sequence[str], start: float, end: float) -> list[Word]:
    lengths = [len(text) + 1 for text in texts]  # a space between words takes as long as a letter
    each = (end - start) / sum(lengths)
    edges = [start + each * sum(lengths[:i]) for i in range(len(texts) + 1)]
    return [Word(text, a, b) for text, a, b in zip(texts, edges[:-1], edges[1:], strict=True)]


def word_cues(words: Sequence[Word]) -> list[Cue]:
    """The cues in one person's words, which are in order of start; in order of start. Other languages have none."""
    if not speaks_english(words):
        return []
    cues: list[Cue] = []
    for clause in _clauses(words):
        texts = [plain(word.text).replace("’", "'") for word in clause]
        first = next((i for i, text in enumerate(texts) if text not in _OPENERS), len(texts) - 1)
        for i, (word, text) in enumerate(zip(clause, texts, strict=True)):
            after = texts[i + 1] if i + 1 < len(texts) else ""
            cues += [Cue(kind, word.start, word.end, word.text) for kind in _kinds(text, after, i <= first)]
            if (text, after) in _DOUBTS:
                cues.append(Cue("doubt", word.start, clause[i + 1].end, f"{word.text} {clause[i + 1].text}"))
        if _asks(clause[-1].text, texts[first:]):
            said = " ".join(word.text for word in clause)
            cues.append(Cue("question", clause[0].start, max(w.end for w in clause), said))
    return sorted(cues, key=lambda cue: cue.start)


def _clauses(words: Sequence[Word]) -> list[list[Word]]:
    """Words up to a mark or a pause; words of marks alone are left out."""
    clauses: list[list[Word]] = []
    open_ = False
    for word in words:
        if not plain(word.text):
            continue
        if not open_ or word.start - clauses[-1][-1].end > PAUSE:
            clauses.append([])
        clauses[-1].append(word)
        open_ = not _ENDS.search(word.text)
    return clauses


def _kinds(text: str, after: str, first: bool) -> list[str]:
    """The cues of one word, by the next word and by whether its clause begins with it, openers aside."""
    kinds = []
    if text in _YES or (first and text in _YES_FIRST):
        kinds.append("yes")
    if text in _NO or text.endswith("n't"):
        kinds.append("no")
    if text in _HESITATION:
        kinds.append("hesitation")
    for kind, known in (("me", _ME), ("you", _YOU), ("we", _WE), ("here", _HERE)):
        if text in known:
            kinds.append(kind)
    if text == "you" and after == "know":  # "you know" points at nobody
        kinds.remove("you")
    if text in _THERE and not (text == "there" and after in _BE):  # "there is" points nowhere
        kinds.append("there")
    if text in _COUNT or _NUMBER.match(text):
        kinds.append("count")
    if text in _EMPHASIS or (text == "so" and not first and after and after not in _SUBJECTS):
        kinds.append("emphasis")
    if text in _DOUBT:
        kinds.append("doubt")
    return kinds


def _asks(last: str, texts: Sequence[str]) -> bool:
    """Whether a clause is a question: by its mark, or, where it has none, by the order of its words."""
    if _ENDS.search(last):
        return bool(_ASKS.search(last))
    if len(texts) < 2:
        return False
    inverted = texts[0] in _AUXILIARIES and texts[1] in _SUBJECTS
    asked = texts[1] not in _SUBJECTS and any(t in _AUXILIARIES for t in texts[1:3])  # "when I was" asks nothing
    asking = texts[0] in _ASKING_IS or (texts[0] in _ASKING and asked)
    tag = len(texts) > 3 and texts[-2] in _AUXILIARIES and texts[-2].endswith("n't") and texts[-1] in _SUBJECTS
    return inverted or asking or tag
