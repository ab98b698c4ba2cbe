"""Made-up dialogues with word times."""

from visavis.conversation import Conversation, Interval, Participant, Utterance, Word
from visavis.corpora.reading import provenance


def utterance(text, start, each=0.3):
    words = tuple(Word(word, start + i * each, start + (i + 1) * each) for i, word in enumerate(text.split()))
    return Utterance(start, words[-1].end, words)


LINE = "we drove to the lake and my brother fell into the cold water"


def dialogue(id="talk", turns=6, *, gap=0.6, laughs=None, labels=None):
    """Two people by turns, 13 words of 0.3 s each, with a gap after each turn."""
    said, clock = ([], []), 0.5
    for turn in range(turns):
        said[turn % 2].append(utterance(LINE, clock))
        clock = said[turn % 2][-1].end + gap
    people = []
    for name, mine in zip("AB", said, strict=True):
        events = {} if laughs is None else {"heard_laugh": tuple(Interval("laugh", a, b) for a, b in laughs)}
        if labels:
            events["labelled_emotion"] = tuple(Interval(labels, u.start, u.end) for u in mine)
        people.append(Participant(name, utterances=tuple(mine), events=events))
    about = provenance("toys", "made up", session=id, real=["words"])
    return Conversation(id, (people[0], people[1]), clock, provenance=about)
