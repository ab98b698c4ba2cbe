"""Which diffusion steps are sampled, what the samplers do to known denoisers, and whose mouths take the mean."""

import dataclasses

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation, toy_duet
from visavis.conversation import Track
from visavis.errors import InputError
from visavis.models import from_pretrained
from visavis.models.duet import ENTRY
from visavis.models.duet.config import DiffusionConfig
from visavis.models.duet.sampling import ConversationCondition, sample
from visavis.models.duet.schedule import DECIDED, cosine_alphas, log_snr_steps, scheduler
from visavis.motion import ARKIT

SAMPLERS = ("ddim", "dpm++")
ARTICULATION = ARKIT.indices("articulation")
OTHERS = np.setdiff1d(np.arange(ARKIT.dim), ARTICULATION)


def log_snr(train_steps=1000):
    alphas = cosine_alphas(train_steps).double()
    return torch.log(alphas / (1 - alphas))


def of(sampler, train_steps=1000):
    return DiffusionConfig(sampler=sampler, train_steps=train_steps)


def run(solver, denoise, noise):
    x = noise
    for step in solver.timesteps.tolist():
        x = solver.step(denoise(x, step), step, x).prev_sample
    return x


def test_eight_steps_are_even_in_log_snr():
    steps = log_snr_steps(cosine_alphas(1000), 8)
    assert steps.tolist() == [999, 980, 961, 926, 858, 736, 548, 341]
    assert log_snr()[steps[1:]].numpy() == pytest.approx(np.linspace(*DECIDED, 7), abs=0.05)
    assert scheduler(of("dpm++"), 8).timesteps.tolist() == steps.tolist()
    assert scheduler(of("ddim"), 8).timesteps.tolist() == [999, 874, 749, 624, 499, 374, 249, 124]


@pytest.mark.parametrize("train_steps", [2, 10, 100, 1000])
def test_any_number_of_steps_falls_from_pure_noise(train_steps):
    for count in range(1, min(train_steps, 100) + 1):
        steps = log_snr_steps(cosine_alphas(train_steps), count)
        assert len(steps) == count
        assert steps[0] == train_steps - 1
        assert steps[-1] >= 0
        assert (steps.diff() < 0).all()
        assert (log_snr(train_steps)[steps].diff() > 0).all()
    assert log_snr_steps(cosine_alphas(train_steps), train_steps).tolist() == [*range(train_steps - 1, -1, -1)]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_impossible_numbers_of_steps_are_one_line(sampler):
    for steps in (0, 1001):
        with pytest.raises(InputError, match=f"^{steps} sampling steps; expected 1 to 1000$"):
            scheduler(of(sampler), steps)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 8, 20, 1000])
def test_a_denoiser_that_is_sure_is_followed(sampler, steps):
    noise, clean = torch.randn(2, 3, 40, generator=torch.Generator().manual_seed(0))
    assert run(scheduler(of(sampler), steps), lambda _x, _step: clean, noise).numpy() == pytest.approx(
        clean.numpy(), abs=1e-5
    )


@pytest.mark.parametrize("spread", [2.0, 4.0, 8.0])
def test_samples_spread_as_the_data_do(spread):
    """Of a Gaussian the best denoiser is known: E[x0 | x] = spread^2 sqrt(a) x / (a spread^2 + 1 - a).

    Frames and columns have unit variance, but move together: along most directions that matter there is more.
    """
    alphas, noise = cosine_alphas(1000), torch.randn(20000, generator=torch.Generator().manual_seed(0))

    def denoise(x, step):
        a = alphas[step]
        return spread**2 * a.sqrt() * x / (a * spread**2 + 1 - a)

    ratio = {s: float(run(scheduler(of(s), 8), denoise, noise).std() / noise.std()) / spread for s in SAMPLERS}
    assert ratio["ddim"] < 0.95
    assert abs(ratio["dpm++"] - 1) < 0.5 * abs(ratio["ddim"] - 1)


def test_the_second_order_is_better_than_the_first():
    """The same Gaussian at the same steps, by DDIM's rule of first order."""
    alphas, noise = cosine_alphas(1000), torch.ones(1)
    steps = log_snr_steps(alphas, 8).tolist()

    def denoise(x, step):
        return alphas[step].sqrt() * x

    x = noise
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        here, there = alphas[step], torch.tensor(1.0) if following is None else alphas[following]
        clean = denoise(x, step)
        x = there.sqrt() * clean + (1 - there).sqrt() * (x - here.sqrt() * clean) / (1 - here).sqrt()
    second = run(scheduler(of("dpm++"), 8), denoise, noise)
    assert abs(float(second) - 1) < abs(float(x) - 1)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = toy_duet().eval()
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model


def talking(speaks_a, speaks_b, frames=100):
    """A speaks in the frames of `speaks_a`, B in those of `speaks_b`."""
    conversation = toy_conversation(2, frames / 25, motion=False)
    people = []
    for person, (start, stop) in zip(conversation, (speaks_a, speaks_b), strict=True):
        speaking = np.zeros(frames, np.float32)
        speaking[start:stop] = 1
        people.append(dataclasses.replace(person, speaking=Track(speaking, 25.0, ("speaking",))))
    return conversation.with_participants(*people)


def values(model, conversation, steps):
    condition = ConversationCondition(conversation, model)
    return np.concatenate(list(sample(model, condition, seed=0, guidance=1.0, steps=steps)), axis=1)


def test_mouths_that_speak_take_the_first_prediction(model):
    """A single step gives the first prediction; in two windows, so that the join is in it, too."""
    conversation = talking((0, 100), (30, 60))
    first, found = values(model, conversation, 1), values(model, conversation, 8)
    assert found[0][:, ARTICULATION] == pytest.approx(first[0][:, ARTICULATION], abs=1e-5)
    assert found[1][30:60, ARTICULATION] == pytest.approx(first[1][30:60, ARTICULATION], abs=1e-5)
    apart = np.abs(found - first)
    assert apart[0][:, OTHERS].mean() > 0.01
    silent = np.r_[:25, 65:100]
    assert apart[1][silent][:, ARTICULATION].mean() > 0.01
    assert apart[1][26:30, ARTICULATION].mean() < apart[1][silent][:, ARTICULATION].mean()  # the mouth is ahead


def test_articulation_is_sampled_where_the_settings_say_so(model):
    diffusion = model.config.diffusion.model_copy(update={"articulation": "sample"})
    other = toy_duet("diffusion.articulation=sample").eval()
    other.load_state_dict(model.state_dict())
    assert other.config.diffusion == diffusion
    conversation = talking((0, 100), (0, 0))
    assert np.abs(values(other, conversation, 8) - values(other, conversation, 1))[0][:, ARTICULATION].mean() > 0.01


def test_the_network_runs_once_per_step_and_window(model):
    rows = []
    hook = model.network.register_forward_pre_hook(lambda _network, inputs: rows.append(len(inputs[0])))
    values(model, talking((0, 50), (50, 100)), 8)  # 100 frames: two windows of 64
    hook.remove()
    assert rows == [1] * 16


def test_the_built_in_weights_and_small_sample_alike_and_paper_as_published():
    chosen = ("sampler", "sample_steps", "guidance_scale", "articulation")
    for config in (ENTRY.load_preset("small"), from_pretrained("duet").config):
        assert [getattr(config.diffusion, name) for name in chosen] == ["dpm++", 8, 1.0, "mean"]
    paper = ENTRY.load_preset("paper").diffusion
    assert [getattr(paper, name) for name in chosen] == ["ddim", 8, 2.0, "sample"]
