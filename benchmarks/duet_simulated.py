"""Duet against baselines and its own ablations on conversations it has not seen (Talking Together, tables 2 and 3)."""

from __future__ import annotations

import argparse
from dataclasses import replace

from benchmarks.document import report_lines
from benchmarks.simulated import split_corpus
from visavis.models import from_pretrained
from visavis.workflows.benchmark.duet import DuetRequest, as_mixed, run
from visavis.workflows.benchmark.methods import given_method

SEEDS = (0, 1, 2)
"""Of the ablations' trainings."""


def report(options: argparse.Namespace) -> list[str]:
    """The section: as `visavis benchmark duet`, with a row of a single denoising step and ablations of three seeds."""
    corpus = split_corpus(
        options.work, train=options.train, test=options.test, seconds=options.seconds,
        voices=options.voices.split(","), given=options.corpus,
    )  # fmt: skip
    name = options.model or "duet"
    one_step = given_method("one step", from_pretrained(name), as_mixed, options={"steps": 1})
    lines = [
        "As `visavis benchmark duet` measures it on any corpus. `one step` is a single denoising step, which is close "
        "to the mean of all motions that would fit.", "",
        *report_lines(run(DuetRequest(corpus, (name,)), options.work / "report", further=(one_step,))),
    ]  # fmt: skip
    if options.steps:
        request = DuetRequest(corpus, (), (), ablations=options.steps)
        for seed in SEEDS:
            found = run(replace(request, seed=seed), options.work / f"ablations-{seed}")
            lines += [f"### Ablations, seed {seed}, {options.steps} steps", "", *report_lines(found, titles=False)]
    return lines
