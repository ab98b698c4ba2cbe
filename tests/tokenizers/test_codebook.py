"""The codebook: choosing, learning, coming back to life."""

import math

import pytest
import torch

from visavis.tokenizers import Codes, codebook_health
from visavis.tokenizers.codebook import Codebook, Codebooks
from visavis.tokenizers.config import CodebookConfig

UNIT = CodebookConfig(size=32, dim=4)
FREE = CodebookConfig(size=32, dim=4, unit=False)
LEARNT = CodebookConfig(size=32, dim=4, unit=False, update="gradient", commitment=0.25)


def taught(config, batches=200, seed=0, clusters=8):
    """A codebook that has seen batches from a few clusters, and the clusters' centres."""
    torch.manual_seed(seed)
    centres = torch.nn.functional.normalize(torch.randn(clusters, config.dim), dim=-1) * 3
    codebook = Codebook(config).train()
    optimiser = torch.optim.Adam(codebook.parameters(), 0.02) if config.update == "gradient" else None
    valid = torch.ones(1, 256, dtype=torch.bool)
    for _ in range(batches):
        points = centres[torch.randint(clusters, (256,))] + 0.05 * torch.randn(256, config.dim)
        _, _, losses = codebook(points[None].requires_grad_(), valid)
        if optimiser:
            optimiser.zero_grad()
            sum(losses.values()).backward()
            optimiser.step()
    return codebook.eval(), centres


@pytest.mark.parametrize("config", [UNIT, FREE, LEARNT], ids=["unit", "free", "gradient"])
def test_codes_find_what_the_encoder_puts_out(config):
    codebook, centres = taught(config)
    words = codebook.lookup(codebook.nearest(centres[None], torch.ones(1, 8, dtype=torch.bool)))[0]
    wanted = torch.nn.functional.normalize(centres, dim=-1) if config.unit else centres
    assert (words - wanted).norm(dim=-1).max() < 0.25


def test_dead_codes_are_revived():
    def used(config):
        codebook, centres = taught(config)
        points = centres.repeat(200, 1)[None] + 0.05 * torch.randn(1, 1600, 4)
        valid = torch.ones(1, 1600, dtype=torch.bool)
        (health,) = codebook_health([Codes(codebook.nearest(points, valid)[..., None], valid)], 32)
        return health, codebook.recent

    (dead, _), (alive, recent) = used(FREE.model_copy(update={"revive": 0.0})), used(FREE)
    assert dead.usage < 0.5  # codes fight for eight clusters, and the losers never learn
    assert alive.usage > 0.9
    assert alive.perplexity > 1.5 * dead.perplexity
    assert recent.usage == 1
    assert recent.perplexity == pytest.approx(alive.perplexity, rel=0.3)


def test_unit_codes_have_length_one():
    codebook, _ = taught(UNIT)
    assert codebook.lookup(torch.arange(32)).norm(dim=-1).numpy() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("config", [UNIT, FREE], ids=["unit", "free"])
def test_nearest_agrees_with_the_library(config):
    codebook, _ = taught(config, batches=20)
    points = torch.randn(1, 50, 4)
    _, theirs, _ = codebook.quantizer(points)
    assert torch.equal(codebook.nearest(points, torch.ones(1, 50, dtype=torch.bool)), theirs)


def test_what_is_not_valid_neither_chooses_nor_teaches():
    torch.manual_seed(1)
    points, valid = torch.randn(2, 6, 4), torch.ones(2, 6, dtype=torch.bool)
    valid[1, 2:] = False
    codebooks = [Codebook(FREE).train() for _ in range(2)]
    codebooks[1].load_state_dict(codebooks[0].state_dict())
    outcomes = []
    for codebook, noise in zip(codebooks, (0.0, 100.0), strict=True):
        changed = points.clone()
        changed[~valid] += noise
        torch.manual_seed(2)
        words, ids, losses = codebook(changed, valid)
        assert not ids[~valid].any()
        assert not words[~valid].any()
        outcomes.append(losses["commitment"])
    assert torch.equal(*outcomes)
    assert torch.equal(codebooks[0].quantizer.codebook, codebooks[1].quantizer.codebook)


def test_the_gradient_passes_through_unchanged():
    codebook, _ = taught(FREE, batches=5)
    points = torch.randn(1, 7, 4, requires_grad=True)
    words, _, _ = codebook.train()(points, torch.ones(1, 7, dtype=torch.bool))
    wanted = torch.randn_like(words)
    words.backward(wanted)
    assert torch.allclose(points.grad, wanted)


def test_commitment_is_beta_times_the_mean_squared_distance():
    codebook, _ = taught(LEARNT, batches=5)
    points = torch.randn(1, 7, 4)
    words = codebook.lookup(codebook.nearest(points, torch.ones(1, 7, dtype=torch.bool)))
    distance = float((points - words).detach().square().mean())
    losses = codebook(points, torch.ones(1, 7, dtype=torch.bool))[2]
    assert losses["commitment"].item() == pytest.approx(0.25 * distance, rel=1e-4)
    assert losses["codebook"].item() == pytest.approx(distance, rel=1e-4)


def test_health_has_its_known_values():
    ids = torch.tensor([[[0, 3], [1, 3], [2, 3], [0, 3]]])
    valid = torch.tensor([[True, True, True, False]])
    first, second = codebook_health([Codes(ids, valid), Codes(ids[:, 3:], valid[:, :1])], 4)
    assert (first.usage, first.steps) == (0.75, 4)
    assert first.perplexity == pytest.approx(math.exp(1.5 * math.log(2)))  # halves and two quarters: 1.5 bits
    assert (second.usage, second.perplexity) == (0.25, pytest.approx(1))


def test_several_codebooks_tell_combinations_apart_that_one_cannot():
    """Three things that happen independently, eight ways each: 512 combinations, and 8 codes to say them with."""

    def error(groups):
        torch.manual_seed(3)
        centres = 3 * torch.nn.functional.normalize(torch.randn(3, 8, 2), dim=-1)
        codebook = Codebooks(CodebookConfig(size=8, dim=6, num_codebooks=groups, unit=False)).train()
        valid = torch.ones(1, 256, dtype=torch.bool)

        def points():
            return torch.cat([own[torch.randint(8, (256,))] for own in centres], -1)[None]

        for _ in range(200):
            codebook(points(), valid)
        found = points()
        ids = codebook.eval().nearest(found, valid)
        assert ids.shape == (1, 256, groups)
        return float((codebook.lookup(ids) - found).square().mean())

    assert error(3) < 0.1 * error(1)


def test_leftovers_add_up_and_each_codebook_brings_the_sum_nearer():
    torch.manual_seed(5)
    codebooks = Codebooks(CodebookConfig(size=8, dim=4, num_codebooks=3, residual=True, unit=False)).train()
    valid = torch.ones(1, 256, dtype=torch.bool)
    for _ in range(200):
        codebooks(torch.randn(1, 256, 4), valid)
    points = torch.randn(1, 256, 4, requires_grad=True)
    words, ids, _ = codebooks.eval()(points, valid)
    assert torch.equal(ids, codebooks.nearest(points, valid))
    assert torch.allclose(words, codebooks.lookup(ids), atol=1e-5)
    parts = [part.lookup(own) for part, own in zip(codebooks.parts, ids.unbind(-1), strict=True)]
    errors = [(torch.stack(parts[:count]).sum(0) - points).square().mean().item() for count in (1, 2, 3)]
    assert errors[0] > 1.5 * errors[1] > 2 * errors[2]
    wanted = torch.randn_like(words)
    words.backward(wanted)
    assert torch.allclose(points.grad, wanted)  # once, however many codebooks


def test_each_codebook_sees_its_own_slice():
    torch.manual_seed(4)
    codebook = Codebooks(CodebookConfig(size=8, dim=6, num_codebooks=3)).eval()
    points, valid = torch.randn(1, 40, 6), torch.ones(1, 40, dtype=torch.bool)
    ids = codebook.nearest(points, valid)
    points[..., 2:4] = torch.randn(1, 40, 2)
    changed = codebook.nearest(points, valid)
    assert torch.equal(changed[..., [0, 2]], ids[..., [0, 2]])
    assert not torch.equal(changed[..., 1], ids[..., 1])
