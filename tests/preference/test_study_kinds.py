"""A kind of study that somebody else wrote is built, served and reported by the same verb."""

import json
import sys

import pytest

from visavis.errors import InputError
from visavis.preference.kinds import DESIGN_NAME, Address, kind_names, kind_of, read_plan
from visavis.workflows import study

KIND = """
import json

from visavis.preference.kinds import DESIGN_NAME, Built, Report, StudyKind


class Rating(StudyKind):
    name, summary = "rating", "people rate one video"

    def build(self, plan, path, out, reporter):
        out.mkdir(exist_ok=True)
        (out / DESIGN_NAME).write_text(json.dumps({"kind": "rating", "question": plan["question"]}))
        return Built("1 question")

    def serve(self, folder, at, ready):
        ready(f"http://{at.host}:{at.port}/")
        return 3

    def report(self, folder):
        return Report("3.5 of 5", {"ratings.csv": b"mean\\n3.5\\n"})
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package with the kind, on the path."""
    site = tmp_path / "site"
    (site / "ratings-1.dist-info").mkdir(parents=True)
    (site / "ratings.py").write_text(KIND)
    (site / "ratings-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: ratings\nVersion: 1\n")
    (site / "ratings-1.dist-info" / "entry_points.txt").write_text("[visavis.studies]\nrating = ratings:Rating\n")
    monkeypatch.syspath_prepend(str(site))
    yield
    sys.modules.pop("ratings", None)


def test_another_packages_kind_goes_all_the_way(installed, tmp_path, visavis):
    (tmp_path / "plan.yaml").write_text("kind: rating\nquestion: How natural is this?\n")
    code, shown, said = visavis("study", "build", tmp_path / "plan.yaml", "-o", tmp_path / "study")
    assert code == 0, said
    assert "1 question" in said
    addresses = []
    assert study.run(tmp_path / "study", Address("127.0.0.1", 8123), ready=addresses.append) == 3
    assert addresses == ["http://127.0.0.1:8123/"]
    code, shown, said = visavis("study", "report", tmp_path / "study", "-o", tmp_path / "report")
    assert code == 0, said
    assert "3.5 of 5" in shown
    assert (tmp_path / "report" / "ratings.csv").read_text() == "mean\n3.5\n"
    assert kind_names() == ["forced-choice", "rating"]


def test_what_is_no_study_gets_one_line(tmp_path):
    (tmp_path / "plan.yaml").write_text("kind: guessing\n")
    with pytest.raises(InputError, match=r"plan\.yaml: kind: .*no kind of study named 'guessing'.*forced-choice"):
        read_plan(tmp_path / "plan.yaml")
    with pytest.raises(InputError, match="is not a study"):
        kind_of(tmp_path)
    for content, says in (("{", "not valid JSON"), (json.dumps({"kind": "guessing"}), "no kind of study")):
        (tmp_path / DESIGN_NAME).write_text(content)
        with pytest.raises(InputError, match=says):
            kind_of(tmp_path)
