"""Sentiment by a sequence classifier of transformers, such as the one used to analyse VENUS (A.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.perception.sentiment.protocol import LABELS

_NUMBERED = {f"label_{i}": label for i, label in enumerate(LABELS)}
"""The order of TweetNLP's classifiers (Camacho-Collados et al. 2022), the first of which do not name their labels."""


class HubSentiment:
    """A `visavis.perception.sentiment.SentimentClassifier` by a model of the Hub.

    Args:
        model: Hub id or folder, such as ``cardiffnlp/twitter-roberta-base-sentiment-latest``; its labels are called
            negative, neutral and positive, in this order if they are only numbered. Neutral may be missing.
        device: ``auto``, ``cpu`` or ``cuda``.
        batch: Sentences at once.

    Raises:
        InputError: The model is not available, or its labels are others.
    """

    def __init__(self, model: str, device: str = "auto", batch: int = 32) -> None:
        import torch
        import transformers

        self.name = str(model)
        self._batch = batch
        self._device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(model)
            network: Any = transformers.AutoModelForSequenceClassification.from_pretrained(model)
        except (OSError, ValueError, KeyError) as error:
            line = " ".join(str(error).split())[:160]
            raise InputError(f"sentiment classifier {self.name!r} cannot be loaded: {line}") from error
        self._labels = _labels(network.config.id2label, self.name)
        self._model = network.to(self._device).eval()

    def __call__(self, sentences: Sequence[str]) -> NDArray[np.intp]:
        """See `visavis.perception.sentiment.SentimentClassifier`."""
        import torch

        found = np.zeros(len(sentences), np.intp)
        for at in range(0, len(sentences), self._batch):
            part = list(sentences[at : at + self._batch])
            inputs = self._tokenizer(part, padding=True, truncation=True, max_length=128, return_tensors="pt")
            with torch.inference_mode():
                scores = self._model(**inputs.to(self._device)).logits
            found[at : at + len(part)] = self._labels[scores.argmax(-1).cpu().numpy()]
        return found


def _labels(id2label: dict[int, str], name: str) -> NDArray[np.intp]:
    """Which of `LABELS` each of the model's outputs stands for."""
    theirs = [str(id2label[i]).lower() for i in range(len(id2label))]
    plain = [_NUMBERED.get(label, label) if len(theirs) == len(LABELS) else label for label in theirs]
    found = [next((i for i, label in enumerate(LABELS) if label.startswith(given[:3])), None) for given in plain]
    if None in found or len(set(found)) != len(found) or len(found) < 2:
        raise InputError(f"{name!r} has the labels {', '.join(theirs)[:80]}; expected negative, neutral and positive")
    return np.array(found, np.intp)
