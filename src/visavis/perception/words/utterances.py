"""Groups words into utterances, and assigns them to people if both are on one track."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from visavis.conversation import Utterance, Word
from visavis.perception.words.backchannels import APART, acknowledges

PAUSE = 0.5
"""Seconds of silence that end an utterance; after the end of a sentence `SENTENCE_PAUSE` is enough."""
SENTENCE_PAUSE = 0.2
_NOBODY = 0.15
"""Probability of speech below which a word was heard where nobody speaks: Whisper made it up."""
_CHANGE, _CHANGE_AT_END, _FORGET = 2.0, 0.5, 0.5
"""What a change of speaker from one word to the next costs, in nats, within a sentence and after one; and the seconds
of silence in which that falls to a third. Overlaps are thus not cut to pieces: a sentence stays with who began it."""


def utterances_of(words: Sequence[Word], other: Sequence[Word] = ()) -> tuple[Utterance, ...]:
    """What one person says, divided at pauses and where the other says something meanwhile.

    Args:
        words: The person's, in order of time.
        other: The other person's, in order of time.

    Returns:
        In order of start. Acknowledgements that keep apart from the person's other speech are backchannels, as in
        `visavis.perception.words.backchannels`.
    """
    starts = np.array([word.start for word in other])
    groups: list[list[Word]] = []
    for word in words:
        if groups and not _ends(groups[-1][-1], word, starts):
            groups[-1].append(word)
        else:
            groups.append([word])
    utterances = []
    for i, group in enumerate(groups):
        start, end = group[0].start, max(word.end for word in group)
        before = start - groups[i - 1][-1].end if i else np.inf
        after = groups[i + 1][0].start - end if i + 1 < len(groups) else np.inf
        backchannel = min(before, after) >= APART and acknowledges(word.text for word in group)
        utterances.append(Utterance(start, end, tuple(group), "backchannel" if backchannel else "turn"))
    return tuple(utterances)


def _ends(last: Word, word: Word, other: NDArray[np.float64]) -> bool:
    """Whether an utterance is over with `last`, before `word`."""
    pause = word.start - last.end
    interrupted = bool(np.any((other >= last.end) & (other < word.start)))
    sentence = last.text.rstrip("\"'”’").endswith((".", "?", "!", "…"))
    return pause >= PAUSE or (pause >= SENTENCE_PAUSE and (sentence or interrupted))


def speakers_of(words: Sequence[Word], speaking: NDArray[np.float32], fps: float) -> list[int | None]:
    """Who says each word of a track with both people: the likeliest sequence of speakers.

    A word is likely a person's as far as that person speaks during it, and the next word is likely the same person's,
    the more so within a sentence and without a pause (Viterbi).

    Args:
        words: In order of time.
        speaking: (2, T) probability that each person speaks.
        fps: Frames per second.

    Returns:
        0 or 1 for each word; None where neither speaks, where there was no word.
    """
    heard = np.array([_heard(word, speaking, fps) for word in words]).reshape(-1, 2)
    real = np.flatnonzero(heard.max(1, initial=0.0) >= _NOBODY).tolist()
    result: list[int | None] = [None] * len(words)
    if not real:
        return result
    fit = np.log(heard[real] + 0.05)
    fit -= fit.max(1, keepdims=True)
    total, back = fit[0], []
    for (i, j), own in zip(pairwise(real), fit[1:], strict=True):
        change = _CHANGE_AT_END if words[i].text.endswith((".", "?", "!")) else _CHANGE
        change *= float(np.exp(-max(0.0, words[j].start - words[i].end) / _FORGET))
        stays = total >= total[::-1] - change
        back.append(np.where(stays, [0, 1], [1, 0]))
        total = np.where(stays, total, total[::-1] - change) + own
    person = int(np.argmax(total))
    for i, before in zip(real[::-1], [*back[::-1], None], strict=True):
        result[i] = person
        person = person if before is None else int(before[person])
    return result


def _heard(word: Word, speaking: NDArray[np.float32], fps: float) -> NDArray[np.float64]:
    """How much each person speaks during a word, (2,)."""
    first = min(int(word.start * fps), speaking.shape[1] - 1)
    last = max(int(np.ceil(word.end * fps)), first + 1)
    heard: NDArray[np.float64] = speaking[:, first:last].mean(1, dtype=np.float64)
    return heard
