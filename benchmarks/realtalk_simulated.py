"""Retrieval of listeners among simulated reactions, whose fitting reaction is known (RealTalk, table 1, figure 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from visavis.evaluation.retrieved import SHOWN, Measured
from visavis.evaluation.retrieved_report import order, table, times_chance
from visavis.models.retrieval.describer import ByExamples, Describer
from visavis.models.retrieval.encoders import get_encoder
from visavis.models.retrieval.protocol import ClipEncoder, Description
from visavis.reporter import Reporter, Update
from visavis.simulation.reactions.generate import generate_reactions
from visavis.simulation.reactions.simulator import RUDE as RUDE_SHARE
from visavis.simulation.reactions.simulator import VERSION
from visavis.workflows.benchmark.bench import Bench
from visavis.workflows.benchmark.describing import REFUSED, describe_all, label
from visavis.workflows.benchmark.faces import KEY_FRAMES
from visavis.workflows.benchmark.l2l import MOST, STEPS, l2l_scores
from visavis.workflows.benchmark.results import RANDOM
from visavis.workflows.benchmark.retrieval import L2L, ORACLE, ablations

CLIPS, QUERIES = 1896, 407
"""As many as the paper has."""
RECALLS = (10, 500, 1000)
PAPER = {500: (0.31, 0.26), 1000: (0.56, 0.52)}
"""The paper's R@k: of its method, and at random."""
INTRODUCTION = f"""{CLIPS} clips of `visavis simulate --reactions`: a person says something of 27 kinds, and a listener
reacts as it fits ({1 - RUDE_SHARE:.0%} of them) or offends. {QUERIES} clips whose facts are told in no other split are
the queries; all {CLIPS} are the databank, as in the paper. Situations, the describer's worked examples and the captions
that the encoder learnt from were all written by us, though no sentence occurs twice: how people at large react is not
measured here, only whether each step does what it should. Ranks are of the one true listener, of whom there is one
among dozens who show the same. Faces are compared on one and the same character, the mean vector of {KEY_FRAMES} key
frames, in spaces of networks that recognise people; `random` there is the mean over the other queries' true listeners.
`fits` and `offends` are shares of the first {SHOWN} clips that show a reaction which would fit, or offend. The same on
any corpus: `visavis benchmark retrieval`."""
NOTES = (
    "",
    f"The L2L-like listener ([baselines](../baselines.md)) sees the speaker's motion and hears nothing; it was trained "
    f"on the clips for training (up to {MOST}) for {STEPS} steps a stage. What it makes is compared with all clips, "
    "frame by frame.",
    "",
    "Without tuning and with uniform frames are ablations of CLIP, whose weights are not in any registry we reach: "
    "`--clip FOLDER` measures them, `FOLDER` being a visual prompt or a CLIP. The built-in encoder has no counterpart: "
    "it reads all frames, and without its training it is nothing.",
)

Rows = dict[str, Measured | str]


@contextmanager
def opened(work: Path, queries: int = QUERIES) -> Iterator[tuple[Bench, ClipEncoder]]:
    """The bench of `CLIPS` simulated reactions, made where they are not there yet, and the built-in encoder."""
    folder, encoder = work / f"clips-{VERSION}", get_encoder("built-in")
    generate_reactions(folder, clips=CLIPS)
    with Bench(folder, work, encoder, most=queries, recalls=RECALLS, reporter=Printed()) as bench:
        yield bench, encoder


class Printed(Reporter):
    """Notes and the titles of steps, for logs."""

    def note(self, line: str) -> None:
        """Prints it."""
        print(f"   {line}", flush=True)

    def progress(self, title: str) -> AbstractContextManager[Update]:
        """Prints the title."""
        print(f"   {title}", flush=True)
        return super().progress(title)


@dataclass(frozen=True)
class Simulated:
    """The section.

    Attributes:
        clip: Folder or Hub id of CLIP ViT-B/32, or of a visual prompt for it, if there is one.
    """

    clip: str | None = None
    TITLE: str = "Simulated reactions"

    def report(self, work: Path, data: Path) -> list[str]:
        """The section's lines."""
        with opened(work) as (bench, encoder):
            described = describe_all(bench.bank.said, ByExamples())
            rows = measure(bench, encoder, described, ByExamples.name)
            reactions = bench.bank.reactions
            assert reactions is not None
            named = [f"Sam shows {fitting[0]}." for fitting in reactions.fitting]
            rows["the fitting reaction's name"] = bench.measure("by name", bench.words(encoder, named))
            rows[ORACLE] = bench.measure(ORACLE, bench.words(encoder, bench.captions()))
            rows[L2L] = bench.measure(L2L, l2l_scores(bench.bank, bench.work, reporter=Printed()))
            rows[RANDOM] = bench.random()
            rows |= self._clip_rows(bench, described)
            mild = (
                f"- The L2L-like listener's first clips are {_different(rows[L2L])} different ones, of "
                f"{QUERIES}: faces that do little, which are not far from any. Its distance in a face space is "
                "therefore small, unlike the paper's, though its ranks are at chance and what it shows rarely fits: a "
                "distance alone rewards caution."
            )
            return [INTRODUCTION, "", *table(rows, bench.queries), "", *claims(bench, rows), mild, *NOTES]

    def _clip_rows(self, bench: Bench, described: Mapping[str, list[Description]]) -> Rows:
        if self.clip is None:
            kinds = ("social, CLIP", "rude, CLIP", "social, CLIP, without tuning", "social, CLIP, uniform frames")
            return dict.fromkeys(kinds, "needs CLIP")
        encoder = get_encoder(f"clip:{self.clip}")
        rows = measure(bench, encoder, described, "CLIP")
        for how, less in ablations(encoder).items():
            rows |= measure(bench, less, {"social": described["social"]}, f"CLIP, {how}")
        return rows


@dataclass(frozen=True)
class WithLanguageModel:
    """The same with descriptions by language models, which take an hour.

    Attributes:
        queries: How many.
        larger: Address, folder or Hub id of a model besides the built-in one, asked as the paper asks.
    """

    queries: int = QUERIES
    larger: str | None = None
    TITLE: str = "Simulated reactions, described by language models"

    def report(self, work: Path, data: Path) -> list[str]:
        """The section's lines."""
        with opened(work.with_name("simulated"), self.queries) as (bench, encoder):
            described = describe_all(bench.bank.said, Describer(), reporter=Printed())
            rows = measure(bench, encoder, described, "built-in language model")
            first = {goal: [replace(each, likely=()) for each in found] for goal, found in described.items()}
            rows |= measure(bench, encoder, first, "built-in language model, first example only")
            notes: list[str] = []
            if self.larger:
                describer = Describer(self.larger)
                described = describe_all(bench.bank.said, describer, reporter=Printed())
                rows |= measure(bench, encoder, described, label(describer))
                refused = sum(each is REFUSED for found in described.values() for each in found)
                asked = 2 * len(bench.bank.said)
                notes = ["", f"{refused} of {asked} answers of {label(describer)} could not be used: a neutral face."]
            rows |= measure(bench, encoder, describe_all(bench.bank.said, ByExamples()), ByExamples.name)
            rows[RANDOM] = bench.random()
            count = len(bench.bank.queries)
            said = f"{count} queries (`--queries {count}`), spread over all kinds; all else is as above."
            return [said, "", *table(rows, bench.queries), "", *claims(bench, rows), *notes]


def measure(bench: Bench, encoder: ClipEncoder, described: Mapping[str, list[Description]], method: str) -> Rows:
    """Rows of a method under both goals."""
    names = {goal: f"{goal}, {method}" for goal in described}
    return {names[goal]: bench.measure(names[goal], bench.descriptions(encoder, described[goal])) for goal in described}


def _different(row: Measured | str) -> int:
    """How many different clips come first."""
    return 0 if isinstance(row, str) else len(set(row.first.tolist()))


def claims(bench: Bench, rows: Rows) -> list[str]:
    """Whether what the paper claims shows."""
    found: list[str] = []
    chance = rows[RANDOM]
    if isinstance(chance, str):
        return found
    for method in [name.partition(", ")[2] for name in rows if name.startswith("rude, ")]:
        social, rude = rows[f"social, {method}"], rows[f"rude, {method}"]
        if isinstance(social, str) or isinstance(rude, str):
            continue
        for space, how in order(social, chance, rude).items():
            found.append(f"- {method}: social < random < rude in {space} {how}.")
        for k, (paper, drawn) in PAPER.items():
            value, low, high = times_chance(social, bench.queries)[k]
            word = "above" if low > paper / drawn else "below" if high < paper / drawn else "not told apart from"
            found.append(
                f"- {method}: R@{k} is {value:.2f} [{low:.2f}, {high:.2f}] times chance, {word} the paper's "
                f"{paper / drawn:.2f}, which is of real people."
            )
    return found
