"""A small list of harmful words and phrases: transparent and fast, but no substitute for a model.

It finds threats, encouragement of self-harm, sexual violence, slurs and instructions for weapons that are said in so
many words. It knows no context: a report of violence in the same words is found as well, and what is put politely is
not. Swearing is not harm and not listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from visavis.perception.safety.exchange import Exchange, Verdict


@cache
def harmful_phrases() -> dict[str, tuple[str, ...]]:
    """The list, by kind of harm; ``*`` stands for the rest of a word."""
    import yaml

    text = resources.files("visavis.perception.safety").joinpath("harmful_words.yaml").read_text("utf-8")
    return {kind: tuple(phrases) for kind, phrases in yaml.safe_load(text).items()}


@cache
def _pattern() -> re.Pattern[str]:
    phrases = sorted(phrase for found in harmful_phrases().values() for phrase in found)
    return re.compile(r"\b(?:" + "|".join(re.escape(p).replace(r"\*", r"[\w']*") for p in phrases) + r")\b")


def is_listed(text: str) -> bool:
    """Whether a text has a phrase of the list; case, punctuation and line breaks do not matter."""
    plain = " ".join(re.findall(r"[\w']+", text.lower().replace("’", "'")))
    return _pattern().search(plain) is not None


class WordList:
    """A `visavis.perception.safety.HarmClassifier` by the list alone; both sides of an exchange are judged apart."""

    name = "the built-in word list"

    def __call__(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        """See `visavis.perception.safety.HarmClassifier`."""
        return [Verdict(is_listed(exchange.prompt), is_listed(exchange.response)) for exchange in exchanges]
