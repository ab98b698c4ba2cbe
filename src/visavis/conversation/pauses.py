"""Words in groups, by the pauses between them."""

from __future__ import annotations

from collections.abc import Iterable

from visavis.conversation.timeline import Word


def between_pauses(words: Iterable[Word], seconds: float) -> list[list[Word]]:
    """Words in order of start, in groups without a pause of more than some seconds."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and word.start - groups[-1][-1].end <= seconds:
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups
