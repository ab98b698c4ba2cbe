"""``visavis doctor``: what is installed, and what each part is needed for."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Report what is installed: extras, weights, assets, accelerators, codecs, off-screen rendering."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from visavis.workflows.doctor import examine

    table = Table("", "what", "found", show_edge=False, pad_edge=False)
    trouble = 0
    for finding in examine():
        mark = {"ok": "[green]ok[/]", "optional": "[yellow]--[/]", "missing": "[red]no[/]"}[finding.state]
        table.add_row(mark, finding.what, escape(finding.detail))  # brackets are the names of extras
        trouble += finding.state == "missing"
    Console().print(table)
    raise typer.Exit(code=2 if trouble else 0)
