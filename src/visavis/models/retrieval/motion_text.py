"""The built-in encoder: text and listeners' motion in one embedding space.

A small dual encoder of ours, trained on simulated motion and on captions made from motion by rules. It knows what the
simulated faces show and what the captions' words mean to a sentence embedding; it has seen no real person and no
picture, and it is not CLIP, for which `clip_encoder` stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.checkpoint import (
    STATISTICS,
    Header,
    check_preprocessing,
    load_weights,
    locate,
    model_card,
    no_larger_than_stored,
    read_header,
    read_statistics,
    weights_hash,
    write_checkpoint,
)
from visavis.errors import InputError
from visavis.models.retrieval.captions import denies, split_clauses
from visavis.models.retrieval.config import MotionTextConfig
from visavis.models.retrieval.facts import FPS
from visavis.models.retrieval.features import COLUMNS, features
from visavis.models.retrieval.motion_text_network import MotionTextNetwork
from visavis.models.retrieval.protocol import Array, Clip
from visavis.models.weights import built_in
from visavis.motion import ARKIT
from visavis.settings import validate

MODEL = "motion-text"
PREPROCESSING = {"version": 1}
"""Of clips: `visavis.models.retrieval.features`."""
BUILT_IN = "retrieval"
MOST_CLAUSES = 64
"""Clauses of a text that are read."""
BATCH = 64
"""Clips that are embedded at once."""


class Sentences(Protocol):
    """Unit vectors of sentences, such as `visavis.language.embedding.SentenceSimilarity`."""

    def embed(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Unit vectors (N, S)."""
        ...


@dataclass(frozen=True)
class FeatureStatistics:
    """Scale of the features; every tensor (F,)."""

    feature_mean: Tensor
    feature_std: Tensor


class MotionText:
    """The dual encoder as a `ClipEncoder`.

    Attributes:
        name: ``motion-text-`` and the first digits of the weights' sha256.
        dim: 64 unless trained otherwise.
        portions: 4 unless trained otherwise.
        sees: False.
        provenance: What the weights are and how they were trained.
    """

    sees = False

    def __init__(
        self, network: MotionTextNetwork, name: str = MODEL, *, sentences: Sentences | None = None,
        provenance: dict[str, Any] | None = None, device: str | torch.device = "cpu",
    ) -> None:  # fmt: skip
        """Wraps a network.

        Args:
            network: Trained.
            name: Tells it apart from others.
            sentences: The sentence embedding; the built-in one, loaded at the first text, unless given.
            provenance: What is known of it.
            device: Where to compute.
        """
        self.network = network.to(device).eval().requires_grad_(False)
        self.name, self.dim, self.portions = name, network.config.dim, network.config.portions
        self.provenance = provenance or {}
        self._sentences, self._device = sentences, torch.device(device)

    @classmethod
    def from_pretrained(cls, name: str | Path | None = None, *, device: str | torch.device = "cpu") -> MotionText:
        """A trained encoder.

        Args:
            name: A checkpoint folder, a Hub id, or None for the built-in weights.
            device: Where to compute.

        Raises:
            InputError: There is none, or it is broken; one line says what is wrong.
        """
        folder = built_in(BUILT_IN) if name is None else locate(name)
        network, trained = load_network(folder)
        digest = weights_hash(folder)
        facts = {"model": MODEL, "weights": digest, "trained": trained}
        return cls(network, f"{MODEL}-{digest[:12]}", provenance=facts, device=device)

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """Unit vectors (N, D).

        Raises:
            InputError: A text has no words.
        """
        parts = []
        for text in texts:
            clauses = split_clauses(text)[:MOST_CLAUSES]
            if not clauses:
                raise InputError(f"{text[:40]!r} contains no words; describe a reaction in words")
            parts.append(clauses)
        if not parts:
            return np.zeros((0, self.dim), np.float32)
        every = [clause for clauses in parts for clause in clauses]
        vectors = with_denials(self.sentences.embed(every), every)
        batch, known = padded(vectors, [len(part) for part in parts])
        with torch.inference_mode():
            return self.network.embed_text(batch.to(self._device), known.to(self._device)).cpu().numpy()

    def embed_clips(self, clips: Sequence[Clip]) -> Array:
        """Unit vectors (N, 1 + P, D): of the whole clip, then of its equal parts in order of time.

        Raises:
            InputError: A clip's motion has not the columns of `arkit`, or is too short.
        """
        out = np.zeros((len(clips), 1 + self.portions, self.dim), np.float32)
        read = [features(clip.motion, max(1, self.portions)) for clip in clips]
        by_length: dict[int, list[int]] = {}
        for i, rows in enumerate(read):
            by_length.setdefault(len(rows), []).append(i)
        with torch.inference_mode():
            for alike in by_length.values():
                for at in range(0, len(alike), BATCH):
                    some = alike[at : at + BATCH]
                    batch = torch.from_numpy(np.stack([read[i] for i in some])).to(self._device)
                    out[some] = self.network.embed_motion(batch).float().cpu().numpy()
        return out

    @property
    def sentences(self) -> Sentences:
        """The sentence embedding.

        Raises:
            InputError: Its weights are not available.
        """
        if self._sentences is None:
            from visavis.language.embedding import sentence_similarity

            self._sentences = sentence_similarity()
        return self._sentences


def with_denials(vectors: NDArray[np.floating], clauses: Sequence[str]) -> NDArray[np.floating]:
    """Sentence embeddings (N, S) and, in a last column, whether the clause denies what it names, (N, S + 1)."""
    return np.column_stack([vectors, [denies(clause) for clause in clauses]]).astype(vectors.dtype)


def padded(vectors: NDArray[np.floating], counts: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Clauses of several texts, one after the other (sum, S), as (N, C, S) and bool (N, C)."""
    out = torch.zeros(len(counts), max(counts), vectors.shape[1])
    known = torch.zeros(len(counts), max(counts), dtype=torch.bool)
    at = 0
    for row, count in enumerate(counts):
        out[row, :count] = torch.from_numpy(vectors[at : at + count]).float()
        known[row, :count] = True
        at += count
    return out, known


def load_network(folder: Path) -> tuple[MotionTextNetwork, dict[str, Any]]:
    """A network and how it was trained.

    Raises:
        InputError: The folder is no intact checkpoint of this model.
    """
    header = read_header(folder, MODEL)
    check_preprocessing(header.preprocessing, PREPROCESSING, f"{folder}/config.yaml")
    if header.state.get("features") != list(COLUMNS):
        raise InputError(f"{folder}: was trained on different features; train it again with this version of visavis")
    config = validate(MotionTextConfig, header.config, f"{folder}/config.yaml", "config")
    with no_larger_than_stored(folder):
        network = MotionTextNetwork(len(COLUMNS), config)
    scale = read_statistics(folder, FeatureStatistics)
    if any(tensor.shape != (len(COLUMNS),) for tensor in (scale.feature_mean, scale.feature_std)):
        raise InputError(f"{folder / STATISTICS}: {len(COLUMNS)} values of each are needed")
    load_weights(network, folder)
    network.feature_mean, network.feature_std = scale.feature_mean, scale.feature_std
    return network, header.training


def save_network(
    network: MotionTextNetwork, folder: Path, *, training: dict[str, Any] | None = None, half: bool = False
) -> Path:
    """Writes a checkpoint folder, replacing one that is there.

    Args:
        network: What to store.
        folder: Where.
        training: How it was trained, for config.yaml and the model card (plain values).
        half: Whether to store weights as float16.
    """
    training = training or {}
    header = Header(
        MODEL, network.config.model_dump(mode="json"), ARKIT, FPS, PREPROCESSING, {"features": list(COLUMNS)}, training
    )  # fmt: skip
    scale = {"feature_mean": network.feature_mean, "feature_std": network.feature_std}
    return write_checkpoint(folder, header, network.state_dict(), scale, _card(network, training), half=half)


def _card(network: MotionTextNetwork, training: dict[str, Any]) -> str:
    count = sum(p.numel() for p in network.parameters())
    config = network.config
    about = [
        "Embeds descriptions of listeners' reactions and clips of listeners' motion in one space, to retrieve the "
        "clips that match a description.", "",
        f"- {count:,} parameters; vectors of {config.dim}, one for a clip and one for each of its {config.portions} "
        "parts.",
        "- Reads `arkit` motion only, no images: it does not know who a person is.",
        "- Text: all-MiniLM-L6-v2, clause by clause, with a trained projection.", "",
        "It was trained on simulated faces and on rule-generated English captions of them; it has seen no real "
        "person and no human annotation. What it finds matches a description as the rules would judge it; it says "
        "nothing about what a person feels. It does not see hands, posture or voice.",
    ]  # fmt: skip
    usage = (
        "from visavis.models.retrieval.motion_text import MotionText",
        "encoder = MotionText.from_pretrained('this-folder')",
    )
    return model_card("MotionText", ("retrieval", "facial-expression", "conversation"), about, training, usage)
