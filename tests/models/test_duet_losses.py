"""What counts in the loss, and what does not."""

import dataclasses

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation, toy_duet
from visavis.models.batch import Condition, DyadBatch
from visavis.models.duet.losses import gaze_vectors, motion_losses
from visavis.models.duet.statistics import velocity_basis
from visavis.models.preprocessing import seats_of, to_seat_frame, to_world_frame
from visavis.motion import ARKIT, Motion
from visavis.motion.gaze import gaze_direction


def make_batch(count: int = 3, frames: int = 20, dim: int = ARKIT.dim) -> DyadBatch:
    generator = torch.Generator().manual_seed(0)
    speaking = torch.zeros(count, 2, frames)
    speaking[:, 0] = 1.0
    return DyadBatch(
        Condition(
            torch.randn(count, 2, frames, 160, generator=generator), speaking, torch.zeros(count, 2, 4),
            torch.zeros(count, 2, 4),
        ),
        torch.randn(count, 2, frames, dim, generator=generator) * 0.1,
        torch.ones(count, 2, frames, dtype=torch.bool),
        torch.ones(count, 2, dim, dtype=torch.bool),
        torch.zeros(count, dtype=torch.bool),
        torch.zeros(count, dtype=torch.bool),
    )  # fmt: skip


def parts(predicted, target, batch, model, **changes):
    config = model.config.losses.model_copy(update=changes)
    return motion_losses(
        predicted, target, batch, config, model.space, model.motion_std, model.motion_mean, model.velocity_basis
    )


@pytest.fixture(scope="module")
def model():
    return toy_duet()


def test_perfect_prediction_costs_nothing(model):
    batch = dataclasses.replace(make_batch(), gaze=torch.ones(3, dtype=torch.bool))
    found = parts(batch.motion, batch.motion, batch, model)
    assert set(found) == {"expression", "rotation", "translation", "velocity", "gaze"}
    assert all(float(value) == pytest.approx(0, abs=1e-6) for value in found.values())


def test_weights_are_the_papers(model):
    batch = make_batch()
    off = batch.motion + 1.0  # a constant error of 1 in every normalised column
    found = parts(off, batch.motion, batch, model)
    assert float(found["expression"]) == pytest.approx(1)
    assert float(found["rotation"]) == pytest.approx(8)
    assert float(found["translation"]) == pytest.approx(1)
    assert float(found["velocity"]) == pytest.approx(0, abs=1e-9)


def test_invalid_frames_and_columns_do_not_count(model):
    batch = make_batch()
    frames, columns = batch.frames.clone(), batch.columns.clone()
    frames[:, :, 10:] = False
    columns[:, :, 5] = False
    masked = dataclasses.replace(batch, frames=frames, columns=columns)
    wrong = batch.motion.clone()
    wrong[:, :, 10:] += 3
    wrong[..., 5] += 3
    found = parts(wrong, batch.motion, masked, model)
    assert all(float(value) == 0 for value in found.values())
    wrong[:, :, 9, 6] += 3
    assert float(parts(wrong, batch.motion, masked, model)["expression"]) > 0


def test_lips_only_counts_the_speakers_lips_and_nothing_else(model):
    batch = dataclasses.replace(
        make_batch(), lips_only=torch.ones(3, dtype=torch.bool), gaze=torch.ones(3, dtype=torch.bool)
    )
    lips = ARKIT.indices("lips")
    others = np.setdiff1d(np.arange(ARKIT.dim), lips)
    wrong = batch.motion.clone()
    wrong[..., others] += 2  # everything but the lips, of both
    wrong[:, 1] += 2  # and all of the listener
    assert sum(float(v) for v in parts(wrong, batch.motion, batch, model).values()) == 0
    wrong[:, 0, :, lips[0]] += 1
    found = {name: float(v) for name, v in parts(wrong, batch.motion, batch, model).items() if float(v)}
    assert set(found) == {"speaker_lips"}


def test_gaze_loss_counts_on_chosen_samples_only(model):
    batch = make_batch()
    wrong = batch.motion.clone()
    wrong[..., ARKIT.indices("eyes")] += 0.5
    chosen = dataclasses.replace(batch, gaze=torch.tensor([False, True, False]))
    assert "gaze" not in parts(wrong, batch.motion, batch, model)
    only_others = wrong.clone()
    only_others[1] = batch.motion[1]
    assert float(parts(only_others, batch.motion, chosen, model)["gaze"]) == pytest.approx(0, abs=1e-6)
    assert float(parts(wrong, batch.motion, chosen, model)["gaze"]) > 1e-4
    assert "gaze" not in parts(wrong, batch.motion, chosen, model, gaze=0.0)


def test_gaze_vectors_agree_with_the_gaze_room():
    conversation = toy_conversation(3)
    rng = np.random.default_rng(0)
    values = conversation.a.motion.values.copy()
    for joint in ("neck", "head", "eyes"):
        where = ARKIT.indices(joint)
        values[:, where] = rng.normal(0, 0.3, (len(values), len(where)))
    there = gaze_direction(Motion(values, 25, ARKIT), dataclasses.replace(conversation.a.seat, yaw=0.0))
    here = gaze_vectors(torch.from_numpy(values), ARKIT, through_head=True).numpy()
    assert here == pytest.approx(there, abs=1e-4)
    still = values.copy()
    still[:, np.concatenate([ARKIT.indices("neck"), ARKIT.indices("head")])] = 0
    of_the_eyes = gaze_vectors(torch.from_numpy(values), ARKIT, through_head=False).numpy()
    assert of_the_eyes == pytest.approx(gaze_vectors(torch.from_numpy(still), ARKIT, through_head=True).numpy())


def test_velocity_basis_measures_the_mesh():
    rng = np.random.default_rng(0)
    jacobian = rng.normal(size=(30, 5))
    moves = rng.normal(size=(400, 5)) * [1, 2, 0.1, 1, 3]
    basis = velocity_basis(jacobian.T @ jacobian, moves.T @ moves / 400)
    through_mesh, through_basis = ((moves @ jacobian.T) ** 2).sum(1), ((moves @ basis.T) ** 2).sum(1)
    assert through_basis / through_mesh == pytest.approx(np.full(400, through_basis[0] / through_mesh[0]))
    assert through_basis.mean() / 5 == pytest.approx(1)


def test_offsets_from_the_seat_and_back():
    conversation = toy_conversation(2)
    rng = np.random.default_rng(0)
    seat = seats_of(conversation)[1]
    values = conversation.b.motion.values.copy()
    values[:, ARKIT.indices("expression")] = 0.3
    values[:, ARKIT.indices("translation")] += rng.normal(0, 0.02, (len(values), 3)).astype(np.float32)
    offsets = to_seat_frame(values, seat, ARKIT)
    where = ARKIT.indices("translation")
    assert np.abs(offsets[:, where]).max() < 0.1
    # Leaning forward is +Z in the frame of the torso, whichever way that faces.
    forward = values.copy()
    forward[:, where] = seat[:3] + 0.1 * conversation.b.seat.forward
    assert to_seat_frame(forward, seat, ARKIT)[0, where] == pytest.approx([0, 0, 0.1], abs=1e-6)
    assert to_world_frame(offsets, seat, ARKIT)[:, where] == pytest.approx(values[:, where], abs=1e-5)


def test_loss_falls_when_few_samples_are_learnt_by_heart():
    torch.manual_seed(0)
    model = toy_duet()
    batch = make_batch(4, 16)
    smooth = torch.sin(torch.arange(16) * 0.5)[None, None, :, None] * batch.motion[:, :, :1]
    batch = dataclasses.replace(batch, motion=smooth)
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3)
    totals = []
    for step in range(120):
        losses = model.loss(batch, torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        losses.total.backward()
        optimiser.step()
        totals.append(losses.total.item())
    assert np.mean(totals[-15:]) < 0.4 * np.mean(totals[:15])
