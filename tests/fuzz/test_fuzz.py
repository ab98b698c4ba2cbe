"""Faulty input of every kind: served or refused in one line, in time; the same few inputs on every run.

`long.py` beside this tries thousands (``make fuzz``).
"""

import shutil

import pytest
from fuzz_inputs import Inputs
from fuzz_kinds import KINDS, Bench
from fuzz_watch import quiet_place, run
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = 6
"""Inputs of each kind."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    with quiet_place(folder / "temporary"):
        for name in ("temporary", "inputs", "work"):
            (folder / name).mkdir()
        yield Bench(Inputs(folder / "inputs"), folder / "work", heavy=False)


def test_inputs_without_faults_are_served(bench, tmp_path):
    inputs, out = bench.inputs, lambda name: ("-o", tmp_path / name)
    kept, one = ("--corpus", inputs.corpus), ("--max-steps", 1)
    arrays = tmp_path / "arrays"
    arrays.mkdir()
    shutil.copy(next(path for path in inputs.motions if path.suffix == ".npy"), arrays)
    commands = [
        *(("info", path) for path in (*inputs.media, *inputs.motions) if path.suffix not in (".m3u8", ".txt", ".npy")),
        *(("import", name, folder, *out(name)) for name, folder in inputs.published.items()),
        ("evaluate", "--pred", arrays, "--truth", arrays, "--space", "arkit", "--fps", 25),
        ("retrieve", "--corpus", inputs.clips, "--description", "a broad smile"),
        ("study", "build", inputs.plan, *out("study")),
        ("train", "mean-pose", *kept, *out("mean"), *one),
        ("export", inputs.corpus, "--to", "arkit,motion", "--id", "talk-0", *out("exported")),
        ("info", inputs.corpus, inputs.checkpoint("mean-pose"), inputs.tokenizer),
    ]
    ends = [run(*command) for command in commands]
    assert [outcome.what for outcome in ends if outcome.end != "served"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_faulty_input_is_served_or_refused_in_a_line(bench, kind):
    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def attempt(data):
        outcome = KINDS[kind](data.draw, bench)
        assert outcome.fine, f"{outcome.end}: {outcome.what}"

    attempt()
