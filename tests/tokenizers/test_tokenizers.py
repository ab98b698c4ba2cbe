"""What every tokenizer promises, in every motion space."""

import numpy as np
import pytest
import torch

from visavis.errors import InputError
from visavis.models.registry import get_entry
from visavis.motion import ARKIT, EMOCA56, FLAME_FACE53, SPACES, Motion
from visavis.tokenizers import Codes, MotionStatistics, build
from visavis.tokenizers.vq import group_weights, motion_parts

FAMILIES = ("conv-debug", "lapped-debug", "transformer-debug", "actions-debug")
VQ = FAMILIES[:3]


def load_preset(name, overrides=()):
    return get_entry("tokenizer").load_preset(name, overrides)


def waves(space, frames=200, seed=0):
    """Smooth motion (T, D) whose last column never moves."""
    rng = np.random.default_rng(seed)
    angles = np.arange(frames)[:, None] * rng.uniform(0.05, 0.3, space.dim) + rng.uniform(0, 6, space.dim)
    values = np.sin(angles) * rng.uniform(0.1, 0.4, space.dim) + rng.uniform(-0.2, 0.2, space.dim)
    values[:, -1] = 0.25
    return values.astype(np.float32)


def tokenizer_of(preset, space=ARKIT, *overrides):
    torch.manual_seed(0)
    config = load_preset(preset, overrides)
    return build(config, MotionStatistics.measure(waves(space), space), space).eval()


def batch_of(space, frames, clips=2):
    values = torch.from_numpy(np.stack([waves(space, frames, seed) for seed in range(clips)]))
    return values, torch.ones(clips, frames, dtype=torch.bool)


@pytest.mark.parametrize("preset", FAMILIES)
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_motion_of_any_space_becomes_codes_and_motion_again(preset, space):
    tokenizer = tokenizer_of(preset, space)
    values, frames = batch_of(space, 37)
    codes = tokenizer.encode(values, frames)
    steps = -(-37 // tokenizer.downsample_factor)
    assert codes.ids.shape == (2, steps, tokenizer.num_codebooks)
    assert codes.valid.all()
    assert codes.ids.min() >= 0
    assert codes.ids.max() < tokenizer.codebook_size
    decoded = tokenizer.decode(codes)
    assert decoded.shape == (2, steps * tokenizer.downsample_factor, space.dim)
    assert torch.equal(decoded, tokenizer.decode_embedding(tokenizer.codewords(codes.ids), codes.valid))
    assert tokenizer.embed(values, frames).shape == (2, steps, tokenizer.dim)


@pytest.mark.parametrize("preset", FAMILIES)
def test_a_column_that_never_moves_decodes_to_its_value(preset):
    tokenizer = tokenizer_of(preset)
    values, frames = batch_of(ARKIT, 30)
    decoded = tokenizer.decode(tokenizer.encode(values, frames)).detach().numpy()
    assert decoded[..., -1] == pytest.approx(0.25, abs=1e-6)
    values[..., -1] = 7.0  # whatever it does later, it says nothing
    changed = tokenizer.encode(values, frames)
    values[..., -1] = 0.25
    assert torch.equal(changed.ids, tokenizer.encode(values, frames).ids)


@pytest.mark.parametrize("preset", FAMILIES)
def test_what_follows_a_clip_changes_nothing(preset):
    tokenizer = tokenizer_of(preset)
    values, frames = batch_of(ARKIT, 32, clips=1)
    alone = tokenizer.encode(values[:, :20], frames[:, :20])
    values[:, 20:] = torch.nan
    frames[:, 20:] = False
    steps = alone.ids.shape[1]
    together = tokenizer.encode(values, frames)
    assert torch.equal(together.ids[:, :steps], alone.ids)
    assert together.valid[:, :steps].all()
    assert not together.valid[:, steps:].any()
    assert not together.ids[:, steps:].any()
    here, there = tokenizer.decode(alone)[:, :20], tokenizer.decode(together)[:, :20]
    assert here.detach().numpy() == pytest.approx(there.detach().numpy(), abs=1e-4)


@pytest.mark.parametrize("preset", FAMILIES)
def test_a_single_frame_is_a_clip(preset):
    tokenizer = tokenizer_of(preset).train()
    values, frames = batch_of(ARKIT, 1)
    assert tokenizer.encode(values, frames).ids.shape[1] == 1
    assert torch.isfinite(tokenizer.loss(values, frames).total)


def test_a_transformer_takes_long_motion_in_stretches():
    tokenizer = tokenizer_of("transformer-debug")
    values, frames = batch_of(ARKIT, 100)
    whole = tokenizer.encode(values, frames)
    first = tokenizer.encode(values[:, :32], frames[:, :32])  # the preset's window
    assert torch.equal(whole.ids[:, :16], first.ids)


@pytest.mark.parametrize("preset", VQ)
def test_training_lowers_the_loss_and_reaches_the_encoder(preset):
    tokenizer = tokenizer_of(preset).train()
    values, frames = batch_of(ARKIT, 32, clips=4)
    optimiser = torch.optim.AdamW(tokenizer.parameters(), 3e-3)
    totals = []
    for step in range(150):
        losses = tokenizer.loss(values, frames)
        assert losses.total.item() == pytest.approx(sum(float(part) for part in losses.parts.values()), rel=1e-4)
        optimiser.zero_grad()
        losses.total.backward()
        if step == 0:
            assert all(p.grad is not None and p.grad.any() for p in tokenizer.encoder.parameters() if p.ndim > 1)
        optimiser.step()
        totals.append(float(losses.parts["reconstruction"]))
    assert np.mean(totals[-10:]) < 0.6 * np.mean(totals[:10])


def test_bins_are_equal_and_lie_between_the_percentiles():
    tokenizer = tokenizer_of("actions-small")
    rows = waves(ARKIT)
    values = torch.from_numpy(rows)[None]
    codes = tokenizer.encode(values, torch.ones(1, len(rows), dtype=torch.bool))
    low, high = np.percentile(rows[:, 0].astype(np.float64), [1, 99])
    expected = np.clip(np.digitize(rows[:, 0], np.linspace(low, high, 257)) - 1, 0, 255)
    assert (np.abs(codes.ids[0, :, 0].numpy() - expected) <= 1).all()  # single against double precision at the edges
    decoded = tokenizer.decode(codes)[0].numpy()
    inside = (rows > tokenizer.low.numpy()) & (rows < tokenizer.high.numpy())
    half = (tokenizer.high - tokenizer.low).numpy() / 512
    assert (np.abs(decoded - rows) <= half * 1.001 + 1e-6)[inside].all()
    assert (decoded <= tokenizer.high.numpy() + 1e-5).all()
    assert (decoded >= tokenizer.low.numpy() - 1e-5).all()
    again = tokenizer.encode(torch.from_numpy(decoded)[None], codes.valid)
    assert torch.equal(again.ids, codes.ids)


def test_bits_per_second_are_those_of_equally_likely_codes():
    assert tokenizer_of("conv-debug").bits_per_second == pytest.approx(4 / 4 * 25)  # 16 codes every 4 frames
    assert tokenizer_of("actions-debug").bits_per_second == pytest.approx(67 * 4 * 25)


def test_groups_weigh_as_they_are_told():
    """MARS, equation 7: expression and jaw are means of their own, the jaw five times."""
    config = load_preset("conv-paper-face").losses
    moves = torch.ones(53, dtype=torch.bool)
    weights = group_weights(config, FLAME_FACE53, moves)
    assert weights[FLAME_FACE53.indices("expression")].sum() == pytest.approx(1)
    assert weights[FLAME_FACE53.indices("jaw")].sum() == pytest.approx(5)
    moves[FLAME_FACE53.index("jaw.y")] = False
    weights = group_weights(config, FLAME_FACE53, moves)
    assert weights[FLAME_FACE53.index("jaw.y")] == 0
    assert weights[FLAME_FACE53.index("jaw.x")] == pytest.approx(2.5)
    with pytest.raises(InputError, match=r"losses\.groups\.jaw: motion space 'arkit' has no such group"):
        group_weights(config, ARKIT, torch.ones(67, dtype=torch.bool))


def test_losses_have_their_known_values():
    config = load_preset("conv-small", ("losses.kind=l1",)).losses
    target = torch.zeros(1, 4, 53)
    frames = torch.tensor([[True, True, True, False]])
    moves = torch.ones(53, dtype=torch.bool)
    shifted = motion_parts(target + 0.3, target, frames, config, FLAME_FACE53, moves)
    assert float(shifted["reconstruction"]) == pytest.approx(2 * 0.3)  # two groups
    assert float(shifted["velocity"]) == 0  # a constant error does not move
    jump = target.clone()
    jump[:, 2:] = 1.0  # one of two changes is wrong by 1; the fourth frame does not count
    parts = motion_parts(jump, target, frames, config, FLAME_FACE53, moves)
    assert float(parts["velocity"]) == pytest.approx(0.5 * 2 * 1 / 2)
    assert float(parts["reconstruction"]) == pytest.approx(2 / 3)


def test_the_paper_presets_have_the_papers_numbers():
    for name, dim in (("conv-paper-face", 8), ("conv-paper-body", 16)):
        config = load_preset(name)
        assert (config.downsample_factor, config.window, config.codebook.size, config.codebook.dim) == (
            8,
            512,
            512,
            dim,
        )
        assert (config.codebook.ema_decay, config.codebook.commitment, config.codebook.unit) == (0.99, 0.02, True)
        assert (config.losses.kind, config.losses.velocity) == ("l1", 0.5)
        assert config.smooth > 0
    network = load_preset("transformer-paper").network
    assert (network.depth, network.heads, network.width, network.feed_forward) == (8, 8, 768, 768)
    assert load_preset("actions-paper").bins == 256


def test_motion_goes_in_and_comes_out_whole():
    tokenizer = tokenizer_of("conv-debug")
    motion = Motion(waves(ARKIT, 30), 25, ARKIT)
    codes = tokenizer.encode_motion(motion)
    assert len(tokenizer.decode_motion(codes, len(motion))) == 30
    with pytest.raises(InputError, match="uses motion space 'arkit', not 'emoca56'"):
        tokenizer.encode_motion(Motion(waves(EMOCA56, 30), 25, EMOCA56))
    with pytest.raises(InputError, match="needs 25 frames/s; the motion has 30"):
        tokenizer.encode_motion(Motion(waves(ARKIT, 30), 30, ARKIT))
    with pytest.raises(InputError, match="has no frames"):
        tokenizer.encode_motion(Motion.zeros(0, 25, ARKIT))


@pytest.mark.parametrize("preset", FAMILIES)
def test_what_cannot_be_encoded_is_named(preset):
    tokenizer = tokenizer_of(preset)
    values, frames = batch_of(ARKIT, 16)
    with pytest.raises(InputError, match=r"\(2, 16, 66\).*space 'arkit'"):
        tokenizer.encode(values[..., :-1], frames)
    with pytest.raises(InputError, match="no frames"):
        tokenizer.encode(values[:, :0], frames[:, :0])
    values[1, 3, ARKIT.index("jawOpen")] = torch.nan
    with pytest.raises(InputError, match="clip 1, frame 3, column 'jawOpen'"):
        tokenizer.encode(values, frames)


def test_codes_of_another_tokenizer_are_refused():
    tokenizer = tokenizer_of("conv-debug")
    valid = torch.ones(1, 3, dtype=torch.bool)
    with pytest.raises(InputError, match="code 16 is not among this tokenizer's 16"):
        tokenizer.decode(Codes(torch.tensor([[[0], [16], [1]]]), valid))
    with pytest.raises(InputError, match=r"needs \(batch, steps, 1\)"):
        tokenizer.decode(Codes(torch.zeros(1, 3, 2, dtype=torch.long), valid))


def test_motion_to_measure_must_move_and_be_finite():
    rows = waves(ARKIT)
    with pytest.raises(InputError, match="none of the 67 columns moves in 50 frames"):
        MotionStatistics.measure(np.repeat(rows[:1], 50, 0), ARKIT)
    with pytest.raises(InputError, match="none of the 67 columns moves in 1 frames"):
        MotionStatistics.measure(rows[:1], ARKIT)
    with pytest.raises(InputError, match="no frames"):
        MotionStatistics.measure(rows[:0], ARKIT)
    rows[7, ARKIT.index("jawOpen")] = np.inf
    with pytest.raises(InputError, match="frame 7, column 'jawOpen'"):
        MotionStatistics.measure(rows, ARKIT)
    assert MotionStatistics.measure(waves(ARKIT), ARKIT).still(ARKIT) == ["translation.z"]


def test_a_column_that_seldom_moves_keeps_its_range():
    rows = waves(ARKIT, 2000)
    rows[:, 0] = 0
    rows[100:105, 0] = 1  # within both percentiles it never moves
    statistics = MotionStatistics.measure(rows, ARKIT)
    assert (float(statistics.low[0]), float(statistics.high[0])) == (0, 1)
