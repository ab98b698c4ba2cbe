"""The `paper` presets of tokenizers against the papers they come from, each equation written out once more.

MARS (VENUS, Kim et al.), DIM (Tran et al.) and Facial Expression Generation Aligned with Human Preference. Sizes are
reduced; every switch is the preset's, but that dead codes are not revived where codes are followed by hand.
"""

import numpy as np
import pytest
import torch

from visavis.models.registry import get_entry
from visavis.motion import EMOCA56, FLAME_FACE53, SMPLX_UPPER117, Motion
from visavis.motion.smoothing import savitzky_golay
from visavis.tokenizers import MotionStatistics, build
from visavis.tokenizers.codebook import Codebook

NARROW = ("network.width=16", "network.depth=2", "codebook.size=12", "codebook.revive=0")
FACE, BODY = ("conv-paper-face", FLAME_FACE53), ("conv-paper-body", SMPLX_UPPER117)
DIM = ("transformer-paper", EMOCA56)


def a_tokenizer(preset, space, *changes):
    rng = np.random.default_rng(0)
    rows = rng.normal(rng.normal(0, 0.1, space.dim), rng.uniform(0.05, 0.4, space.dim), (300, space.dim))
    torch.manual_seed(0)
    config = get_entry("tokenizer").load_preset(preset, (*NARROW, *changes))
    return build(config, MotionStatistics.measure(rows, space), space)


def motion_of(space, frames, clips=2):
    """Clips (B, T, D), the last eight frames of the second of which are padding."""
    generator = torch.Generator().manual_seed(1)
    there = torch.ones(clips, frames, dtype=torch.bool)
    there[1:, -8:] = False
    return 0.2 * torch.randn(clips, frames, space.dim, generator=generator) * there[..., None], there


def array(tensor):
    return tensor.detach().double().numpy()


def quantized(points, codes):
    """Equation 3 of MARS: the nearest code of each point (M, C), and which."""
    ids = ((points[:, None] - codes) ** 2).sum(-1).argmin(1)
    return codes[ids], ids


def on_sphere(points):
    return points / np.linalg.norm(points, axis=-1, keepdims=True)


def passed_through(tokenizer, values, there):
    """Normalised motion, encoder output and codewords of valid steps, and decoded motion."""
    with torch.no_grad():
        clean = tokenizer.normalise(values, there)
        z = tokenizer.encoder(clean, there)
        valid = there.unflatten(1, (-1, tokenizer.downsample_factor)).any(-1)
        codes = array(tokenizer.codewords(torch.arange(tokenizer.codebook_size)[:, None]))
        points = array(z[valid])
        if tokenizer.config.codebook.unit:
            points = on_sphere(points)
        words = torch.zeros_like(z)
        words[valid] = torch.tensor(quantized(points, codes)[0]).float()
        return array(clean), points, array(words[valid]), array(tokenizer.decoder(words, valid))


def l1(decoded, clean, there):
    return np.abs(decoded - clean)[there].mean()


def published_mars_loss(parts, tokenizer, values, there):
    """Equations 5 to 9; `parts` says which columns make a term and its weight."""
    clean, z, words, decoded = passed_through(tokenizer, values, there)
    where = there.numpy()
    both = where[:, 1:] & where[:, :-1]
    velocity = [np.diff(x, axis=1) for x in (decoded, clean)]
    return {
        "commitment": 0.02 * ((z - words) ** 2).mean(),
        "reconstruction": sum(weight * l1(decoded[..., c], clean[..., c], where) for c, weight in parts),
        "velocity": 0.5 * sum(weight * l1(velocity[0][..., c], velocity[1][..., c], both) for c, weight in parts),
    }


@pytest.mark.parametrize(
    ("preset", "parts"),
    [
        (FACE, [(slice(0, 50), 1), (slice(50, 53), 5)]),  # equations 7 and 8: expression, jaw
        (BODY, [(slice(0, 27), 1), (slice(27, 72), 1), (slice(72, 117), 1)]),  # upper body, right and left hand
    ],
    ids=["face", "body"],
)
def test_mars_is_trained_for_equation_5(preset, parts):
    tokenizer = a_tokenizer(*preset).eval()
    values, there = motion_of(preset[1], 64)
    with torch.no_grad():
        losses = tokenizer.loss(values, there)
    wanted = published_mars_loss(parts, tokenizer, values, there)
    assert {name: float(part) for name, part in losses.parts.items()} == pytest.approx(wanted, rel=1e-4)
    assert float(losses.total) == pytest.approx(sum(wanted.values()), rel=1e-4)


def test_velocities_of_the_whole_body_count_as_its_reconstruction_does():
    """Hands as one group of weight 2 are the paper's two sums: right and left have the same number of columns."""
    losses = get_entry("tokenizer").load_preset("conv-paper-body").losses
    assert losses.groups == {"body": 1, "hands": 2}
    assert len(SMPLX_UPPER117.indices("hands")) == 2 * 45


@pytest.mark.parametrize(("preset", "length"), [(FACE, 8), (BODY, 16)], ids=["face", "body"])
def test_a_window_becomes_w_by_q_vectors(preset, length):
    """Equation 2 and appendix B.1: W = 512, q = 8, so 64 vectors of 8 (face) or 16 (body); K = 512."""
    tokenizer = a_tokenizer(*preset, "codebook.size=512").eval()
    assert (tokenizer.config.window, tokenizer.downsample_factor) == (512, 8)
    values, there = motion_of(preset[1], tokenizer.config.window, clips=1)
    assert tokenizer.embed(values, there).shape == (1, 64, length)
    codes = tokenizer.encode(values, there)
    assert codes.ids.shape == (1, 64, 1)
    assert tokenizer.decode(codes).shape == values.shape
    nearest = quantized(
        on_sphere(array(tokenizer.embed(values, there))[0]), array(tokenizer.codewords(torch.arange(512)[:, None]))
    )
    assert np.array_equal(codes.ids[0, :, 0].numpy(), nearest[1])


def test_codes_follow_moving_averages_on_the_sphere():
    """Appendix B.1: EMA with decay 0.99 and L2-normalised codes; sums of what chose a code, over two batches."""
    config = get_entry("tokenizer").load_preset("conv-paper-face", NARROW).codebook
    torch.manual_seed(0)
    codebook = Codebook(config).train()
    first = codes = array(codebook.lookup(torch.arange(12)))
    assert np.linalg.norm(codes, axis=1) == pytest.approx(np.ones(12), abs=1e-5)
    sums = codes.copy()
    generator = np.random.default_rng(3)
    for _ in range(2):
        points = generator.normal(size=(40, 8))
        _, found = quantized(on_sphere(points), codes)
        _, ids, losses = codebook(torch.tensor(points[None]).float(), torch.ones(1, 40, dtype=torch.bool))
        assert np.array_equal(ids[0].numpy(), found)
        assert set(losses) == {"commitment"}  # nothing else teaches the encoder, no loss the codes
        sums = 0.99 * sums + 0.01 * np.stack([on_sphere(points)[found == k].sum(0) for k in range(12)])
        codes = on_sphere(sums)
        assert array(codebook.lookup(torch.arange(12))) == pytest.approx(codes, abs=1e-5)
    assert np.abs(codes - first).max() > 0.01


def test_the_commitment_moves_the_encoder_alone():
    """Equation 6: beta ||z - sg(z^)||^2, as a mean, with z on the sphere; gradient by hand."""
    config = get_entry("tokenizer").load_preset("conv-paper-face", NARROW).codebook
    torch.manual_seed(0)
    codebook = Codebook(config).eval()
    z = torch.randn(1, 5, 8, requires_grad=True)
    codebook(z, torch.ones(1, 5, dtype=torch.bool))[2]["commitment"].backward()
    points, codes = array(z[0]), array(codebook.lookup(torch.arange(12)))
    unit = on_sphere(points)
    pull = 0.02 * 2 * (unit - quantized(unit, codes)[0]) / points.size
    wanted = (pull - (pull * unit).sum(1, keepdims=True) * unit) / np.linalg.norm(points, axis=1, keepdims=True)
    assert z.grad[0].numpy() == pytest.approx(wanted, abs=1e-7)


def test_training_motion_is_smoothed():
    """Section 3.2: Savitzky-Golay. Over five frames, as the release has it, that is (-3, 12, 17, 12, -3) / 35."""
    smooth = get_entry("tokenizer").load_preset("conv-paper-face").smooth
    values = np.random.default_rng(0).normal(size=(30, 53)).astype(np.float32)
    found = savitzky_golay(Motion(values, 25.0, FLAME_FACE53), smooth).values[2:-2, :50]
    weights = np.array([-3, 12, 17, 12, -3]) / 35
    wanted = sum(weight * values[k : 26 + k, :50] for k, weight in enumerate(weights))
    assert found == pytest.approx(wanted, abs=1e-5)


def test_dim_s_vq_vae_is_trained_for_equation_3():
    """DIM, section 3.2: (1) ||L - L^||^2, (2) ||sg[E] - q||^2 + beta ||sg[q] - E||^2, as means; (3) gamma = 1."""
    tokenizer = a_tokenizer(*DIM, "network={width: 16, depth: 2, heads: 8, feed_forward: 16}").eval()
    values, there = motion_of(EMOCA56, 24)
    with torch.no_grad():
        losses = tokenizer.loss(values, there)
    clean, z, words, decoded = passed_through(tokenizer, values, there)
    distance = ((z - words) ** 2).mean()
    wanted = {
        "reconstruction": ((decoded - clean) ** 2)[there.numpy()].mean(),
        "codebook": distance,
        "commitment": 0.25 * distance,
    }
    assert {name: float(part) for name, part in losses.parts.items()} == pytest.approx(wanted, rel=1e-4)
    assert float(losses.total) == pytest.approx(sum(wanted.values()), rel=1e-4)


def test_dim_s_codes_and_encoder_are_drawn_to_each_other():
    """DIM, equation 2: sg stops what it says. The first term moves codes alone, the second the encoder alone."""
    config = get_entry("tokenizer").load_preset("transformer-paper", (*NARROW, "codebook.dim=4")).codebook
    torch.manual_seed(0)
    codebook = Codebook(config).train()
    codes = array(codebook.lookup(torch.arange(12)))
    z = torch.randn(1, 9, 4, requires_grad=True)
    words, _, losses = codebook(z, torch.ones(1, 9, dtype=torch.bool))
    points = array(z[0])
    chosen, ids = quantized(points, codes)
    assert array(words[0]) == pytest.approx(chosen, abs=1e-5)
    (losses["codebook"] + losses["commitment"]).backward()
    pull = 2 * (points - chosen) / points.size
    assert z.grad[0].numpy() == pytest.approx(0.25 * pull, abs=1e-6)
    (moved,) = (p.grad for p in codebook.parameters())
    assert moved.reshape(12, 4).numpy() == pytest.approx(
        -np.stack([pull[ids == k].sum(0) for k in range(12)]), abs=1e-6
    )


def test_actions_are_256_equal_bins_without_the_outermost_percent():
    """Human preference, III-C2: values sorted, 1 % cut at either end, the rest in 256 bins; a bin's centre comes back.

    The paper drops values; here the percentiles between the last dropped and the first kept are the ends.
    """
    rng = np.random.default_rng(4)
    rows = rng.gamma(2.0, rng.uniform(0.05, 0.4, 56), (1000, 56)).astype(np.float32)
    config = get_entry("tokenizer").load_preset("actions-paper")
    tokenizer = build(config, MotionStatistics.measure(rows, EMOCA56), EMOCA56)
    ordered, low, high = np.sort(rows, axis=0), array(tokenizer.low), array(tokenizer.high)
    assert ((ordered[9] - 1e-6 <= low) & (low <= ordered[10] + 1e-6)).all()
    assert ((ordered[989] - 1e-6 <= high) & (high <= ordered[990] + 1e-6)).all()
    width = (high - low) / 256
    bins = rng.integers(0, 256, (200, 56))
    within = rng.uniform(0.01, 0.99, (200, 56))
    values = low + (bins + within) * width
    codes = tokenizer.encode(torch.tensor(values[None]).float(), torch.ones(1, 200, dtype=torch.bool))
    assert np.array_equal(codes.ids[0].numpy(), bins)
    assert tokenizer.decode(codes)[0].numpy() == pytest.approx(low + (bins + 0.5) * width, abs=1e-5)
    beyond = np.stack([ordered[0] - 1, ordered[-1] + 1])
    ends = tokenizer.encode(torch.tensor(beyond[None]).float(), torch.ones(1, 2, dtype=torch.bool)).ids[0].numpy()
    assert (ends == [[0], [255]]).all()
