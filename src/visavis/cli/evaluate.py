"""``visavis evaluate``: generated motion compared with the truth, every number with its definition."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.console import ConsoleReporter, show

EXAMPLES = """Examples:

  visavis evaluate --pred generated/ --truth recorded/

  visavis evaluate --pred generated/ --truth recorded/ --profile dim-release --report out/

  visavis evaluate --pred arrays/ --truth arrays_true/ --space emoca56 --fps 30

  visavis evaluate --pred seed0/ --pred seed1/ --pred seed2/ --truth recorded/
"""


def evaluate(
    pred: Annotated[
        list[Path],
        typer.Option("--pred", metavar="DIR", help="Folder of generated motion; repeat once per sample."),
    ],
    truth: Annotated[
        Path, typer.Option("--truth", metavar="DIR", help="Folder of ground-truth motion, with the same file names.")
    ],
    profile: Annotated[
        str,
        typer.Option(
            help="plain, or the metrics of a published release: lm-listener, dim-release, codetalker, artalk, "
            "venus-release, dualtalk, react; dim-release-shifted pairs frames as dim-release's authors do."
        ),
    ] = "plain",
    report: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="Folder for a report: Markdown, CSV, JSON and plots.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="DIR", help="Folder of another method's motion; tests the difference."),
    ] = None,
    space: Annotated[str | None, typer.Option(help="Motion space of .npy files, such as emoca56.")] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=1000, help="Frames per second of .npy files, and of CSV tables in place of their timecodes."
        ),
    ] = None,
    body: Annotated[
        Path | None,
        typer.Option("--body", metavar="FILE", help="Your FLAME or SMPL-X model file, for vertex metrics."),
    ] = None,
    neighbours: Annotated[
        Path | None,
        typer.Option(
            "--neighbours", metavar="FILE", help="Matrix (.npy) of which ground-truth clips are appropriate for which."
        ),
    ] = None,
    rendered: Annotated[
        bool,
        typer.Option(
            "--rendered", help="Also compute FD and P-FD on rendered faces (arkit; about a second per frame)."
        ),
    ] = False,
) -> None:
    """Evaluate generated motion against ground truth: FD, P-FD, MSE, SID, LVE and more, with confidence intervals."""
    from contextlib import nullcontext
    from math import isfinite

    from visavis.evaluation.report import number, summary
    from visavis.files import results_folder
    from visavis.workflows.evaluate import Request, run, write_report

    request = Request(tuple(pred), truth, profile, against, space, fps, body, neighbours, rendered)
    with nullcontext() if report is None else results_folder(report):  # found out about before the work
        outcome = run(request, reporter=ConsoleReporter())
        show(summary(outcome.evaluation))
        for c in outcome.comparisons:
            if not isfinite(c.difference):
                continue  # undefined, as said above
            show(
                f"against: {c.info.name} {c.info.part} {c.info.role}: {c.difference:+.4g} "
                f"(p = {number(c.p)}; of all rows together {number(c.p_family)})"
            )
        if report is not None:
            for path in write_report(outcome, report):
                show(path)
