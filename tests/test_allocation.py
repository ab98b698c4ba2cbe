"""Networks are refused by what their settings say, before anything is allocated."""

import resource

import pytest
import torch
from torch import nn

from visavis.allocation import at_most, machine_memory
from visavis.errors import InputError

N = 10**6
LARGE = {
    "a linear layer": lambda: nn.Linear(N, N),
    "an embedding": lambda: nn.Embedding(10**9, 64),
    "a convolution": lambda: nn.Conv1d(10**5, 10**5, 3),
    "a recurrent layer": lambda: nn.GRU(N, N),
    "a parameter": lambda: nn.Parameter(torch.randn(N, N)),
    "zeros of a size by name": lambda: torch.zeros(size=(N, N)),
    "ones of a tuple": lambda: torch.ones((N, N)),
    "a constant": lambda: torch.full((N, N), 0.5),
    "positions": lambda: torch.arange(10**13),
    "positions from here to there": lambda: torch.arange(0, 10**13, 2),
    "a ramp": lambda: torch.linspace(0, 1, 10**13),
    "an identity": lambda: torch.eye(N),
    "a million middling layers": lambda: [nn.Linear(1000, 1000) for _ in range(N)],
}


@pytest.mark.parametrize("kind", LARGE)
def test_what_takes_more_is_refused_and_takes_nothing(kind):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        pytest.raises(InputError, match=r"^it asks for a network of more than 0\.10 GiB$"),
        at_most(2**30 / 10, "it asks for a network"),
    ):
        LARGE[kind]()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024  # KiB


def test_what_takes_less_is_made_as_without():
    torch.manual_seed(0)
    with at_most(2**20, "it asks for a network"):
        made = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.Conv1d(4, 4, 3))
        table = torch.arange(3, 9, 2), torch.empty(0), torch.eye(2, 3)
    torch.manual_seed(0)
    again = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.Conv1d(4, 4, 3))
    assert all(torch.equal(a, b) for a, b in zip(made.state_dict().values(), again.state_dict().values(), strict=True))
    assert [tuple(tensor.shape) for tensor in table] == [(3,), (0,), (2, 3)]


def test_memory_is_that_of_the_machine_or_less_where_a_limit_is_set():
    there = machine_memory()
    assert 2**28 < there < 2**50
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (there // 2, before[1]))
        assert machine_memory() == there // 2
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
