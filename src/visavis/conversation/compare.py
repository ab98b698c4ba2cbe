"""What differs between two conversations, part by part."""

from __future__ import annotations

from visavis.conversation.conversation import Conversation


def differences(one: Conversation, other: Conversation) -> list[str]:
    """Names every part in which two conversations are not exactly equal; empty when they are the same.

    Returns:
        Dotted names such as ``a.motion`` or ``b.tracks['emotion']``.
    """
    found = [n for n in ("id", "duration", "mixed", "provenance") if getattr(one, n) != getattr(other, n)]
    for letter, mine, theirs in zip("ab", one, other, strict=True):
        for name in ("name", "audio", "utterances", "speaking", "motion", "seat", "appearance"):
            if getattr(mine, name) != getattr(theirs, name):
                found.append(f"{letter}.{name}")
        for name in ("tracks", "events"):
            left, right = getattr(mine, name), getattr(theirs, name)
            if list(left) != list(right):
                found.append(f"{letter}.{name}: {list(left)} and {list(right)}")
            found += [f"{letter}.{name}[{k!r}]" for k in left if k in right and left[k] != right[k]]
    return found
