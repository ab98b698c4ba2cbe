"""Sentence similarity: all-MiniLM-L6-v2 if available, words in common otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError, MissingExtraError

ASSET = "all-MiniLM-L6-v2"
BATCH = 64
"""Sentences that are embedded at once."""
MOST_KNOWN = 20_000
"""Sentences whose embeddings are kept, 3 KB each, before all are forgotten."""


class Similarity(Protocol):
    """How alike a text is to each of several others."""

    name: str
    unlike: float
    """Below this, a text has nothing in common with an example."""
    doubtful: float
    """About here, a resemblance counts for as much as knowing nothing; chosen by leave-one-out on the examples."""

    def __call__(self, text: str, others: Sequence[str]) -> NDArray[np.float64]:
        """Similarities (N,), at most 1."""
        ...


class SentenceSimilarity:
    """Cosine between mean-pooled, normalised all-MiniLM-L6-v2 embeddings (Reimers and Gurevych 2019)."""

    name = "sentence embedding"
    unlike = 0.22
    doubtful = 0.45

    def __init__(self, folder: Path) -> None:
        """Loads the model from `folder` (tokenizer.json, config.json, model.safetensors)."""
        try:
            from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
        except ImportError:
            raise MissingExtraError("sentence similarity", "llm") from None
        from safetensors.torch import load_file

        self._tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]")
        weights = load_file(folder / "model.safetensors")
        self._model = BertModel(BertConfig.from_json_file(folder / "config.json"), add_pooling_layer=False).eval()
        wanted = self._model.state_dict().keys()
        self._model.load_state_dict({name: w for name, w in weights.items() if name in wanted})
        self._known: dict[str, NDArray[np.float64]] = {}

    def __call__(self, text: str, others: Sequence[str]) -> NDArray[np.float64]:
        """Cosines between `text` and each of `others`, (N,)."""
        cosines: NDArray[np.float64] = self.embed(others) @ self.embed([text])[0]
        return cosines

    def embed(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Unit vectors (N, 384)."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        new = sorted({s for s in sentences if s not in self._known}, key=len)  # alike in length: little padding
        for at in range(0, len(new), BATCH):
            self._add(new[at : at + BATCH])
        return np.stack([self._known[s] for s in sentences]) if len(sentences) else np.zeros((0, 384))

    def _add(self, sentences: list[str]) -> None:
        import torch

        batch = self._tokenizer(sentences, padding=True, truncation=True, max_length=256, return_tensors="pt")
        inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
        with torch.inference_mode():
            hidden = self._model(**inputs).last_hidden_state
            mask = inputs["attention_mask"][..., None]
            pooled = (hidden * mask).sum(1) / mask.sum(1)
            unit = torch.nn.functional.normalize(pooled, dim=-1).double().numpy()
        self._known.update(zip(sentences, unit, strict=True))


class LexicalSimilarity:
    """Cosine between tf-idf vectors of words and of letter groups; knows no synonyms."""

    name = "words in common"
    unlike = 0.05
    doubtful = 0.15

    def __call__(self, text: str, others: Sequence[str]) -> NDArray[np.float64]:
        """Cosines between `text` and each of `others`, (N,)."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(stop_words="english", sublinear_tf=True)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        total = np.zeros(len(others))
        for vectorizer in (words, letters):
            matrix = vectorizer.fit_transform([*others, text])
            total += (matrix[:-1] @ matrix[-1].T).toarray().ravel() / 2
        return total


@lru_cache(maxsize=1)
def sentence_similarity() -> SentenceSimilarity:
    """The sentence embedding, loaded once.

    Raises:
        InputError: Its weights are not available.
    """
    from visavis.assets import resolve

    path = resolve(ASSET)
    return SentenceSimilarity(path if path.is_dir() else path.parent)


def best_similarity() -> tuple[Similarity, str | None]:
    """The sentence embedding, or words in common and a line that says why."""
    try:
        return sentence_similarity(), None
    except InputError as error:
        return LexicalSimilarity(), f"layout words are compared by spelling, not by meaning: {error}"
