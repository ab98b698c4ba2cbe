"""Methods that find listeners, measured with known answers."""

import csv
import io
import json

import numpy as np
import pytest

from visavis.errors import InputError
from visavis.evaluation.retrieved import SHOWN, Queries, Reactions, measure_method, measure_random
from visavis.evaluation.retrieved_report import draw, figures_of, order, summary, table, times_chance
from visavis.evaluation.side_by_side import as_csv, as_dict

CLIPS = 40
TRUTH = np.arange(0, CLIPS, 2)


def faces(clips):
    """One space, in which a clip's vector is its number; clip 2 shows no face."""
    return np.array([[[float(number), 0.0]] if number != 2 else [[np.nan, np.nan]] for number in clips])


def made(reactions=None, vectors=faces, spaces=("toy",)):
    return Queries(CLIPS, TRUTH, spaces, vectors, (1, 10), reactions)


def oracle():
    return np.eye(CLIPS)[TRUTH]


def test_whoever_knows_the_answer_is_at_the_top_and_at_no_distance():
    found = measure_method("oracle", oracle(), made()).figures()
    assert found["R@1"] == found["R@10"]
    value, low, high = found["R@1"]
    assert (value, high) == (1, pytest.approx(1))
    assert low == pytest.approx(0.84, abs=0.01)  # twenty of twenty do not show that it is all of them
    assert found["median rank"] == (1, 1, 1)
    assert found["toy"] == (0, 0, 0)


def test_the_distance_is_of_the_first_clip_and_leaves_out_who_has_no_face():
    scores = np.zeros((len(TRUTH), CLIPS))
    scores[:, 10] = 1
    found = measure_method("ten", scores, made())
    assert np.isnan(found.distances[1, 0])
    known = [abs(10 - true) for true in TRUTH if true != 2]
    assert found.figures()["toy"][0] == pytest.approx(np.mean(known))
    assert set(found.first.tolist()) == {10}


def test_random_is_at_chance_and_as_far_as_the_others_are():
    many = Queries(400, np.arange(400), ("toy",), lambda clips: np.array([[[c % 2]] for c in clips]), (100,))
    found = measure_random("random", many)
    value, low, high = found.figures()["R@100"]
    assert low <= 0.25 <= high
    assert value == pytest.approx(0.25, abs=0.08)
    ratio, low, high = times_chance(found, many)[100]
    assert ratio == pytest.approx(value / 0.25)
    assert low < ratio < high
    assert found.figures()["toy"][0] == pytest.approx(200 / 399)


def test_shares_of_what_fits_count_the_first_clips_alone():
    shown = np.array(["smile"] * SHOWN + ["scowl"] * (CLIPS - SHOWN))
    reactions = Reactions(shown, [["smile"]] * len(TRUTH), [["scowl", "grin"]] * len(TRUTH))
    falling = np.tile(-np.arange(CLIPS, dtype=float), (len(TRUTH), 1))
    best = measure_method("smiles first", falling, made(reactions)).figures()
    worst = measure_method("smiles last", -falling, made(reactions)).figures()
    assert (best["fits"][0], best["offends"][0]) == (1, 0)
    assert (worst["fits"][0], worst["offends"][0]) == (0, 1)
    assert "fits" not in measure_method("unknown", falling, made()).figures()


def test_without_face_spaces_only_ranks_are_measured():
    queries = made(vectors=lambda clips: np.zeros((len(clips), 0, 0)), spaces=())
    assert list(measure_method("oracle", oracle(), queries).figures()) == ["R@1", "R@10", "median rank"]
    draw({"oracle": measure_method("oracle", oracle(), queries)}, queries)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (np.zeros((len(TRUTH), CLIPS - 1)), r"shape \(39,\); there are 40 clips"),
        (np.full((len(TRUTH), CLIPS), np.nan), "is not finite"),
    ],
)
def test_scores_that_cannot_be_used_are_named(scores, words):
    with pytest.raises(InputError, match=words):
        measure_method("bad", scores, made())


def test_an_order_holds_with_intervals_apart_or_does_not():
    def away(by):
        """Finds a clip `by` numbers from the true one."""
        scores = np.zeros((len(TRUTH), CLIPS))
        scores[np.arange(len(TRUTH)), (TRUTH + by) % CLIPS] = 1
        return measure_method("away", scores, queries)

    queries = Queries(CLIPS, TRUTH, ("ring",), ring, (1,))
    near, middle, far = away(0), away(8), away(20)
    assert order(near, middle, far) == {"ring": "holds, intervals apart"}
    assert order(far, middle, near) == {"ring": "does not hold"}
    blind = Queries(CLIPS, TRUTH, ("ring",), lambda clips: np.full((len(clips), 1, 2), np.nan), (1,))
    nobody = measure_method("blind", oracle(), blind)
    assert order(nobody, nobody, nobody) == {"ring": "cannot be told, as too few faces are seen"}


def ring(clips):
    angles = 2 * np.pi * np.array(clips) / CLIPS
    return np.stack([np.cos(angles), np.sin(angles)], 1)[:, None]


def test_every_table_has_every_row_and_what_was_not_measured_says_why():
    queries = made()
    rows = {"oracle": measure_method("oracle", oracle(), queries), "CLIP": "needs weights"}
    lines = table(rows, queries)
    assert lines[0] == "| method | R@1 | R@10 | median rank | toy |"
    assert {line.count("|") for line in lines} == {6}
    assert lines[2].startswith("| oracle | 1.00 [0.84, 1.00] |")
    assert lines[3].startswith("| CLIP | needs weights |")
    assert lines[4] == "| chance | 0.03 | 0.25 | 20 |  |"
    shown = summary(rows, queries).splitlines()
    assert shown[1].split() == ["oracle", "1.00", "1.00", "1", "0.000"]
    assert "needs weights" in shown[2]
    written = list(csv.DictReader(io.StringIO(as_csv({"": figures_of(rows)}))))
    assert [(row["method"], row["measure"]) for row in written[:2]] == [("oracle", "R@1"), ("oracle", "R@10")]
    assert written[-1]["note"] == "needs weights"
    plain = json.loads(json.dumps(as_dict(figures_of(rows)), allow_nan=False))
    assert plain["oracle"]["R@10"] == {"value": 1, "low": pytest.approx(0.84, abs=0.01), "high": pytest.approx(1)}
    assert plain["CLIP"] == {"not measured": "needs weights"}


def test_names_of_methods_are_no_formulas():
    rows = figures_of({"=HYPERLINK(1)": measure_method("oracle", oracle(), made()), "@B2": "-needs(weights)"})
    written = list(csv.DictReader(io.StringIO(as_csv({"+ours": rows}))))
    assert {row["table"] for row in written} == {"'+ours"}
    assert {row["method"] for row in written} == {"'=HYPERLINK(1)", "'@B2"}
    assert written[-1]["note"] == "'-needs(weights)"
    assert float(written[0]["value"]) == 1
