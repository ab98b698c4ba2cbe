"""Two-alternative forced choice as a kind of study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from visavis.preference.forced_choice.build import build_study
from visavis.preference.forced_choice.design import check_files, read_design
from visavis.preference.forced_choice.plan import parse_plan
from visavis.preference.forced_choice.register import Register
from visavis.preference.kinds import Address, Built, Report, StudyKind
from visavis.reporter import Reporter

PAGE, CHART, TABLE = "study.html", "study.png", "study.csv"


class ForcedChoice(StudyKind):
    """People see a speaker with two listeners and choose one (RealTalk, section 5.3 and Table 2)."""

    name = "forced-choice"
    summary = "people see a speaker with two listeners and choose one"

    def build(self, plan: Mapping[str, Any], path: Path, out: Path, reporter: Reporter) -> Built:
        """See `StudyKind`; the plan is a `visavis.preference.forced_choice.plan.Plan`."""
        design = build_study(parse_plan(plan, path), path.parent, out, reporter=reporter)
        pairs = sum(trial.kind == "pair" for session in design.sessions for trial in session)
        return Built(
            f"{pairs // design.answers} pairs, {design.answers} answers each: {len(design.sessions)} people, "
            f"{max(map(len, design.sessions))} choices each at most"
        )

    def serve(self, folder: Path, at: Address, ready: Callable[[str], None]) -> int:
        """See `StudyKind`."""
        from visavis.preference.forced_choice.server import serve

        design = read_design(folder)
        check_files(design, folder)
        register = Register(design, folder, per_address=at.per_address)
        try:
            serve(register, folder, at, ready=ready)
        except KeyboardInterrupt:  # how a server is meant to end
            pass
        finally:
            register.close()
        return register.stored

    def report(self, folder: Path) -> Report:
        """A page, a picture and a table."""
        from visavis.preference.forced_choice.answers import Answers
        from visavis.preference.forced_choice.report import as_csv, as_html, as_png, summary
        from visavis.preference.forced_choice.results import count

        design = read_design(folder)
        found = count(design, Answers(folder))
        picture = as_png(design, found)
        files = {PAGE: as_html(design, found, picture).encode(), CHART: picture, TABLE: as_csv(found).encode()}
        return Report(summary(design, found), files)
