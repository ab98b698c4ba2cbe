"""BERTScore: how much two texts say the same, word piece by word piece, by the vectors of an encoder.

Zhang et al. 2020, "BERTScore: Evaluating text generation with BERT", equations 1 and 2, without idf and without
rescaling: what the authors' package computes unless told otherwise. Vectors are those of one layer; every piece is
matched with the most similar one of the other text, the marks around the text among them, which themselves count
nothing. Values of different encoders do not compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.assets import resolve
from visavis.errors import InputError, plainly
from visavis.language.embedding import ASSET

Array = NDArray[np.float64]

BUILT_IN = "built-in"
BATCH = 32
"""Texts that are encoded at once."""
MOST_PIECES = 512
"""Of a text; what comes after is cut, as encoders have no places for more."""
LAYERS: Mapping[str, int] = MappingProxyType({
    "roberta-large": 17, "roberta-base": 10, "bert-base-uncased": 9, "bert-large-uncased": 18,
    "distilbert-base-uncased": 5, "deberta-xlarge-mnli": 40,
})  # fmt: skip
"""The layer that agrees best with people, of encoders of which the authors tried all layers; of others the last."""


class BertScore(NamedTuple):
    """How much a candidate and a reference say the same, each 1 if everything.

    Attributes:
        precision: Of the candidate's pieces.
        recall: Of the reference's.
        f1: Harmonic mean of both.
    """

    precision: float
    recall: float
    f1: float


NOTHING = BertScore(0.0, 0.0, 0.0)
"""Of an empty text."""


class PieceEncoder(Protocol):
    """Anything that gives the pieces of texts vectors in context.

    Attributes:
        name: For reports, with the layer.
    """

    name: str

    def __call__(self, texts: Sequence[str]) -> list[tuple[Array, NDArray[np.bool_]]]:
        """For each text the vectors (N, C) of its pieces, and which of them count (N,): not the marks around it."""
        ...


def greedy_match(
    candidate: Array, reference: Array, counts: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None
) -> BertScore:
    """Equation 1: every piece with the most similar one of the other text.

    Args:
        candidate: (N, C) vectors.
        reference: (M, C) vectors.
        counts: Which pieces of either count; all unless given.
    """
    mine, theirs = counts or (np.ones(len(candidate), bool), np.ones(len(reference), bool))
    if not mine.any() or not theirs.any():
        return NOTHING
    cosines = _unit(candidate) @ _unit(reference).T
    precision, recall = float(cosines.max(1)[mine].mean()), float(cosines.max(0)[theirs].mean())
    total = precision + recall
    return BertScore(precision, recall, 2 * precision * recall / total if total else 0.0)


def bert_scores(encoder: PieceEncoder, candidates: Sequence[str], references: Sequence[str]) -> list[BertScore]:
    """The score of each candidate against its reference; texts without a word have none of anything.

    Args:
        encoder: Gives vectors.
        candidates: N texts.
        references: As many.
    """
    texts = sorted({text for text in (*candidates, *references) if text.strip()}, key=len)
    known = dict(zip(texts, encoder(texts), strict=True))
    found = []
    for one, other in zip(candidates, references, strict=True):
        if one not in known or other not in known:
            found.append(NOTHING)
            continue
        (mine, my_counts), (theirs, their_counts) = known[one], known[other]
        found.append(greedy_match(mine, theirs, (my_counts, their_counts)))
    return found


def _unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Array = vectors / np.maximum(lengths, 1e-12)
    return unit


class TransformerPieces:
    """An encoder of transformers, such as BERT or RoBERTa.

    Attributes:
        name: As asked for, with the layer.
    """

    def __init__(self, name: str = BUILT_IN) -> None:
        """Loads it; nothing in its files is executed.

        Args:
            name: ``built-in`` for all-MiniLM-L6-v2 of the assets, a folder, or a Hub id.

        Raises:
            InputError: It is not there, or not an encoder.
        """
        import transformers

        asset = resolve(ASSET) if name == BUILT_IN else Path(name)
        where = str(asset if asset.is_dir() or name != BUILT_IN else asset.parent)
        try:
            transformers.logging.disable_progress_bar()
            transformers.logging.set_verbosity_error()
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(where, trust_remote_code=False)
            self._model: Any = transformers.AutoModel.from_pretrained(
                where, trust_remote_code=False, use_safetensors=True
            ).eval()
        except Exception as error:  # files by others may fail in any way
            raise InputError(f"encoder {name!r} cannot be loaded: {plainly(error)[:160]}") from None
        layers = int(self._model.config.num_hidden_layers)
        self._layer = min(LAYERS.get(Path(where).name, layers), layers)
        self.name = f"{ASSET if name == BUILT_IN else name}, layer {self._layer} of {layers}"

    def __call__(self, texts: Sequence[str]) -> list[tuple[Array, NDArray[np.bool_]]]:
        """See `PieceEncoder`."""
        found: list[tuple[Array, NDArray[np.bool_]]] = []
        for start in range(0, len(texts), BATCH):
            found += self._batch(list(texts[start : start + BATCH]))
        return found

    def _batch(self, texts: list[str]) -> list[tuple[Array, NDArray[np.bool_]]]:
        import torch

        most = min(MOST_PIECES, int(self._model.config.max_position_embeddings) - 2)
        given = self._tokenizer(
            texts, padding=True, truncation=True, max_length=most, return_tensors="pt", return_special_tokens_mask=True
        )
        marks = given.pop("special_tokens_mask").numpy().astype(bool)
        there = given["attention_mask"].numpy().astype(bool)
        with torch.inference_mode():
            layers = self._model(**given, output_hidden_states=True).hidden_states
        vectors = layers[self._layer].double().numpy()
        return [(v[here], ~mark[here]) for v, here, mark in zip(vectors, there, marks, strict=True)]
