"""Long recordings: seams, seeds, any length, bounded memory."""

import dataclasses
import itertools
import tracemalloc

import numpy as np
import pytest
import torch

from duet_toys import toy_conversation, toy_duet
from visavis.errors import InputError
from visavis.evaluation.jerk import jerk, join_jerk
from visavis.generation.apply import apply
from visavis.models.duet.sampling import ConversationCondition, sample
from visavis.models.preprocessing import PIECE, gain
from visavis.models.windowing import fade, generate_windows, windows
from visavis.motion import ARKIT, Motion


@pytest.fixture(scope="module")
def model():
    """An untrained network whose output follows its input: rough motion, in which every seam would show."""
    torch.manual_seed(0)
    model = toy_duet().eval()
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model


@pytest.mark.parametrize("frames", [1, 63, 64, 65, 112, 113, 500])
def test_windows_cover_everything_and_overlap(frames):
    spans = windows(frames, 64, 16)
    assert spans[0].start == 0
    assert spans[-1].stop == spans[-1].following == frames
    for window, following in itertools.pairwise(spans):
        assert window.following == following.start > window.start
        assert window.stop - following.start == following.shared >= 16
        assert len(following) == len(window) == 64


@pytest.mark.parametrize("frames", [1, 31, 64, 65, 112, 113, 500])
def test_windows_that_begin_in_step_share_the_same_number_of_frames(frames):
    spans = windows(frames, 64, 16, last="short")
    assert [window.start for window in spans] == [48 * i for i in range(len(spans))]
    assert all(window.shared == 16 for window in spans[1:])
    assert spans[-1].stop == frames


def test_pieces_make_up_the_recording():
    truth = torch.arange(150.0)[:, None]
    seen = []

    def decide(window, carried):
        seen.append(carried)
        return truth[window.start : window.stop], window.stop

    pieces = list(generate_windows(windows(150, 64, 16), decide))
    assert torch.equal(torch.cat(pieces), truth)
    assert seen == [None, 64, 112]


def test_fade_rises_evenly():
    weights = fade(20)[:, 0]
    assert torch.all(weights.diff() > 0)
    assert float(weights[0] + weights[-1]) == pytest.approx(1)


@pytest.mark.parametrize("seconds", [0.04, 0.5, 2.5, 2.6, 7.0])
def test_any_length(model, seconds):
    animated = animate(toy_conversation(1, seconds, motion=False), model, seed=0)
    frames = round(seconds * 25)
    for person in animated.participants:
        assert person.motion.values.shape == (frames, ARKIT.dim)
        assert 0 <= person.motion["expression"].min() <= person.motion["expression"].max() <= 1


def animate(conversation, model, *, seed=0, **options):
    return apply(conversation, model, seed=seed, options=options)[0]


def test_seeds_reproduce(model):
    conversation = toy_conversation(1, 6.0, motion=False)
    first, again, other = (animate(conversation, model, seed=seed) for seed in (1, 1, 2))
    assert first.a.motion == again.a.motion
    assert first.b.motion == again.b.motion
    assert first.a.motion != other.a.motion
    assert first.provenance["motion"]["seed"] == 1


def test_another_recording_with_the_same_seed_moves_otherwise(model):
    seconds, seats = 15.0, toy_conversation(0).participants
    recordings = [toy_conversation(i, seconds, motion=False) for i in (1, 2)]
    recordings = [
        r.with_participants(*(dataclasses.replace(p, seat=s.seat) for p, s in zip(r, seats, strict=True)))
        for r in recordings
    ]
    one, other = (animate(recording, model, seed=0) for recording in recordings)
    for here, there in zip(one, other, strict=True):
        for group in ("head", "eyes"):
            pairs = zip(here.motion[group].T, there.motion[group].T, strict=True)
            assert np.mean([abs(np.corrcoef(x, y)[0, 1]) for x, y in pairs]) < 0.2


def test_swapping_the_people_swaps_roles_and_seats(model):
    conversation = toy_conversation(1, 4.0, motion=False)
    animated = animate(conversation.swapped(), model, seed=0)
    assert animated.a.seat == conversation.b.seat
    # Heads start where the seats are, give or take what an untrained network predicts.
    assert np.linalg.norm(animated.a.motion["translation"].mean(0) - conversation.b.seat.position) < 0.3


def test_joins_do_not_show(model):
    conversation = toy_conversation(2, 60.0, motion=False)
    animated = animate(conversation, model, seed=0)
    spans = windows(1500, model.config.window, model.config.overlap)
    joins = sorted({*(window.start for window in spans[1:]), *(window.stop for window in spans[:-1])})
    for person in animated.participants:
        assert join_jerk(person.motion, joins) < 1.1


def test_the_jerk_metric_sees_a_bad_join():
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(0, 0.01, (300, ARKIT.dim)), 0)
    smooth = np.apply_along_axis(lambda c: np.convolve(c, np.hanning(21) / 10, "same"), 0, values)
    assert join_jerk(Motion(smooth, 25, ARKIT), [100, 200]) < 1.5
    broken = smooth.copy()
    broken[150:] += 0.05
    assert join_jerk(Motion(broken, 25, ARKIT), [150]) > 3
    assert np.isnan(join_jerk(Motion(smooth, 25, ARKIT), []))
    assert np.isnan(join_jerk(Motion.zeros(50, 25, ARKIT), [20]))
    assert len(jerk(Motion(smooth, 25, ARKIT))) == 297


def test_later_windows_continue_earlier_ones(model):
    conversation = toy_conversation(2, 5.0, motion=False)
    condition = ConversationCondition(conversation, model)
    whole = list(sample(model, condition, seed=0, guidance=1.0, steps=4))
    condition.frames = 64
    first = next(sample(model, condition, seed=0, guidance=1.0, steps=4))
    # Until the overlap begins nothing is known of the next window; within it the first window is faded out.
    assert whole[0] == pytest.approx(first[:, : whole[0].shape[1]], abs=1e-5)
    overlap = whole[1][:, :2] - first[:, whole[0].shape[1] : whole[0].shape[1] + 2]
    assert np.abs(overlap).max() < 0.1 * np.abs(first).max()


def test_features_are_forgotten_again(model):
    conversation = toy_conversation(2, 6 * PIECE / 25, motion=False)
    condition = ConversationCondition(conversation, model)
    tracemalloc.start()
    held = []
    for number in range(6):
        for start in range(number * PIECE, (number + 1) * PIECE - 100, 100):
            condition(start, start + 100)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[-1] - held[2] < PIECE * model.config.audio_dim * 4  # bytes of one piece
    across = condition(PIECE - 50, PIECE + 50).audio
    assert torch.equal(across[:, :50], condition(PIECE - 50, PIECE).audio)
    assert torch.equal(across[:, 50:], condition(PIECE, PIECE + 50).audio)


def test_loudness_does_not_matter(model):
    conversation = toy_conversation(1, 3.0, motion=False)
    quiet = [
        dataclasses.replace(p, audio=dataclasses.replace(p.audio, samples=p.audio.samples * 0.05)) for p in conversation
    ]
    there, here = (
        ConversationCondition(c, model)(0, 75).audio for c in (conversation, conversation.with_participants(*quiet))
    )
    assert here.numpy() == pytest.approx(there.numpy(), abs=0.02)
    assert gain(dataclasses.replace(conversation.a.audio, samples=np.zeros(16000, np.float32))) == 1.0


def test_without_seats_people_face_each_other(model):
    conversation = toy_conversation(1, 2.0, motion=False)
    unseated = conversation.with_participants(*(dataclasses.replace(p, seat=None) for p in conversation))
    animated = animate(unseated, model, seed=0)
    assert animated.a.seat.position[0] == -0.5
    assert animated.b.seat.position[0] == 0.5


def test_bad_requests_are_one_line(model):
    conversation = toy_conversation(1, 2.0, motion=False)
    wrong = ({"guidance_scale": float("nan")}, {"guidance_scale": -1.0}, {"steps": 0}, {"steps": 5000}, {"warmth": 1})
    for options in wrong:
        with pytest.raises(InputError) as caught:
            animate(conversation, model, seed=0, **options)
        assert "\n" not in str(caught.value)
    mute = conversation.with_participants(*(dataclasses.replace(p, audio=None) for p in conversation))
    with pytest.raises(InputError, match="needs sound"):
        animate(dataclasses.replace(mute, mixed=None), model, seed=0)
