"""Training Duet: its batches, its stages, any motion space, and a training that is killed."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from dim_toys import ARKIT
from duet_toys import toy_conversation
from reporters import Recorded
from visavis.conversation import Track
from visavis.conversation.corpus_write import write_corpus
from visavis.corpora.dubbing import dub, segments_of
from visavis.errors import InputError
from visavis.models import from_pretrained
from visavis.models.registry import get_entry
from visavis.motion import ARKIT_BODY, Column, MotionSpace
from visavis.training.corpora import Corpora
from visavis.training.corrupt_activity import corrupt_speaker_activity
from visavis.training.recipes.duet import DuetLearner, head_variance
from visavis.training.train import train

NINE = MotionSpace("nine", tuple(Column(f"c{i}", "rad", "head") for i in range(9)))
CLEAR = ("data.separate=1", "data.corrupt_activity=false")


def learner(*overrides):
    entry = get_entry("duet")
    return DuetLearner(entry, entry.read_preset("debug", overrides), "preset debug")


def sampler_of(chosen, conversations, folder, stage="conversations", **options):
    data = chosen.prepare(Corpora.listed(conversations), folder, 0, Recorded())
    return chosen.sampler(data, chosen.start(data, stage, None), stage, 0, **options)


@pytest.fixture(scope="module")
def conversations():
    return [toy_conversation(seed, 6.0) for seed in range(5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def corpus(conversations, tmp_path_factory):
    return write(tmp_path_factory.mktemp("toys") / "corpus", conversations)


@pytest.fixture(scope="module")
def dubbed(conversations):
    segments = [segment for conversation in conversations for segment in segments_of(conversation)]
    return [dub(segments, seed, 8.0) for seed in range(2)]


def write(folder, conversations):
    write_corpus(conversations, folder)
    return folder


def test_a_batch_depends_on_seed_and_step_alone(conversations, folder):
    sampler = sampler_of(learner(), conversations, folder)
    first, again, other = sampler.batch(7), sampler.batch(7), sampler.batch(8)
    assert torch.equal(first.motion, again.motion)
    assert torch.equal(first.condition.speaking, again.condition.speaking)
    assert not torch.equal(first.motion, other.motion)


def test_people_change_places_with_everything_that_is_theirs(conversations, folder):
    sampler = sampler_of(learner(*CLEAR), conversations, folder)
    sides = set()
    for step in range(6):
        batch = sampler.batch(step)
        sides.update((batch.condition.seats[:, 0, 0] < 0).tolist())
        # In the toys the jaw moves only while its owner speaks, wherever the owner has been put.
        jaw = batch.motion[..., ARKIT.index("jawOpen")]
        assert float(jaw[batch.condition.speaking < 0.5].abs().max()) == 0
        assert float(jaw[batch.condition.speaking > 0.5].max()) > 0.02
    assert sides == {True, False}


def test_what_is_held_out_is_seen_by_no_training_batch(conversations, folder):
    chosen = learner(*CLEAR)
    trained, kept = (sampler_of(chosen, conversations, folder, held_out=held_out) for held_out in (False, True))
    places = [{round(float(x), 3) for i in range(9) for x in s.batch(i).condition.seats[:, 0, 0].abs()} for s in
              (trained, kept)]  # fmt: skip
    assert len(places[1]) == 1
    assert not places[0] & places[1]


def test_the_share_with_most_head_rotation_is_chosen(conversations, folder):
    sampler = sampler_of(learner(*CLEAR), conversations, folder)
    chosen, variances = [], []
    for step in range(20):
        batch = sampler.batch(step)
        chosen += batch.gaze.tolist()
        variances += [
            head_variance(m.numpy(), f.numpy(), ARKIT) for m, f in zip(batch.motion, batch.frames, strict=True)
        ]
    chosen, variances = np.array(chosen), np.array(variances)
    assert 0.02 < chosen.mean() < 0.45
    assert variances[chosen].min() > variances[~chosen].max() - 1e-9


def test_switches_of_the_data(conversations, folder):
    alone = sampler_of(learner("data.single_person=true"), conversations, folder).batch(0)
    assert alone.frames[:, 0].any()
    assert not alone.frames[:, 1].any()


def test_dubbing_teaches_the_lips_of_who_speaks_and_sharp_pairs_teach_everything(conversations, dubbed, folder):
    chosen = learner(*CLEAR, "data.sharpest=0.5")
    blurred = [seen(c, 0.1 + 0.1 * i) for i, c in enumerate(conversations)]
    sampler = sampler_of(chosen, [*blurred, *dubbed], folder, stage="lips")
    entries = {entry.id: entry for entry in sampler.data.entries}
    assert sum(entry.dubbing for entry in entries.values()) == 2
    left = sorted((c.id for c in blurred if c.id in entries), key=lambda id: entries[id].sharpness)
    trained = sorted(entry.sharpness for entry in chosen_part(chosen, [*blurred, *dubbed], folder))
    assert [entries[id].sharpness for id in left] == trained[-len(left) :]
    assert len(left) == -(-len(trained) // 2)
    rng = np.random.default_rng(0)
    for entry in entries.values():
        sample = sampler.sample(entry, rng)
        assert bool(sample["lips_only"]) == entry.dubbing
        if entry.dubbing:
            assert np.array_equal(sample["frames"], sample["speaking"] > 0.5)


def test_the_first_stage_learns_from_pairs_alone(conversations, dubbed, folder):
    sampler = sampler_of(learner(*CLEAR), [*conversations, *dubbed], folder)
    assert not any(entry.dubbing for entry in sampler.data.entries)
    assert not sampler.batch(0).lips_only.any()


def test_the_second_stage_needs_dubbing(conversations, folder):
    with pytest.raises(InputError, match="visavis dub CORPUS"):
        sampler_of(learner(), conversations, folder, stage="lips")


def seen(conversation, sharpness):
    """As read off a picture whose faces are so sharp."""
    frames = len(conversation.a.motion)
    face = Track(np.full(frames, sharpness, np.float32), 25.0, ("sharpness",))
    return conversation.with_participants(*(replace(p, tracks={"face": face}) for p in conversation))


def chosen_part(chosen, conversations, folder):
    data = chosen.prepare(Corpora.listed(conversations), folder, 0, Recorded()).part(held_out=False)
    return [entry for entry in data.entries if not entry.dubbing]


def test_short_conversations_are_padded(tmp_path):
    batch = sampler_of(learner(), [toy_conversation(0, 1.0)], tmp_path).batch(0)
    assert batch.motion.shape[2] == 64
    assert batch.frames.sum(-1).unique().tolist() == [25]


def test_corrupted_activity_stays_probable_and_mostly_right():
    rng = np.random.default_rng(0)
    truth = np.zeros((2, 250), np.float32)
    truth[0, :120], truth[1, 130:] = 1, 1
    right = []
    for _ in range(200):
        noisy = corrupt_speaker_activity(truth, 25.0, rng)
        assert noisy.shape == truth.shape
        assert noisy.min() >= 0
        assert noisy.max() <= 1
        right.append(((noisy > 0.5) == (truth > 0.5)).mean())
    assert np.mean(right) > 0.9
    assert np.min(right) < 0.99


def test_both_stages_lead_to_checkpoints(corpus, dubbed, tmp_path):
    options = {"preset": "debug", "overrides": ("training.lips.max_steps=5",)}
    with pytest.raises(InputError, match="needs stage 'conversations'"):
        train("duet", corpus, tmp_path / "run", stage="lips", **options)
    folder = train("duet", corpus, tmp_path / "run", max_steps=6, **options)
    trained = from_pretrained(folder).provenance["trained"]
    assert folder == tmp_path / "run" / "conversations" / "model"
    assert trained["steps"] in (5, 6)  # whichever had the lower loss on the conversation held out
    assert (trained["held_out"], trained["conversations"]) == (1, 5)
    log = (tmp_path / "run" / "conversations" / "log.csv").read_text()
    assert f"{trained['steps']},held_out_loss,{trained['held_out_loss']}" in log
    both = [corpus, write(tmp_path / "dubbed", dubbed)]
    train("duet", both, tmp_path / "run", stage="lips", **options)
    rows = [line.split(",") for line in (tmp_path / "run" / "lips" / "log.csv").read_text().split()[1:]]
    losses = {name: float(value) for _, name, value in rows}
    assert losses["speaker_lips"] > 0
    assert losses["expression"] > 0
    with pytest.raises(InputError, match="a different 'seed'"):
        train("duet", corpus, tmp_path / "run", max_steps=6, seed=1, **options)


def test_a_space_with_a_body(tmp_path):
    corpus = write(tmp_path / "corpus", [toy_conversation(seed, 3.0, space=ARKIT_BODY) for seed in range(1, 4)])
    overrides = ("losses.velocity_of=vertices",)
    model = from_pretrained(train("duet", corpus, tmp_path / "run", preset="debug", overrides=overrides, max_steps=2))
    assert model.space == ARKIT_BODY
    moved = model.generate(toy_conversation(9, 2.0, space=ARKIT_BODY), seed=0)[0]
    assert moved.a.motion.values.shape == (50, ARKIT_BODY.dim)
    assert np.isfinite(moved.a.motion.values).all()


def test_a_space_that_no_body_has_is_compared_by_columns(tmp_path):
    toy = toy_conversation(1, 3.0, space=NINE)
    chosen, reporter = learner("losses.velocity_of=vertices"), Recorded()
    data = chosen.prepare(Corpora.listed([toy]), tmp_path, 0, reporter)
    assert "supports motion space 'nine'" in reporter.notes[0]
    model = chosen.start(data, "conversations", None)
    losses = model.loss(chosen.sampler(data, model, "conversations", 0).batch(0))
    assert torch.isfinite(losses.total)


def test_features_that_are_not_as_many_as_the_settings_say(conversations, folder):
    with pytest.raises(InputError, match="--set audio_dim=160"):
        sampler_of(learner("audio_dim=100"), conversations, folder)


def test_a_hostile_training_state_is_not_opened(corpus, tmp_path):
    train("duet", corpus, tmp_path / "run", preset="debug", max_steps=5)

    class Evil:
        def __reduce__(self):
            return exec, ("import builtins; builtins.visavis_trained_evil = True",)

    (tmp_path / "run" / "conversations" / "last.ckpt").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match="is damaged and cannot be resumed"):
        train("duet", corpus, tmp_path / "run", preset="debug", max_steps=9)
    import builtins

    assert not hasattr(builtins, "visavis_trained_evil")
