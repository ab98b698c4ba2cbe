"""Simulated dyads: DIM-Listener against every baseline, and with parts left out (tables 1 and 3)."""

from __future__ import annotations

from pathlib import Path

from benchmarks.document import report_lines
from benchmarks.simulated import split_corpus
from visavis.models import from_pretrained
from visavis.models.dim.model import Dim
from visavis.workflows.benchmark.cases import Method
from visavis.workflows.benchmark.dim import DimRequest, run
from visavis.workflows.benchmark.methods import moving

TITLE = "Simulated dyads"
TRAIN, TEST, SECONDS = 135, 20, 40.0
STEPS = 800
"""Of the last stage of each variant."""


def surest_first() -> Method:
    """The built-in weights, which decide the surest units first instead of any."""
    model = from_pretrained("dim")
    assert isinstance(model, Dim)
    sampling = model.config.sampling.model_copy(update={"order": "surest"})
    model.config = model.config.model_copy(update={"sampling": sampling})
    return Method("dim, surest units first", (model.provenance["weights"], "surest"), lambda: moving(model))


def report(work: Path, data: Path) -> list[str]:
    """The section: as `visavis benchmark dim`, with a row of another order of units."""
    corpus = split_corpus(work, train=TRAIN, test=TEST, seconds=SECONDS)
    request = DimRequest(corpus, models=("dim",), variants=STEPS)
    return report_lines(run(request, work / "report", further=(surest_first(),)))
