"""The sentiment of sentences: negative, neutral or positive."""

from visavis.perception.sentiment.protocol import LABELS, SentimentClassifier
from visavis.perception.sentiment.registry import get_sentiment

__all__ = ["LABELS", "SentimentClassifier", "get_sentiment"]
