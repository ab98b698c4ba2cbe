"""Sentiment classifiers by name."""

from __future__ import annotations

from typing import Any

from visavis import plugins
from visavis.perception.sentiment.protocol import SentimentClassifier

GROUP = "visavis.sentiment"
"""Entry-point group of classifiers by others: a name and a callable that makes one."""
BUILT_IN = "prototypes"


def get_sentiment(name: str = BUILT_IN, **settings: Any) -> SentimentClassifier:
    """A classifier: ``prototypes``, an installed package's by its name, or a model by Hub id or folder.

    Raises:
        InputError: It is not available.
    """
    if name == BUILT_IN:
        from visavis.perception.sentiment.prototypes import Prototypes

        return Prototypes(**settings)
    others = plugins.installed(GROUP)
    if name in others:
        classifier: SentimentClassifier = plugins.load(others[name], f"the sentiment classifier {name!r}")(**settings)
        return classifier
    from visavis.perception.sentiment.hub import HubSentiment

    return HubSentiment(name, **settings)
