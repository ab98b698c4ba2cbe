"""The network and its conditions: who hears what, who sees whom."""

import dataclasses

import pytest
import torch

from dim_toys import PLAIN
from duet_toys import toy_conversation, toy_duet
from visavis.models.batch import Condition
from visavis.models.duet.model import Duet
from visavis.models.duet.network import layout_features
from visavis.motion import ARKIT_BODY, get_space

FRAMES = 40


def make(*overrides: str) -> Duet:
    torch.manual_seed(0)
    model = toy_duet("audio_dim=12", *overrides).eval()
    for parameter in model.parameters():  # the last layers begin at zero, which would hide everything
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model


def random_condition(model: Duet, frames: int = FRAMES, seed: int = 1) -> Condition:
    generator = torch.Generator().manual_seed(seed)
    return Condition(
        torch.randn(2, frames, model.config.audio_dim, generator=generator),
        torch.rand(2, frames, generator=generator),
        torch.tensor([[-0.5, 1.6, 0.0, 1.5], [0.5, 1.5, 0.1, -1.4]]),
        torch.randn(2, model.config.network.identity, generator=generator),
    )


def denoise(model: Duet, condition: Condition, noisy: torch.Tensor, step: int = 300) -> torch.Tensor:
    with torch.no_grad():
        return model.network(noisy[None], torch.tensor([step]), model.prepare(condition.batched()))[0]


@pytest.mark.parametrize("frames", [1, 7, 40, 101])
def test_any_number_of_frames(frames):
    model = make()
    noisy = torch.randn(2, frames, model.space.dim)
    assert denoise(model, random_condition(model, frames), noisy).shape == noisy.shape


def test_swapping_the_people_swaps_what_comes_out():
    model = make()
    condition, noisy = random_condition(model), torch.randn(2, FRAMES, model.space.dim)
    there = denoise(model, condition, noisy)
    swapped = denoise(model, condition.swapped(), noisy.flip(0))
    assert torch.allclose(swapped.flip(0), there, atol=1e-5)
    assert not torch.allclose(there[0], there[1], atol=1e-2)


def test_streams_meet_only_through_cross_attention():
    for where, meets in (("all", True), ("strided", True), ("none", False)):
        model = make(f"network.cross_attention={where}")
        condition, noisy = random_condition(model), torch.randn(2, FRAMES, model.space.dim)
        changed = noisy.clone()
        changed[1] += 1.0
        difference = denoise(model, condition, noisy)[0] - denoise(model, condition, changed)[0]
        assert (difference.abs().max() > 1e-4) == meets


def test_roles_follow_the_masks():
    model = make()
    condition, noisy = random_condition(model), torch.randn(2, FRAMES, model.space.dim)
    silent = dataclasses.replace(condition, speaking=torch.zeros(2, FRAMES))
    talking = dataclasses.replace(condition, speaking=torch.ones(2, FRAMES))
    assert (denoise(model, silent, noisy) - denoise(model, talking, noisy)).abs().max() > 1e-3
    # e_speak counts only where somebody speaks, e_listen only where somebody does not.
    before = denoise(model, silent, noisy)
    model.network.roles.data[0] += 5.0
    assert torch.equal(denoise(model, silent, noisy), before)
    model.network.roles.data[1] += 5.0
    assert not torch.equal(denoise(model, silent, noisy), before)


def test_without_roles_the_masks_do_nothing():
    model = make("network.role=0")
    condition, noisy = random_condition(model), torch.randn(2, FRAMES, model.space.dim)
    silent = dataclasses.replace(condition, speaking=torch.zeros(2, FRAMES))
    assert torch.equal(denoise(model, condition, noisy), denoise(model, silent, noisy))


@pytest.mark.parametrize("what", ["audio", "seats", "identity"])
def test_every_condition_matters(what):
    model = make()
    condition, noisy = random_condition(model), torch.randn(2, FRAMES, model.space.dim)
    other = dataclasses.replace(condition, **{what: getattr(condition, what) + 0.7 * torch.randn(1)})
    if what == "seats":
        other = dataclasses.replace(condition, seats=condition.seats * torch.tensor([2.0, 1, 1, 1]))
    assert (denoise(model, condition, noisy) - denoise(model, other, noisy)).abs().max() > 1e-3


def test_turning_or_moving_the_room_changes_nothing():
    seats = torch.tensor([[-0.4, 1.6, 0.2, 1.2], [0.7, 1.4, -0.1, -1.0]])
    angle = torch.tensor(0.8)
    cos, sin = angle.cos(), angle.sin()
    turned = seats.clone()
    turned[:, 0] = cos * seats[:, 0] + sin * seats[:, 2] + 3.0
    turned[:, 2] = cos * seats[:, 2] - sin * seats[:, 0] - 1.0
    turned[:, 3] += angle
    assert torch.allclose(layout_features(seats), layout_features(turned), atol=1e-5)
    # A person straight ahead is ahead, one to the left is at +X.
    facing = torch.tensor([[0.0, 1.6, 0.0, 0.0], [0.0, 1.6, 2.0, 3.14159]])
    assert torch.allclose(layout_features(facing)[0, :3], torch.tensor([0.0, 0.0, 2.0]), atol=1e-5)
    left = torch.tensor([[0.0, 1.6, 0.0, 0.0], [1.0, 1.6, 0.0, 0.0]])
    assert torch.allclose(layout_features(left)[0, :3], torch.tensor([1.0, 0.0, 0.0]), atol=1e-5)
    assert torch.allclose(layout_features(left)[1, :3], torch.tensor([-1.0, 0.0, 0.0]), atol=1e-5)


def test_seeds_reproduce_and_guidance_acts():
    model, conversation = toy_duet().eval(), toy_conversation(0, 1.6, motion=False)
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)

    def moved(seed, samples=1, **options):
        return [each.a.motion for each in model.generate(conversation, samples=samples, seed=seed, options=options)]

    (first,), (again,) = moved(3), moved(3)
    assert first == again
    assert moved(4)[0] != first
    assert moved(3, guidance_scale=2.0)[0] != first
    several = moved(3, samples=3, steps=2)
    assert len(several) == 3
    assert several[0] != several[1]


def test_guidance_is_what_the_formula_says():
    model = make()
    condition, noisy = random_condition(model), torch.randn(1, 2, FRAMES, model.space.dim)
    with torch.inference_mode():
        heard = model.denoiser(condition, 1.0)(noisy, 500)
        unheard = model.denoiser(condition, 0.0)(noisy, 500)
        guided = model.denoiser(condition, 2.5)(noisy, 500)
    assert torch.allclose(guided, unheard + 2.5 * (heard - unheard), atol=1e-4)
    deaf = dataclasses.replace(condition, audio=condition.audio * 0 + 9)
    with torch.inference_mode():
        assert torch.allclose(model.denoiser(deaf, 0.0)(noisy, 500), unheard, atol=1e-5)


@pytest.mark.parametrize("space", [get_space("talking-together78"), ARKIT_BODY, PLAIN], ids=lambda s: s.name)
def test_any_space_works(space):
    torch.manual_seed(0)
    model = toy_duet(space=space)
    person = model.generate(toy_conversation(0, 1.6, motion=False))[0].a
    assert person.motion.values.shape == (FRAMES, space.dim)
    assert person.motion.space == space


def test_generated_shapes_and_places_are_possible():
    model = toy_duet().eval()
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    a = model.generate(toy_conversation(0, 1.6, motion=False))[0].a.motion
    shapes = a["expression"]
    assert shapes.min() >= 0
    assert shapes.max() <= 1
    from visavis.motion.gaze import LOOK_SHAPES, eye_look_shapes

    eyes = [a[[f"{eye}.{axis}" for axis in "xyz"]] for eye in ("leftEye", "rightEye")]
    assert a[LOOK_SHAPES] == pytest.approx(eye_look_shapes(*eyes), abs=1e-5)
