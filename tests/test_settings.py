"""Seeds of PyTorch's own generators."""

import torch

from visavis.settings import seed_generators


def test_a_seed_gives_what_it_gives_by_pytorchs_own_function():
    drawn = []
    for seed in (lambda: torch.manual_seed(7), lambda: seed_generators(7, torch.device("cpu"))):
        torch.manual_seed(1)
        torch.rand(3)
        seed()
        drawn.append(torch.rand(5))
    assert torch.equal(*drawn)


def test_seeding_again_and_again_keeps_nothing():
    before = len(torch.cuda._queued_calls)
    for seed in range(3):
        seed_generators(seed, torch.device("cpu"))
    assert len(torch.cuda._queued_calls) == before
