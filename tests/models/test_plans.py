"""Models that follow a plan of behaviour: what is planned comes out, and nothing moves without a plan."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dim_toys import toy_batch, toy_model
from duet_toys import toy_conversation, toy_duet
from visavis.behavior.controls import Controls
from visavis.behavior.performing.performer import COLUMNS, SCALES
from visavis.behavior.plan import TRACK
from visavis.conversation import Track
from visavis.errors import InputError
from visavis.generation.apply import apply
from visavis.generation.planning import direct, with_plan
from visavis.models.checkpoint import from_pretrained
from visavis.models.contract import check_model
from visavis.motion import ARKIT, ARKIT_BODY

PLAN = "network.plan=true"
CLOSED = COLUMNS.index("closed")


def following(*overrides: str):
    """A Duet that has learnt that lids close as planned, and nothing else."""
    torch.manual_seed(0)
    model = toy_duet(PLAN, *overrides).eval()
    lids = ARKIT.indices(["eyeBlinkLeft", "eyeBlinkRight"])
    with torch.no_grad():
        model.network.planned.weight[lids, CLOSED] = torch.tensor(SCALES[CLOSED]) / model.motion_std[lids]
    return model


def planned(conversation, seed=0):
    return with_plan(conversation, direct(conversation, seed))


def test_a_planned_blink_comes_out_in_full():
    conversation = planned(toy_conversation(3, motion=False))
    (found,) = following().generate(conversation)
    for person in found:
        closed = person.tracks[TRACK]["closed"]
        assert closed.max() > 0.7
        np.testing.assert_allclose(person.motion["eyeBlinkLeft"], closed, atol=1e-3)


def test_without_a_plan_it_says_so_and_apply_makes_one():
    conversation, model = toy_conversation(3, motion=False), following()
    with pytest.raises(InputError, match="a plan of what people do"):
        model.generate(conversation)
    (found,) = apply(conversation, model, seed=1)
    for person in found:
        assert person.events["look"]
        assert person.motion.space.name == "arkit-body"
        np.testing.assert_allclose(person.motion["eyeBlinkLeft"], person.tracks[TRACK]["closed"], atol=1e-5)
    (again,) = apply(conversation, model, seed=1)
    (other,) = apply(conversation, model, seed=2)
    assert again.a.motion == found.a.motion
    assert other.a.motion != found.a.motion


def test_whoever_is_not_moved_stays_as_they_are_and_bodies_can_be_stiller():
    conversation = toy_conversation(3, space=ARKIT_BODY)
    model = toy_model("plan=true", stage="listener", space=ARKIT)
    (found,) = apply(conversation, model, (1,), seed=1)
    (still,) = apply(conversation, model, (1,), seed=1, stillness=1.0, intensity=2.0)
    assert found.a.motion == still.a.motion == conversation.a.motion  # though the model reads its face alone
    assert found.b.motion.space == still.b.motion.space == ARKIT_BODY
    moves = [np.abs(np.diff(each.b.motion.values[:, ARKIT.dim :], axis=0)).sum() for each in (found, still)]
    assert moves[1] < 0.5 * moves[0]


def test_plans_are_for_models_that_follow_them():
    conversation = toy_conversation(3, motion=False)
    plan = direct(conversation, 0).plan
    with pytest.raises(InputError, match="does not follow a plan"):
        apply(conversation, toy_duet(), plan=plan)
    with pytest.raises(InputError, match="beside --plan would have no effect"):
        apply(conversation, following(), plan=plan, controls=(Controls(), Controls(emotion="happy")))
    tracks = {TRACK: Track(np.zeros((200, 2)), 25.0, ("one", "two"))}
    strange = conversation.with_participants(*(replace(p, tracks=tracks) for p in conversation))
    with pytest.raises(InputError, match="is not planned"):
        following().generate(strange)


def test_it_keeps_the_contract_and_survives_the_disk(tmp_path):
    model = following()
    check_model(model, planned(toy_conversation(4, 6.0)))
    again = from_pretrained(model.save(tmp_path / "model"))
    assert again.capabilities.needs == model.capabilities.needs
    assert torch.equal(again.network.planned.weight, model.network.planned.weight)


def test_dim_learns_what_is_beyond_the_plan_and_puts_it_back():
    model = toy_model("plan=true", stage="listener")
    with torch.no_grad():
        model.planned[CLOSED] = torch.linspace(0.1, 0.5, model.space.dim)
    curves = torch.zeros(8, 32, len(COLUMNS))
    curves[:, 5:9, CLOSED] = 1.0
    batch = replace(toy_batch(), performed=curves)
    rest = model.beyond_plan(batch)
    assert torch.equal(rest.motion[:, 0], batch.motion[:, 0])
    back = rest.motion[:, 1] + curves @ model.planned
    assert torch.allclose(back, batch.motion[:, 1], atol=1e-6)
    assert not torch.allclose(rest.motion[:, 1, 5:9], batch.motion[:, 1, 5:9], atol=0.05)
    assert toy_model(stage="listener").beyond_plan(batch) is batch
