"""Preset `paper` of Duet against Talking Together (Shan et al.), each equation written out once more from the text.

Sizes are reduced; every switch is the preset's. Section numbers are the paper's.
"""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from visavis.models.batch import Condition, DyadBatch
from visavis.models.blocks.attention import TimeAttention
from visavis.models.blocks.film import FilmBlock
from visavis.models.duet import ENTRY
from visavis.models.duet.model import Duet
from visavis.models.duet.sampling import sample
from visavis.models.duet.statistics import Statistics, velocity_basis
from visavis.models.preprocessing import to_seat_frame
from visavis.motion import get_space

SPACE = get_space("talking-together78")
SMALLER = ("audio_dim=6", "network.width=16", "network.condition=16", "network.role=4", "network.identity=3")
FRAMES = 12
EXPRESSION, ROTATION, TRANSLATION = slice(0, 63), slice(63, 75), slice(75, 78)
LIPS = slice(0, 20)
"""Section 3.4: 20 of the 63 are lips and jaw. Which is not published; those of the space are the first."""


@pytest.fixture(scope="module")
def corpus():
    """Motion (N, D) with the means, scales and changes that statistics are measured on."""
    rng = np.random.default_rng(0)
    return rng.normal(rng.normal(0, 0.1, SPACE.dim), rng.uniform(0.05, 0.3, SPACE.dim), (400, SPACE.dim))


@pytest.fixture(scope="module")
def model(corpus):
    torch.manual_seed(0)
    std, changes = corpus.std(0), np.diff(corpus, axis=0)
    basis = velocity_basis(np.diag(1 / std**2), changes.T @ changes / len(changes))  # losses.velocity_of=columns
    measured = (corpus.mean(0), std, np.full(6, 0.5), np.full(6, 2.0), basis, [0.0])
    statistics = Statistics(*(torch.tensor(np.asarray(x), dtype=torch.float32) for x in measured))
    duet = Duet(ENTRY.load_preset("paper", SMALLER), SPACE, 25.0, statistics).eval()
    for parameter in duet.parameters():  # the last layers begin at zero, which would hide everything
        parameter.data += 0.05 * torch.randn_like(parameter)
    return duet


def a_condition(batch=(), frames=FRAMES, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return Condition(
        torch.randn(*batch, 2, frames, 6, generator=generator), torch.rand(*batch, 2, frames, generator=generator),
        torch.tensor([[-0.5, 1.6, 0.0, 1.5], [0.5, 1.5, 0.1, -1.4]]).expand(*batch, 2, 4),
        torch.randn(*batch, 2, 3, generator=generator),
    )  # fmt: skip


def a_batch(count, model):
    generator = torch.Generator().manual_seed(2)
    motion = model.denormalise(torch.randn(count, 2, FRAMES, SPACE.dim, generator=generator))
    no = torch.zeros(count, dtype=torch.bool)
    return DyadBatch(
        a_condition((count,)), motion, torch.ones(count, 2, FRAMES, dtype=torch.bool),
        torch.ones(count, 2, SPACE.dim, dtype=torch.bool), no, no,
    )  # fmt: skip


def watched(model, batch, seed=0):
    """The loss, and what passed through: noisy motion, steps, predictions, conditioning vectors before their layers."""
    seen = {}

    def network(_module, args, out):
        seen.update(noisy=args[0].numpy(), step=args[1].numpy(), predicted=out.numpy())

    def condition(_module, args):
        seen["known"] = args[0].numpy()

    hooks = [
        model.network.register_forward_hook(network),
        model.network.condition.register_forward_pre_hook(condition),
    ]
    with torch.no_grad():
        losses = model.loss(batch, torch.Generator().manual_seed(seed))
    for hook in hooks:
        hook.remove()
    return losses, seen


def cosine_schedule(steps=1000, s=0.008):
    """Share of the signal after each step, (steps,): Nichol and Dhariwal 2021, equation 17, betas at most 0.999."""
    f = np.cos((np.arange(steps + 1) / steps + s) / (1 + s) * np.pi / 2) ** 2
    return np.cumprod(1 - np.minimum(1 - f[1:] / f[:-1], 0.999))


def test_the_preset_has_the_published_numbers():
    """Sections 3.2 and 4.1, supplement 2.1. Guidance is 2.0 there and 2.5 in section 4.1; the preset takes 2.0."""
    config = ENTRY.load_preset("paper")
    network, losses, diffusion = config.network, config.losses, config.diffusion
    assert SPACE.dim == 63 + 4 * 3 + 3
    assert [SPACE.names[i] for i in (62, 63, 66, 69, 72, 75)] == [
        "expression62", "neck.x", "head.x", "leftEye.x", "rightEye.x", "translation.x"
    ]  # fmt: skip
    assert (config.window, network.width, network.heads, network.identity) == (250, 512, 8, 50)
    assert config.audio_dim == 2 * 768  # wav2vec 2.0 at 50 Hz, motion at 25
    assert (losses.expression, losses.rotation, losses.translation) == (1, 8, 1)
    assert (losses.velocity, losses.gaze, losses.gaze_share, losses.lips) == (1, 5, 0.2, 0)
    assert (diffusion.condition_dropout, diffusion.sample_steps, diffusion.guidance_scale) == (0.1, 8, 2.0)
    assert (diffusion.sampler, diffusion.articulation, diffusion.noise_emphasis) == ("ddim", "sample", 0)
    assert network.cross_attention == "all"


def test_noise_follows_the_cosine_schedule(model):
    """Supplement 2.1, "a cosine-based logSNR schedule": log SNR(t) = -2 log tan(pi t / 2), but for the offset s."""
    alphas = model.alphas.double().numpy()
    assert alphas == pytest.approx(cosine_schedule(), abs=1e-5)
    times = np.arange(100, 900)
    snr = np.log(alphas[times - 1] / (1 - alphas[times - 1]))
    assert snr == pytest.approx(-2 * np.log(np.tan((times / 1000 + 0.008) / 1.008 * np.pi / 2)), abs=0.02)
    assert alphas[-1] < 1e-6  # sampling begins in pure noise, and so does training


def test_motion_is_noised_and_sound_withheld_as_published(model):
    """Section 3.1: x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) noise, t uniform; the sound withheld from 10 % of samples."""
    batch = a_batch(1500, model)
    _, seen = watched(model, batch)
    step, width = seen["step"], model.config.network.width
    assert np.histogram(step, 4, (0, 1000))[0] / 1500 == pytest.approx(np.full(4, 0.25), abs=0.05)
    share = cosine_schedule()[step][:, None, None, None]
    clean = model.normalise(batch.motion).numpy()
    noise = ((seen["noisy"] - np.sqrt(share) * clean) / np.sqrt(1 - share))[step > 50]
    assert (noise.mean(), noise.std()) == (pytest.approx(0, abs=5e-3), pytest.approx(1, abs=5e-3))
    assert np.corrcoef(noise.ravel(), clean[step > 50].ravel())[0, 1] == pytest.approx(0, abs=5e-3)
    withheld = (seen["known"][..., :width] == model.network.no_audio.detach().numpy()).all((1, 2, 3))
    assert withheld.mean() == pytest.approx(0.1, abs=0.025)
    # Of the condition it is the audio alone that is masked: roles and masks stay.
    assert seen["known"][..., width + 8] == pytest.approx(batch.condition.speaking.numpy())


def gaze(motion):
    """Section 3.5: each eye's rotation turns the forward vector; the mean of both."""
    turned = [Rotation.from_rotvec(motion[:, c : c + 3]).apply([0, 0, 1]) for c in (69, 72)]
    mean = (turned[0] + turned[1]) / 2
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def published_losses(predicted, clean, corpus, chosen):
    """Section 4.1, each squared norm as a mean over columns, people and frames; normalised (B, 2, T, D)."""
    error = predicted.astype(float) - clean
    std, mean = corpus.std(0), corpus.mean(0)
    energy = (np.diff(corpus / std, axis=0) ** 2).mean()  # velocities are in units of the corpus's
    parts = {
        "expression": 1 * (error[..., EXPRESSION] ** 2).mean(),
        "rotation": 8 * (error[..., ROTATION] ** 2).mean(),
        "translation": 1 * (error[..., TRANSLATION] ** 2).mean(),
        "velocity": 1 * (np.diff(error, axis=2) ** 2).mean() / energy,
    }
    if chosen.any():
        here, there = (gaze((x[chosen] * std + mean).reshape(-1, SPACE.dim)) for x in (predicted, clean))
        parts["gaze"] = 5 * (1 - (here * there).sum(1)).mean()
    return parts


def test_the_loss_is_the_published_sum(model, corpus):
    """Sections 3.1 (clean motion is predicted), 3.5 (gaze on selected samples alone) and 4.1 (weights)."""
    batch = dataclasses.replace(a_batch(4, model), gaze=torch.tensor([False, True, True, False]))
    losses, seen = watched(model, batch)
    clean = model.normalise(batch.motion).double().numpy()
    parts = published_losses(seen["predicted"], clean, corpus, batch.gaze.numpy())
    assert {name: float(part) for name, part in losses.parts.items()} == pytest.approx(parts, rel=1e-4)
    assert float(losses.total) == pytest.approx(sum(parts.values()), rel=1e-4)
    assert parts["gaze"] > 0.01


def test_in_the_second_stage_the_speakers_lips_alone_count(model):
    """Section 3.4: L2 on the 20 lip and jaw parameters of the participant who speaks; all other losses are zero."""
    batch = dataclasses.replace(a_batch(3, model), lips_only=torch.ones(3, dtype=torch.bool))
    losses, seen = watched(model, batch)
    error = (seen["predicted"] - model.normalise(batch.motion).numpy())[..., LIPS]
    speaks = batch.condition.speaking.numpy() > 0.5
    assert float(losses.total) == pytest.approx((error[speaks] ** 2).mean(), rel=1e-4)


def test_roles_are_mixed_by_who_speaks(model):
    """Section 3.3, equation 5, and the order of c(k): sound, both roles, both masks."""
    condition, network = a_condition((2,)), model.network
    seen = []
    hook = network.condition.register_forward_pre_hook(lambda _module, args: seen.append(args[0].numpy()))
    with torch.no_grad():
        network.encode(condition)
    hook.remove()
    mask = condition.speaking.numpy()[..., None]
    speak, listen = network.roles.detach().numpy()
    role = mask * speak + (1 - mask) * listen
    wanted = np.concatenate([role, role[:, ::-1], mask, mask[:, ::-1]], -1)
    assert seen[0][..., 16 : 16 + 2 * 4 + 2] == pytest.approx(wanted, abs=1e-6)
    assert seen[0][..., -3:] == pytest.approx(np.repeat(condition.identity.numpy()[:, :, None], FRAMES, 2))


def test_film_scales_and_shifts():
    """Section 3.3: FiLM(h, c) = (gamma(c) + 1) h + beta(c); the diffusion step adds to gamma and beta."""
    torch.manual_seed(0)
    block = FilmBlock(5, 5, 3, 4)
    for parameter in block.parameters():
        parameter.data = torch.randn_like(parameter)
    x, c, step = torch.randn(2, 7, 5), torch.randn(2, 7, 3), torch.randn(2, 4)

    def silu(values):
        return values / (1 + np.exp(-values))

    def standard(values):
        return (values - values.mean(-1, keepdims=True)) / np.sqrt(values.var(-1, keepdims=True) + 1e-5)

    def convolved(conv, values):
        before = np.pad(values, ((0, 0), (1, 1), (0, 0)))
        weight, bias = conv.weight.detach().double().numpy(), conv.bias.detach().double().numpy()
        return sum(before[:, k : k + 7] @ weight[..., k].T for k in range(3)) + bias

    def linear(layer, values):
        return values @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()

    values, knowledge, when = (t.double().numpy() for t in (x, c, step))
    scale, shift = block.norm_in.weight.detach().numpy(), block.norm_in.bias.detach().numpy()
    h = standard(convolved(block.conv_in, silu(standard(values) * scale + shift)))
    gamma, beta = np.split(linear(block.modulation, knowledge) + linear(block.step, when)[:, None], 2, -1)
    wanted = values + convolved(block.conv_out, silu((gamma + 1) * h + beta))
    found = block(x, block.modulation(c), step).detach().numpy()
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_one_attends_to_the_other():
    """Section 3.3, equations 3 and 4: Attention(Q_A, K_B, V_B); as an update of h_A, with rotary positions."""
    torch.manual_seed(0)
    attention = TimeAttention(16, 8)
    here, there = torch.randn(2, 1, 9, 16)
    found = attention(here, there)[0].detach().numpy()

    def linear(layer, values):
        return values @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()

    def normed(values):
        return (values - values.mean(-1, keepdims=True)) / np.sqrt(values.var(-1, keepdims=True) + 1e-5)

    a, b = here[0].double().numpy(), there[0].double().numpy()
    q, (k, v) = linear(attention.query, normed(a)), np.split(linear(attention.key_value, normed(b)), 2, -1)
    out = []
    for head in range(8):
        own = slice(2 * head, 2 * head + 2)  # one pair of channels: a complex number that turns with time
        turn = np.exp(1j * np.arange(9))
        queries, keys = ((x[:, own] @ [1, 1j]) * turn for x in (q, k))
        scores = (queries[:, None] * keys.conj()).real / np.sqrt(2)
        weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        out.append(weights @ v[:, own])
    assert found == pytest.approx(a + linear(attention.out, np.concatenate(out, -1)), abs=1e-4)


def test_the_u_net_has_the_published_blocks(model):
    """Supplement 2.1: two blocks of two, the second at stride 2 with self-attention; 3.3: cross in the decoder."""
    network = model.network
    for subs, attends, crosses in (
        (network.encoder, False, False), (network.encoder_strided, True, False),
        (network.decoder_strided, True, True), (network.decoder, False, True),
    ):  # fmt: skip
        assert [(sub.attend is not None, sub.cross is not None) for sub in subs] == [(attends, crosses)] * 2
    assert network.encoder_strided[0].attend.heads == 8
    lengths = []
    hook = network.encoder_strided[0].register_forward_hook(lambda _module, args, _out: lengths.append(args[0].shape))
    watched(model, a_batch(1, model))
    hook.remove()
    assert lengths == [(2, FRAMES // 2, 16)]


class Heard:
    """A condition of one window."""

    frames = FRAMES

    def __call__(self, start, stop):
        return a_condition(frames=stop - start)


def test_eight_ddim_steps_with_guidance(model):
    """Supplement 2.1: DDIM (Song et al. 2021, equation 12, no noise), x_0 guided by its formula at scale 2.0."""
    options = {name: option.default for name, option in model.capabilities.options.items()}
    assert options == {"guidance_scale": 2.0, "steps": 8}
    noise = torch.randn(FRAMES, 2, SPACE.dim, generator=torch.Generator().manual_seed(7)).transpose(0, 1)
    x, alphas = noise.double().numpy(), np.concatenate([[1.0], cosine_schedule()])  # after 0 to 1000 steps
    condition = a_condition().batched()
    with torch.no_grad():
        heard, unheard = (model.prepare(condition, torch.tensor([keep])) for keep in (True, False))
        for t in (1000, 875, 750, 625, 500, 375, 250, 125):

            def predict(prepared, x=x, t=t):
                return model.network(torch.tensor(x[None]).float(), torch.tensor([t - 1]), prepared)[0].double().numpy()

            clean = predict(unheard) + 2.0 * (predict(heard) - predict(unheard))
            direction = (x - np.sqrt(alphas[t]) * clean) / np.sqrt(1 - alphas[t])
            x = np.sqrt(alphas[t - 125]) * clean + np.sqrt(1 - alphas[t - 125]) * direction
    wanted = model.denormalise(torch.tensor(x)).numpy()
    (found,) = sample(model, Heard(), seed=7, guidance=2.0, steps=8)
    assert found == pytest.approx(wanted, abs=1e-4)


def test_translation_is_predicted_from_the_first_frame():
    """Section 3.5: t(k) - t(0). Here t(0) is the seat, and the offset is as its person sees it: turned back by yaw."""
    rng = np.random.default_rng(0)
    motion = rng.normal(size=(6, SPACE.dim)).astype(np.float32)
    places = motion[:, TRANSLATION].copy()
    seat = np.array([*places[0], 0.0], np.float32)
    offsets = to_seat_frame(motion, seat, SPACE)
    assert offsets[:, TRANSLATION] == pytest.approx(places - places[0], abs=1e-6)
    assert np.array_equal(offsets[:, :75], motion[:, :75])
    seat[3] = 0.7
    turned = Rotation.from_euler("y", -0.7).apply(places - places[0])
    assert to_seat_frame(motion, seat, SPACE)[:, TRANSLATION] == pytest.approx(turned, abs=1e-5)
