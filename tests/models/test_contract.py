"""What every registered model promises, checked for every one of them on a tiny copy of it."""

import resource
import time

import pytest

from contract_toys import NINE, talk, tiny
from streaming_toys import Choosy, Dependent, Eavesdropper, Forgetful, JawConfig, Late, LoudJaw, Unseated
from visavis.errors import InputError
from visavis.models.base import BehaviorModel
from visavis.models.baselines.mean_pose import MeanPose
from visavis.models.contract import ContractError, check_model, check_motion, check_own_motion, people_of
from visavis.models.registry import get_entry, names
from visavis.motion import ARKIT, ARKIT_BODY

MODELS = names("behavior", trained=True)
TOLD = ("retrieval",)
"""Those that can tell in words only what built-in spaces show."""
FRAME_BY_FRAME = ("faceformer", "mars")
"""Those that take a step per frame or code; what holds for two minutes of them holds for ten."""
LONG = 600.0
MEGABYTES = 700
"""That ten minutes may take at most beside the conversation."""


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """By name and space, made when first asked for."""
    made: dict[tuple[str, str], BehaviorModel] = {}

    def get(name, space=ARKIT):
        if (name, space.name) not in made:
            folder = tmp_path_factory.mktemp("features") / space.name / name
            made[name, space.name] = tiny(get_entry(name), space, folder)
        return made[name, space.name]

    return get


@pytest.mark.parametrize("name", MODELS)
def test_it_does_what_every_model_promises(model, name):
    check_model(model(name), talk(9, 8.0))


@pytest.mark.parametrize("space", [ARKIT_BODY, NINE], ids=["arkit-body", "nine columns"])
@pytest.mark.parametrize("name", MODELS)
def test_it_learns_and_moves_in_any_space(model, name, space):
    if name in TOLD and space is NINE:
        with pytest.raises(InputError, match="'nine'"):
            model(name, space)
        return
    check_motion(model(name, space), talk(9, 3.0, space))


@pytest.fixture(scope="session")
def long_talk():
    return talk(9, LONG)


@pytest.mark.parametrize("name", MODELS)
def test_ten_minutes_take_bounded_memory(model, long_talk, name):
    made = model(name)
    conversation = long_talk.window(0.0, LONG / 5) if name in FRAME_BY_FRAME else long_talk
    made.generate(conversation.window(0.0, 30.0), people_of(made)[:1])  # what is loaded once
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    (found,) = made.generate(conversation, people_of(made)[:1])
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert len(found.participants[people_of(made)[0]].motion) == round(conversation.duration * 25)
    assert grown < MEGABYTES
    assert time.monotonic() - start < 60


class Peeks(MeanPose):
    """Gives people their own motion back."""

    def generate(self, conversation, people=(0, 1), **rest):
        moving = all(person.motion for person in conversation)
        return [conversation] if moving else super().generate(conversation, people, **rest)


def test_who_breaks_a_promise_is_told_which(model):
    peeks = Peeks(model("mean-pose").config, ARKIT, 25.0)
    peeks.allocate({})
    with pytest.raises(ContractError, match="differently depending on other motion"):
        check_own_motion(peeks, talk(9, 3.0))


def test_a_model_that_streams_does_what_every_model_promises():
    check_model(LoudJaw(JawConfig()), talk(9, 8.0))


def test_its_jaw_moves_with_its_voice():
    (found,) = LoudJaw(JawConfig()).generate(talk(9, 8.0), (0,))
    jaw = found.a.motion["jawOpen"]
    assert jaw[:115].min() > 0.1
    assert jaw[150:].max() < 0.01


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (Forgetful, r"differs from that of the whole recording by 0\.\d+, first at frame 0 in 10 ms chunks"),
        (Choosy, "has streamed 2 frames after 0.040 s in 10 ms chunks; .* should be 0 to 1"),
        (Late, "has streamed 0 frames after 0.120 s in 10 ms chunks; with a lookahead of 0.08 s it should be 1 to 3"),
        (Unseated, "differs from that of the whole recording by .*, first at frame 0"),
        (Eavesdropper, "moves people differently without speaking, which it does not declare"),
        (Dependent, "fails without words, which it does not declare: AssertionError, no words"),
    ],
)
def test_a_stream_or_a_cue_that_breaks_a_promise_is_told_which(broken, told):
    with pytest.raises(ContractError, match=told):
        check_model(broken(JawConfig()), talk(9, 8.0))
