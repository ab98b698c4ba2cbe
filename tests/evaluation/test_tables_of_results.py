import csv
import io

from visavis.evaluation.info import MetricInfo, Result
from visavis.evaluation.protocol import Evaluation
from visavis.evaluation.report import as_csv


def test_names_in_a_report_are_no_formulas_and_its_numbers_are_numbers():
    info = MetricInfo("MSE", "mean", "rad", "lower", "mean", space="=cmd|' /C calc'!A0", columns=("@SUM(A1)", "x"))
    result = Result(info, -0.5, low=-1e-7, high=3.0, notes=("-1+2 clips left out",))
    (row,) = csv.DictReader(io.StringIO(as_csv(Evaluation("plain", (result,), (), ()))))
    assert row["space"] == "'=cmd|' /C calc'!A0"
    assert row["columns"] == "'@SUM(A1) x"
    assert row["notes"] == "'-1+2 clips left out"
    assert [float(row[name]) for name in ("value", "low", "high")] == [-0.5, -1e-7, 3]
