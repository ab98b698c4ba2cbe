"""Databank, queries and faces of a corpus, on which any retrieval method can be measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from visavis.conversation.corpus import Corpus
from visavis.errors import InputError
from visavis.evaluation.retrieved import Measured, Queries, measure_method, measure_random
from visavis.generation.retrieve import Retriever
from visavis.models.retrieval.captions import caption
from visavis.models.retrieval.describer import EXAMPLES
from visavis.models.retrieval.index import ClipIndex
from visavis.models.retrieval.protocol import ClipEncoder, Description, embed_description
from visavis.reporter import SILENT, Reporter
from visavis.workflows.benchmark.databank import Databank
from visavis.workflows.benchmark.faces import Faces

RECALLS = (1, 10, 100, 500, 1000)
"""The k of R@k, as far as there are more clips."""

Rows = Iterator[NDArray[np.float64]]
"""For each query the scores (M,) of all clips."""


class Bench:
    """What methods are measured by, on one corpus; a context manager, as it holds networks.

    Attributes:
        bank: Clips and queries.
        faces: How listeners look.
        queries: Both together, as `visavis.evaluation.retrieved` takes them.
    """

    def __init__(
        self, corpus: Path, work: Path, encoder: ClipEncoder, *, videos: Path | None = None, most: int | None = None,
        recalls: Sequence[int] | None = None, reporter: Reporter = SILENT,
    ) -> None:  # fmt: skip
        """Opens a corpus, and indexes its clips at the first time.

        Args:
            corpus: Its folder.
            work: Folder for what is kept, so that a run that was stopped goes on; made if missing.
            encoder: Whose index of the clips is looked at first.
            videos: Folder of the corpus's videos.
            most: Queries at most, evenly spread.
            recalls: The k of R@k; `RECALLS` unless given.
            reporter: Takes notes and shows progress.

        Raises:
            InputError: It is no corpus, it has too few clips, no words are said in them, or a k is not below their
                number.
        """
        self.work, self._corpus, self._videos = work, corpus, videos
        self._reporter = reporter
        opened = Corpus.open(corpus)
        self.bank = Databank.of(opened, self.index(encoder), most)
        chosen = tuple(recalls) if recalls else tuple(k for k in RECALLS if k < len(self.bank))
        if not all(1 <= k < len(self.bank) for k in chosen):
            raise InputError(f"k of R@k has to be from 1 to {len(self.bank) - 1}, as there are {len(self.bank)} clips")
        work.mkdir(parents=True, exist_ok=True)
        self.faces = Faces(self.bank, work, videos=videos, reporter=reporter)
        truth, names = self.bank.queries, self.faces.names
        self.queries = Queries(len(self.bank), truth, names, self.faces, chosen, self.bank.reactions)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.faces.close()

    def index(self, encoder: ClipEncoder) -> ClipIndex:
        """The index of the clips for an encoder, built at the first time.

        Raises:
            InputError: The corpus has no clips, or the index cannot be used.
        """
        return Retriever.from_pretrained(
            encoder, EXAMPLES, self._corpus, videos=self._videos, reporter=self._reporter
        ).index

    def words(self, encoder: ClipEncoder, texts: Iterable[str]) -> Rows:
        """Scores by one text for each query (RealTalk, equation 2)."""
        return self.descriptions(encoder, (Description("", "", text) for text in texts))

    def descriptions(self, encoder: ClipEncoder, found: Iterable[Description]) -> Rows:
        """Scores by descriptions, as `visavis.generation.retrieve` compares them."""
        vectors = self.index(encoder).whole.rows
        for description in found:
            yield np.asarray(vectors @ embed_description(encoder, description), np.float64)

    def captions(self) -> Iterator[str]:
        """What each query's true listener shows, in words: with them an encoder could do no better."""
        return (caption(self.bank.clip(i).motion, seed=i).text for i in self.bank.queries.tolist())

    def measure(self, name: str, scores: Iterable[ArrayLike]) -> Measured:
        """Measures a method by its scores (M,) for each query; see `visavis.evaluation.retrieved.measure_method`."""
        return measure_method(name, scores, self.queries)

    def random(self, name: str = "random") -> Measured:
        """Measures clips drawn at random."""
        return measure_random(name, self.queries)
