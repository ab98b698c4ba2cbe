"""Results of a retrieval benchmark, as text, tables and a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from visavis.evaluation.retrieved import SHOWN, Measured, Queries
from visavis.evaluation.retrieved_report import draw, figures_of, order, table, times_chance
from visavis.evaluation.side_by_side import as_csv, as_dict
from visavis.files import atomic_write
from visavis.models.retrieval.protocol import Description
from visavis.tables import csv_text
from visavis.workflows.benchmark.databank import Databank
from visavis.workflows.benchmark.faces import FILMED, KEY_FRAMES
from visavis.workflows.benchmark.pictures import write_examples
from visavis.workflows.benchmark.report import Header, as_json, write_texts

RANDOM = "random"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of it.

    Attributes:
        bank: Clips and queries.
        queries: By what was measured.
        rows: Methods by name: measured, or why not.
        pairs: Names of the rows of each method under the social and the rude goal, by the method's name.
        described: By row, the descriptions of all queries.
        notes: Lines about what was fulfilled with limitations.
        header: Lines about the run: name and value.
    """

    bank: Databank
    queries: Queries
    rows: Mapping[str, Measured | str]
    pairs: Mapping[str, tuple[str, str]]
    described: Mapping[str, list[Description]]
    notes: tuple[str, ...]
    header: Header

    def measured(self, name: str) -> Measured:
        """A row by name, which has to have been measured."""
        row = self.rows[name]
        assert isinstance(row, Measured)
        return row


def verdicts(outcome: Outcome) -> list[str]:
    """Lines of Markdown: whether the paper's order of distances shows, and how R@k compares with chance."""
    found = []
    chance = outcome.measured(RANDOM)
    for method, names in outcome.pairs.items():
        social, rude = map(outcome.measured, names)
        found += [
            f"- {method}: social < random < rude in {space} {how}."
            for space, how in order(social, chance, rude).items()
        ]
        ratios = ", ".join(
            f"{value:.2f} [{low:.2f}, {high:.2f}] (R@{k})"
            for k, (value, low, high) in times_chance(social, outcome.queries).items()
        )
        found.append(f"- {method}: under the social goal, recall over chance is {ratios}.")
    return found


def report(outcome: Outcome) -> str:
    """Everything for people, as Markdown."""
    lines = ["# Retrieval of listeners", "", *(f"- {name}: {value}" for name, value in outcome.header)]
    lines += [f"- note: {note}" for note in outcome.notes]
    lines += ["", *table(outcome.rows, outcome.queries), "", *_definitions(outcome.queries), "", *verdicts(outcome)]
    return "\n".join([*lines, "", "![Recall and distances](retrieval.png)", "", "![Examples](examples.png)"]) + "\n"


def _definitions(queries: Queries) -> list[str]:
    """What the columns are, for whoever finds the report alone."""
    lines = [
        "Brackets hold 95% intervals over queries. R@k: share of the queries whose true listener is among the first k "
        "clips. Median rank: of the true listeners."
    ]
    if queries.reactions is not None:
        lines[0] += (
            f" fits, offends: shares of the first {SHOWN} clips that show a reaction which would fit, or offend."
        )
    if queries.spaces:
        lines[0] += (
            f" {', '.join(queries.spaces)}: L2 distance between the first clip's listener and the true one in a space "
            f"in which faces are recognised, by the mean of {KEY_FRAMES} key frames, on one neutral character"
            + (f", or {FILMED}." if any(space.endswith(FILMED) for space in queries.spaces) else ".")
            + " At random it is the mean over the other queries' true listeners."
        )
    return lines


def write_results(outcome: Outcome, out: Path) -> None:
    """Writes ``report.md``, ``report.json``, ``report.csv``, ``queries.csv``, ``retrieval.png`` and ``examples.png``.

    Raises:
        InputError: A file cannot be written.
    """
    content = {
        **dict(outcome.header), "notes": list(outcome.notes), "methods": as_dict(figures_of(outcome.rows)),
        "verdicts": [line.removeprefix("- ") for line in verdicts(outcome)],
    }  # fmt: skip
    texts = {
        "report.md": report(outcome), "report.json": as_json(content),
        "report.csv": as_csv({"retrieval": figures_of(outcome.rows)}), "queries.csv": _queries(outcome),
    }  # fmt: skip
    write_texts(out, texts)
    with atomic_write(out / "retrieval.png") as temporary:
        draw(outcome.rows, outcome.queries).savefig(temporary, format="png", dpi=110)
    write_examples(outcome.bank, outcome.rows, out / "examples.png")


def _queries(outcome: Outcome) -> str:
    """One line per query and method: what is said and asked for, the true listener's rank, and what came first."""
    where = ("conversation", "listener", "start")
    spaces = outcome.queries.spaces
    header = ["method", *where, "said", "description", "rank", *(f"first {name}" for name in where), *spaces]
    lines = []
    for name, row in outcome.rows.items():
        if isinstance(row, str):
            continue
        asked = outcome.described.get(name)
        for i, number in enumerate(outcome.bank.queries.tolist()):
            true, first = outcome.bank.entries[number], int(row.first[i])
            shown = outcome.bank.entries[first] if first >= 0 else None
            lines.append([
                name, true.conversation, true.listener, f"{true.start:.2f}", outcome.bank.said[i],
                asked[i].text if asked else "", f"{row.ranks[i]:g}",
                *((shown.conversation, shown.listener, f"{shown.start:.2f}") if shown else ("", "", "")),
                *(f"{value:.4f}" for value in row.distances[i]),
            ])  # fmt: skip
    return csv_text(header, lines)
