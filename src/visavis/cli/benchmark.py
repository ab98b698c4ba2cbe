"""``visavis benchmark``: the whole benchmark of a published system, on your own corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from visavis.cli.console import ConsoleReporter, show
from visavis.cli.options import MOST_STEPS, count_option, seed_option

if TYPE_CHECKING:
    from visavis.workflows.benchmark.report import Report

Out = Annotated[Path, typer.Option("-o", "--out", help="Folder for the report; a run that was stopped goes on in it.")]
Held = Annotated[
    Path,
    typer.Option(
        "--corpus",
        help="With motion of both people. Measured is what it keeps for testing, or one conversation in 20.",
    ),
]
MODEL = "Name of built-in weights, folder or Hub id of a model; as often as you like."
MOST_QUERIES = 1_000_000
NO_BASELINE = "none"
Baseline = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Family trained to compare with, as of visavis train; none for none of them."),
]
BaselineSteps = Annotated[
    int | None,
    count_option(most=MOST_STEPS, help="Of baselines that are trained step by step; their presets' unless given."),
]
Samples = Annotated[int, count_option(most=100, help="How often a model that draws generates everybody.")]
Seed = Annotated[int, seed_option("Of all trainings.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, or auto for a GPU where there is one.")]

app = typer.Typer(help="Whole benchmarks of published systems, on any corpus.", no_args_is_help=True)

RETRIEVAL = """Examples:

  visavis benchmark retrieval --corpus corpus/ -o report/

  visavis benchmark retrieval --corpus corpus/ --language-model examples --l2l-steps 0 -o report/

  visavis benchmark retrieval --corpus corpus/ --videos videos/ --encoder clip:runs/prompt/model -o report/

  visavis benchmark retrieval --corpus corpus/ --language-model http://localhost:8000/v1 -k 500 -k 1000 -o report/

  visavis benchmark retrieval --corpus corpus/ --study 30 -o report/
"""


@app.command(epilog=RETRIEVAL)
def retrieval(
    corpus: Annotated[
        Path, typer.Option("--corpus", help="What simulate, import, extract or curate wrote, with words and faces.")
    ],
    out: Out,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What compares words and clips, once per encoder: built-in, a folder or Hub id of a motion-text "
            "encoder, clip, or clip: and the folder of a CLIP or of a visual prompt.",
        ),
    ] = None,
    language_model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What describes, once per model: built-in, examples (no model), an http(s) address, a folder or a "
            "Hub id.",
        ),
    ] = None,
    videos: Annotated[
        Path | None,
        typer.Option(help="Folder of the corpus's videos: CLIP looks at them, and faces are compared as filmed, too."),
    ] = None,
    queries: Annotated[
        int | None,
        count_option(most=MOST_QUERIES, help="How many at most, evenly spread; all for evaluation unless given."),
    ] = None,
    k: Annotated[
        list[int] | None,
        typer.Option(
            "-k", help="Of R@k, once per k; 1, 10, 100, 500 and 1000 unless given, as far as there are more clips."
        ),
    ] = None,
    l2l_steps: Annotated[
        int,
        count_option(
            least=0, most=MOST_STEPS, help="Of each of the two stages of the L2L-like listener; 0 leaves it out."
        ),
    ] = 500,
    study: Annotated[
        int,
        count_option(
            least=0,
            most=MOST_QUERIES,
            help="Also make videos and the plan of a study: people choose, for so many queries.",
        ),
    ] = 0,
    seed: Annotated[int, seed_option("Of the language models.")] = 0,
) -> None:
    """Measure who finds the listener that was really there (RealTalk).

    Every clip in which somebody is told something is a query; the answer is looked for among all clips of listeners.
    Rows: a social and a rude goal, CLIP without tuning and with uniform frames, an L2L-like listener and the clip
    nearest to it, random clips, and the true listener's own caption. Columns: R@k, median rank, distance between faces.
    """
    from visavis.evaluation.retrieved_report import summary
    from visavis.models.retrieval.encoders import BUILT_IN
    from visavis.workflows.benchmark.asking import PLAN
    from visavis.workflows.benchmark.results import verdicts
    from visavis.workflows.benchmark.retrieval import STUDY, BenchmarkRequest, run

    request = BenchmarkRequest(
        corpus, tuple(encoder or [BUILT_IN]), tuple(language_model or [BUILT_IN]), videos, queries, tuple(k or ()),
        l2l_steps, seed, study,
    )  # fmt: skip
    outcome = run(request, report_folder(out), reporter=ConsoleReporter())
    show(summary(outcome.rows, outcome.queries))
    for line in verdicts(outcome):
        show(line)
    show(out / "report.md")
    if study:
        show(out / STUDY / PLAN)


DUET = """Examples:

  visavis benchmark duet --corpus corpus/ -o report/

  visavis benchmark duet --corpus corpus/ --model duet --model runs/mine/model --ablations 300 -o report/
"""


@app.command(epilog=DUET)
def duet(
    corpus: Held,
    out: Out,
    model: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=f"{MODEL} The built-in duet unless given.")
    ] = None,
    baseline: Baseline = None,
    baseline_steps: BaselineSteps = None,
    ablations: Annotated[
        int,
        count_option(
            least=0,
            most=MOST_STEPS,
            help="Also train Duet and its ablations, for so many steps each; 0 leaves them out.",
        ),
    ] = 0,
    samples: Samples = 3,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Measure who moves both people as they really moved, from the sound of their conversation (Talking Together).

    Rows: every model from the mixed track and from separate voices, baselines trained on what is not held out, and
    ablations of Duet. Columns: errors of expression, lips, rotation, eyes, translation and gaze, by role.
    """
    from visavis.workflows.benchmark.duet import BASELINES, DuetRequest, run

    request = DuetRequest(
        corpus, tuple(model or ["duet"]), _chosen(baseline, BASELINES), baseline_steps, ablations, samples, seed, device
    )  # fmt: skip
    show_report(run(request, report_folder(out), reporter=ConsoleReporter()), out)


DIM = """Examples:

  visavis benchmark dim --corpus corpus/ -o report/

  visavis benchmark dim --corpus corpus/ --model dim --model runs/mine/model --variants 800 -o report/

  visavis benchmark dim --corpus corpus/ --role speaker --model runs/speaker/model -o report/
"""


@app.command(epilog=DIM)
def dim(
    corpus: Held,
    out: Out,
    role: Annotated[Literal["listener", "speaker"], typer.Option(help="Who is generated.")] = "listener",
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"{MODEL} The built-in dim for listeners of its motion space unless given."),
    ] = None,
    baseline: Baseline = None,
    baseline_steps: BaselineSteps = None,
    variants: Annotated[
        int,
        count_option(
            least=0, most=MOST_STEPS, help="Also train DIM and its variants, for so many steps each; 0 leaves them out."
        ),
    ] = 0,
    samples: Samples = 3,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Measure who listens, or speaks, as the real person did during each utterance (Dyadic Interaction Modeling).

    Rows: every model, baselines trained on what is not held out, and variants of DIM. Columns: FD, P-FD, MSE, SID,
    variance and rPCC of expression and pose, and the same as the authors' release computes them.
    """
    from visavis.workflows.benchmark.dim import LISTENERS, SPEAKERS, DimRequest, run

    baselines = _chosen(baseline, LISTENERS if role == "listener" else SPEAKERS)
    request = DimRequest(
        corpus, role, None if model is None else tuple(model), baselines, baseline_steps, variants, samples, seed,
        device,
    )  # fmt: skip
    show_report(run(request, report_folder(out), reporter=ConsoleReporter()), out)


TOKENIZERS = """Examples:

  visavis benchmark tokenizers --corpus corpus/ -o report/

  visavis benchmark tokenizers --corpus corpus/ --tokenizer runs/tok/model --steps 0 -o report/
"""


@app.command(epilog=TOKENIZERS)
def tokenizers(
    corpus: Held,
    out: Out,
    tokenizer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Folder or Hub id of a tokenizer; as often as you like.")
    ] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Trained on what is not held out; one small one of each family unless given."
        ),
    ] = None,
    steps: Annotated[int, count_option(least=0, most=MOST_STEPS, help="Of each training; 0 trains nothing.")] = 600,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Measure how near motion is to itself after it went through codes, and at how many bits (MARS, table 3).

    Rows: tokenizers that are given, and presets trained here. Columns: bits, errors of the reconstruction beside those
    of principal components with as many bits, how many codes are used, and their perplexity.
    """
    from visavis.workflows.benchmark.tokenizers import PRESETS, TokenizersRequest, run

    request = TokenizersRequest(corpus, tuple(tokenizer or []), tuple(preset or PRESETS), steps, seed, device)
    show_report(run(request, report_folder(out), reporter=ConsoleReporter()), out)


PERCEPTION = """Examples:

  visavis extract videos/ -o extracted/

  visavis benchmark perception --corpus extracted/ --truth reference/ -o report/
"""


@app.command(epilog=PERCEPTION)
def perception(
    corpus: Annotated[Path, typer.Option("--corpus", help="What extract or curate wrote.")],
    truth: Annotated[Path, typer.Option("--truth", help="A corpus of the same conversations as they really were.")],
    out: Out,
) -> None:
    """Measure what was read off recordings against what is known of them.

    Conversations of both corpora belong together by their ids. Tables: motion by group of columns, who speaks when
    (diarization error rate), words (word error rate), and which face speaks; what either corpus lacks is left out.
    """
    from visavis.workflows.benchmark.perception import PerceptionRequest, run

    show_report(run(PerceptionRequest(corpus, truth), report_folder(out), reporter=ConsoleReporter()), out)


def report_folder(out: Path) -> Path:
    """The folder for a report.

    Raises:
        InputError: It is a file.
    """
    from visavis.errors import InputError

    if out.is_file():
        raise InputError(f"{out}: is a file; -o needs a folder")
    return out


def _chosen(names: list[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """The baselines asked for."""
    if names is None:
        return default
    return tuple(dict.fromkeys(name for name in names if name != NO_BASELINE))


def show_report(report: Report, out: Path) -> None:
    """Prints a report's tables, and where it is."""
    show(report.summary())
    show(out / "report.md")
