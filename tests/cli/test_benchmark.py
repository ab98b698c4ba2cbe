"""``visavis benchmark`` as a stranger meets it: retrieval with the built-in encoder, the others on toys."""

import json
import subprocess
import sys
import time

import pytest

from duet_toys import toy_conversation
from listener_toys import clip_corpus
from visavis.conversation.corpus_write import write_corpus
from visavis.simulation.reactions.simulator import simulate_reaction


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark") / "corpus"
    write_corpus((simulate_reaction(seed) for seed in range(24)), folder)
    return folder


def test_a_table_verdicts_and_a_report(visavis, corpus, tmp_path):
    out = tmp_path / "out"
    code, printed, told = visavis(
        "benchmark", "retrieval", "--corpus", corpus, "--language-model", "examples", "--l2l-steps", 0, "-k", 5,
        "--queries", 3, "-o", out,
    )  # fmt: skip
    assert code == 0, told
    lines = printed.splitlines()
    assert lines[0].split()[:4] == ["method", "R@5", "median", "rank"]
    assert [line.split("  ")[0] for line in lines[1:6]] == [
        "social, nearest worked examples", "rude, nearest worked examples", "oracle: the true listener's caption",
        "random", "chance",
    ]  # fmt: skip
    assert lines[-1] == str(out / "report.md")
    found = json.loads((out / "report.json").read_text())
    oracle = found["methods"]["oracle: the true listener's caption"]
    assert oracle["median rank"]["value"] < 12.5
    assert "SFace, 128-d" in oracle


def killed(words, kept):
    """Runs the executable in a process of its own, which is killed as soon as it has kept something."""
    command = [sys.executable, "-m", "visavis.cli.main", *map(str, words)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not kept() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()


def test_a_run_that_is_killed_goes_on(visavis, corpus, tmp_path):
    """The index is built unit by unit and faces are kept, whenever the process ends."""
    out = tmp_path / "out"
    words = ["benchmark", "retrieval", "--corpus", corpus, "--language-model", "examples", "--l2l-steps", "0",
             "--queries", "3", "-o", out]  # fmt: skip
    killed(words, lambda: list(out.glob("kept/*.npz")))
    assert not (out / "report.md").exists()
    code, _, told = visavis(*words)
    assert code == 0, told
    assert (out / "report.md").is_file()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder.mkdir(), "is not a corpus"),
        (lambda folder: clip_corpus(folder, 4), "words are said"),
        (lambda folder: folder.write_text("no"), "is not a corpus"),
    ],
)
def test_what_cannot_be_measured_is_one_line(visavis, tmp_path, make, words):
    make(tmp_path / "c")
    code, out, told = visavis("benchmark", "retrieval", "--corpus", tmp_path / "c", "-o", tmp_path / "out")
    assert code == 2
    assert words in told
    assert len([line for line in told.splitlines() if "error" in line]) == 1
    assert out == ""
    assert not (tmp_path / "out").exists()


def test_an_endpoint_that_is_down_loses_nothing(visavis, corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("VISAVIS_LLM_MODEL", "some-model")
    monkeypatch.setattr("visavis.models.retrieval.describer.RETRIES", 0)
    code, _, told = visavis(
        "benchmark", "retrieval", "--corpus", corpus, "--language-model", "http://127.0.0.1:9/v1", "-o", tmp_path / "o"
    )
    assert code == 2
    assert "127.0.0.1:9" in told.splitlines()[-1]


# The other systems, on toys

VERBS = {
    "duet": ("--baseline", "mean-pose", "--samples", 1),
    "dim": ("--baseline", "mean-pose", "--samples", 1),
    "tokenizers": ("--preset", "actions-debug", "--steps", 1),
}


@pytest.fixture(scope="module")
def talks(tmp_path_factory):
    """Six conversations of which one is held out."""
    folder = tmp_path_factory.mktemp("talks") / "corpus"
    write_corpus((toy_conversation(seed, 4.2) for seed in range(6)), folder)
    return folder


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_prints_its_tables_and_writes_its_report(visavis, talks, tmp_path, verb):
    code, printed, told = visavis("benchmark", verb, "--corpus", talks, *VERBS[verb], "-o", tmp_path / "out")
    assert code == 0, told
    assert printed.splitlines()[-1] == str(tmp_path / "out" / "report.md")
    report = (tmp_path / "out" / "report.md").read_text()
    assert f"command: visavis benchmark {verb} --corpus" in report
    assert "held out: 1 of 6 conversations" in report
    for method in {"duet": ("duet", "mean-pose"), "dim": ("dim", "mean-pose"), "tokenizers": ("actions-debug",)}[verb]:
        assert f"| {method} |" in report
        assert any(line.startswith(f"{method} ") for line in printed.splitlines())


def test_perception_is_measured_against_a_reference(visavis, talks, tmp_path):
    code, printed, told = visavis(
        "benchmark", "perception", "--corpus", talks, "--truth", talks, "-o", tmp_path / "out"
    )
    assert code == 0, told
    assert printed.startswith("Motion\n")
    assert "words left out: the true words are not known (6 times)" in told


def test_a_benchmark_of_duet_that_is_killed_keeps_what_it_generated(visavis, talks, tmp_path):
    out = tmp_path / "out"
    words = ["benchmark", "duet", "--corpus", talks, "--samples", "1", "--baseline", "mean-pose", "-o", out]
    killed(words, lambda: list(out.glob("kept/duet/*.npy")))
    (kept,) = out.glob("kept/duet/*.npy")
    written = kept.stat().st_mtime_ns
    assert not (out / "report.md").exists()
    code, _, told = visavis(*words)
    assert code == 0, told
    assert "| mean-pose |" in (out / "report.md").read_text()
    assert kept.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("duet", "--model", "nobody/none"), "nobody/none"),
        (("duet", "--model", "dim"), "moves listeners"),
        (("duet", "--baseline", "l2m"), "no model that can be trained is called 'l2m'; there are: "),
        (("duet", "--device", "tpu"), "tpu"),
        (("dim", "--role", "speaker", "--baseline", "none"), "nothing to measure"),
        (("dim", "--role", "speaker", "--model", "dim"), "asks for speakers"),
        (("tokenizers", "--steps", 0), "nothing to measure"),
        (("tokenizers", "--preset", "none-such"), "none-such"),
        (("perception", "--truth", "nowhere"), "nowhere"),
    ],
)
def test_what_no_benchmark_can_use_is_one_line(visavis, talks, tmp_path, arguments, words):
    verb, *others = arguments
    code, printed, told = visavis("benchmark", verb, "--corpus", talks, *others, "-o", tmp_path / "out")
    assert (code, printed) == (2, "")
    assert words in told
    assert len([line for line in told.splitlines() if "error" in line]) == 1
    assert not (tmp_path / "out").exists()


def test_a_report_needs_a_folder(visavis, talks, tmp_path):
    (tmp_path / "out").touch()
    code, _, told = visavis("benchmark", "duet", "--corpus", talks, "-o", tmp_path / "out")
    assert code == 2
    assert "is a file; -o needs a folder" in told
