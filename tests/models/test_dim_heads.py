"""Codes of a unit: apart from each other, or each given those before it."""

import pytest
import torch

from visavis.models.dim.heads import AutoregressiveHead, IndependentHead
from visavis.models.dim.losses import unit_loss

KINDS = (IndependentHead, AutoregressiveHead)


def drawn(head, features, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def choose(logits):
        chances = logits.softmax(-1).flatten(0, 1)
        return torch.multinomial(chances, 1, generator=generator).reshape(logits.shape[:2])

    with torch.no_grad():
        return head.draw(features, choose)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_from_is_what_is_trained(kind):
    torch.manual_seed(0)
    head, features = kind(8, 3, 5), torch.randn(2, 7, 8)
    ids, logits = drawn(head, features)
    assert ids.shape == (2, 7, 3)
    assert torch.allclose(head(features, ids), logits, atol=1e-5)


def test_a_code_knows_those_before_it_and_no_others():
    torch.manual_seed(0)
    head, features = AutoregressiveHead(8, 3, 5), torch.randn(1, 1, 8)
    one, other = (head(features, torch.tensor([[[2, second, 4]]]))[0, 0] for second in (0, 3))
    assert torch.equal(one[:2], other[:2])
    assert not torch.allclose(one[2], other[2])


@pytest.mark.parametrize("kind", KINDS)
def test_combinations_come_out_only_where_codes_know_of_each_other(kind):
    """Half of the time both codes are 0, otherwise both are 1; nothing else says which."""
    torch.manual_seed(0)
    head = kind(8, 2, 2)
    optimizer = torch.optim.Adam(head.parameters(), 0.02)
    features, where = torch.zeros(1, 400, 8), torch.ones(1, 400, dtype=torch.bool)
    for _ in range(100):
        ids = torch.randint(2, (1, 400, 1)).expand(-1, -1, 2)
        optimizer.zero_grad()
        unit_loss(head(features, ids), ids, where).backward()
        optimizer.step()
    ids, _ = drawn(head, features)
    alike = float((ids[..., 0] == ids[..., 1]).float().mean())
    assert float(ids.float().mean()) == pytest.approx(0.5, abs=0.1)
    assert alike > 0.97 if kind is AutoregressiveHead else alike < 0.6
