"""Faulty input of every kind: served or refused in one line, in time; the same few inputs on every run.

`long.py` beside this tries thousands (``make fuzz``).
"""

import pytest
from fuzz_inputs import Inputs
from fuzz_kinds import KINDS, Bench
from fuzz_watch import quiet_place
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = 8
"""Inputs of each kind."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    with quiet_place(folder / "temporary"):
        for name in ("temporary", "inputs", "work"):
            (folder / name).mkdir()
        yield Bench(Inputs(folder / "inputs"), folder / "work", heavy=False)


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
