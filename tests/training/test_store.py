"""The store: a corpus as arrays, once, whatever its motion space and whatever it lacks."""

import dataclasses
import time
from threading import Event, Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clip_toys import tiny_clip
from duet_toys import toy_conversation
from reporters import Recorded
from visavis.conversation import Conversation, Participant, Track
from visavis.conversation.corpus_write import write_corpus
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.models.preprocessing import to_world_frame
from visavis.motion import ARKIT, ARKIT_BODY, FLAME, Column, Motion, MotionSpace
from visavis.training.corpora import Corpora
from visavis.training.needs import DataNeeds, Sound
from visavis.training.store import open_store
from visavis.training.train import train

NINE = MotionSpace("nine", tuple(Column(f"c{i}", "rad", "head") for i in range(9)))
CLEAR = Sound("log-mel")


def stored(conversations, folder, needs=None):
    return open_store(Corpora.listed(conversations), needs or DataNeeds(), folder)


def with_motion(toy, *motions):
    people = [dataclasses.replace(p, motion=m) for p, m in zip(toy, motions, strict=True)]
    return toy.with_participants(*people)


@pytest.fixture(scope="module")
def toys():
    return [toy_conversation(seed, 4.0) for seed in range(5)]


@pytest.fixture(scope="module")
def store(toys, tmp_path_factory):
    return stored(toys, tmp_path_factory.mktemp("features"), DataNeeds(sound=CLEAR))


def test_it_holds_the_conversations(store, toys):
    assert [entry.id for entry in store.entries] == [toy.id for toy in toys]
    entry, toy = store.entries[3], toys[3]
    for i, person in enumerate(toy):
        values = to_world_frame(store.motion[entry.rows, i], np.array(entry.seats[i], np.float32), ARKIT)
        assert values == pytest.approx(person.motion.values, abs=1e-5)
        assert store.speaking[entry.rows, i] == pytest.approx(person.speaking.values[:, 0])
    assert store.valid.all()
    assert (store.space, store.fps, store.audio_dim) == (ARKIT, 25.0, 160)
    # Who speaks is louder in the own voice's features than who listens.
    loud = store.audio[0][entry.rows].astype(np.float32).mean(-1)
    a = toy.a.speaking.values[:, 0] > 0.5
    assert loud[a, 0].mean() > loud[~a, 0].mean() + 1
    assert loud[a, 0].mean() > loud[a, 1].mean() + 1


def test_of_several_corpora_each_is_heard_once(toys, tmp_path, monkeypatch):
    from visavis.training import sound

    heard = []
    features = sound._features
    monkeypatch.setattr(sound, "_features", lambda c, *rest: heard.append(c.id) or features(c, *rest))
    folders = [tmp_path / "one", tmp_path / "two"]
    write_corpus(toys[:3], folders[0])
    write_corpus(toys[3:], folders[1])
    needs = DataNeeds(sound=Sound("log-mel", separate=0.5, degraded=0.5))
    alone = open_store(Corpora.open(folders[0]), needs, tmp_path / "features")
    both = open_store(Corpora.open(folders), needs, tmp_path / "features")
    assert sorted(heard) == sorted(toy.id for toy in toys)
    assert [entry.id for entry in both.entries] == [toy.id for toy in toys]
    assert np.array_equal(both.audio[0][: len(alone.audio[0])], alone.audio[0])
    assert both.audio[0][both.entries[4].rows].any()
    stored_alone = open_store(Corpora.open(folders[1]), needs, tmp_path / "features")
    assert np.array_equal(both.audio[0][len(alone.audio[0]) :], stored_alone.audio[0])
    assert len(heard) == len(toys)


def test_what_is_equal_is_made_once(toys, tmp_path):
    def folders():
        return {path.name for path in tmp_path.iterdir()}

    stored(toys[:2], tmp_path, DataNeeds(sound=Sound("log-mel", separate=0.5)))
    both = folders()
    assert len(both) == 2
    stored(toys[:2], tmp_path)  # a tokenizer: motion alone
    stored(toys[:2], tmp_path, DataNeeds(sound=Sound("log-mel", separate=0.5), must=frozenset({"sound"})))
    assert folders() == both
    stored(toys[:2], tmp_path, DataNeeds(sound=Sound("log-mel", separate=0.5, variants=2)))
    assert len(folders()) == 3  # another draw beside the first
    stored(toys[:3], tmp_path)
    assert len(folders()) == 4


def test_a_corpus_that_was_made_anew_in_its_place_is_read_anew(toys, tmp_path):
    from visavis.conversation.corpus_write import write_corpus

    folder = tmp_path / "corpus"
    write_corpus(toys[:2], folder)
    before, again = Corpora.open(folder).contents, Corpora.open(folder).contents
    write_corpus(toys[:2], folder, replace=True)
    assert before == again != Corpora.open(folder).contents


def test_streams_hear_the_own_voice_or_both_the_mix(store, toys, tmp_path):
    mixed = stored(toys, tmp_path, DataNeeds(sound=Sound("log-mel", separate=0.0))).audio[0].astype(np.float32)
    own = store.audio[0].astype(np.float32)
    assert np.array_equal(mixed[:, 0], mixed[:, 1])
    assert not np.array_equal(own[:, 0], own[:, 1])
    # The mix follows whoever is louder.
    assert np.corrcoef(mixed[:, 0].mean(-1), own.mean(-1).max(1))[0, 1] > 0.9


def test_a_conversation_sounds_the_same_in_any_corpus(toys, tmp_path):
    needs = DataNeeds(sound=Sound("log-mel", separate=0.5, degraded=0.5, variants=2))
    whole, last = stored(toys, tmp_path, needs), stored(toys[3:], tmp_path, needs)
    for one, two in zip(whole.audio, last.audio, strict=True):
        assert np.array_equal(one[whole.entries[3].rows], two[last.entries[0].rows])
    assert not np.array_equal(whole.audio[0], whole.audio[1])


@pytest.mark.parametrize("space", [ARKIT_BODY, FLAME, NINE])
def test_any_motion_space(space, tmp_path):
    toy = toy_conversation(1, 4.0)
    values = np.cumsum(np.random.default_rng(0).normal(0, 0.01, (100, space.dim)), 0).astype(np.float32)
    store = stored([with_motion(toy, Motion(values, 25.0, space), None)], tmp_path)
    assert store.space == space
    assert store.motion.shape == (100, 2, space.dim)
    assert store.entries[0].moves == [True, False]
    assert not store.valid[:, 1].any()
    assert store.audio_dim == 0


def test_arkit_body_can_be_read_as_arkit(tmp_path):
    toy = toy_conversation(1, 4.0, space=ARKIT_BODY)
    assert stored([toy], tmp_path, DataNeeds(space="arkit")).space == ARKIT


def test_motion_of_several_spaces_or_rates_is_refused_in_one_line(toys, tmp_path):
    def message(second, **needs):
        with pytest.raises(InputError) as caught:
            stored([toys[0], second], tmp_path / "one", DataNeeds(**needs))
        return str(caught.value)

    body = toy_conversation(1, 4.0, space=ARKIT_BODY)
    alien = with_motion(toys[1], Motion(np.zeros((100, 9), np.float32), 25.0, NINE), None)
    fast = with_motion(toys[1], Motion(np.resize(toys[1].a.motion.values, (120, ARKIT.dim)), 30.0, ARKIT), None)
    assert "'nine', not in 'arkit'; train on conversations in a single space" in message(alien)
    assert "'toy-1', participant A: motion is at 30 frames/s, not at 25; resample" in message(fast)
    assert "--set data.space=arkit" in message(toys[1], space="flame")
    assert "--set data.fps=25" in message(toys[1], fps=30.0)
    with pytest.raises(InputError, match=r"data\.space=arkit reads both"):
        stored([body, toys[0]], tmp_path)
    with pytest.raises(InputError, match="there is no motion space named 'nowhere'"):
        stored(toys, tmp_path, DataNeeds(space="nowhere"))


def test_what_is_missing_is_named(toys, tmp_path):
    def bare(**changes):
        toy = dataclasses.replace(toys[0], mixed=None)
        return toy.with_participants(*(dataclasses.replace(person, **changes) for person in toy))

    cases = {
        "sound": (bare(audio=None), "'toy-0' has no audio"),
        "speaking": (bare(speaking=None), "'toy-0' has no voice activity for both people"),
        "seats": (with_motion(bare(seat=None), toys[0].a.motion, None), "'toy-0' has no seats for both people"),
    }
    for must, (toy, message) in cases.items():
        stored([toy], tmp_path / must)
        with pytest.raises(InputError, match=message):
            stored([toy], tmp_path / must, DataNeeds(must=frozenset({must})))


def test_whoever_does_not_move_is_left_out(toys, tmp_path):
    frozen = Motion(np.repeat(toys[0].a.motion.values[:1], 100, 0), 25.0, ARKIT)
    nobody, still = with_motion(toys[1], None, None), with_motion(toys[0], frozen, frozen)
    reporter = Recorded()
    corpora = Corpora.listed([toys[0], nobody, toys[2]])
    store = open_store(corpora, DataNeeds(sound=CLEAR), tmp_path, reporter)
    assert [entry.id for entry in store.entries] == ["toy-0", "toy-2"]
    assert "1 of 3 conversations have no motion" in reporter.notes[0]
    alone = stored([toys[2]], tmp_path, DataNeeds(sound=CLEAR))
    assert np.array_equal(store.audio[0][store.entries[1].rows], alone.audio[0])  # sound and motion stay side by side
    for content, message in (
        ([], "contains no conversations"), ([nobody], "contains no motion"), ([still], "motion never changes"),
        ([toys[0].window(0, 0.04)], "motion never changes"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            stored(content, tmp_path / "refused")
    assert not list((tmp_path / "refused").glob("*"))


def test_observed_columns_are_those_that_are_named(toys, tmp_path):
    def observed(names):
        toy = dataclasses.replace(toys[0], provenance={"observed_columns": names})
        return stored([toy], tmp_path / str(names)).entries[0].observed

    assert all(observed(None))
    assert np.flatnonzero(observed(["jawOpen", "head.x"])).tolist() == sorted(map(ARKIT.index, ("jawOpen", "head.x")))
    with pytest.raises(InputError, match="observed_columns list no column"):
        observed(["nose"])


def test_motion_is_smoothed_when_asked(toys, tmp_path):
    rough, smooth = (stored(toys[:1], tmp_path, DataNeeds(smooth=frames)).motion for frames in (0, 7))
    assert np.abs(np.diff(smooth, 2, axis=0)).sum() < np.abs(np.diff(rough, 2, axis=0)).sum()


def silent(id, split=None):
    values = np.random.default_rng(0).normal(size=(20, 9)).astype(np.float32)
    people = [Participant(name, motion=Motion(values, 25.0, NINE)) for name in "AB"]
    return Conversation(id, tuple(people), 0.8, provenance={"split": split})


def test_one_conversation_in_twenty_is_held_out_whatever_the_order():
    def chosen(ids):
        corpora = Corpora.listed([silent(id) for id in ids])
        return {source.id for source, kept in zip(corpora.sources, corpora.held_out, strict=True) if kept}

    ids = [f"talk-{i}" for i in range(60)]
    assert len(chosen(ids)) == 3
    assert chosen(ids) == chosen(ids[::-1])
    assert len(chosen(ids[:4])) == 1
    assert not chosen(ids[:3])


def test_a_corpus_that_knows_its_splits_is_taken_at_its_word(tmp_path):
    store = stored([silent("a", "train"), silent("b", "val"), silent("c", "test"), silent("d")], tmp_path)
    assert [entry.id for entry in store.part(held_out=True).entries] == ["b"]
    assert [entry.id for entry in store.part(held_out=False).entries] == ["a", "d"]
    with pytest.raises(InputError, match="1 are held out for testing"):
        stored([silent("a", "eval")], tmp_path)


def changed(toy, **changes):
    return toy.with_participants(toy.a, dataclasses.replace(toy.b, **changes))


def wild(toy, value):
    values = toy.b.motion.values.copy()
    values[7, ARKIT.index("jawOpen")] = value
    return changed(toy, motion=dataclasses.replace(toy.b.motion, values=values))


WRONG = [
    (lambda toy: wild(toy, 3e38), "participant B: motion is 3e+38 at frame 7, column 'jawOpen'"),
    (lambda toy: wild(toy, -2e6), "participant B: motion is -2e+06 at frame 7, column 'jawOpen'"),
    (lambda toy: changed(toy, appearance={"identity": [0.1, float("nan")]}), "participant B: appearance 'identity'"),
    (lambda toy: changed(toy, appearance={"identity": [float("inf")]}), "participant B: appearance 'identity'"),
    (lambda toy: changed(toy, appearance={"identity": "tall"}), "participant B: appearance 'identity'"),
    (lambda toy: changed(toy, appearance={"identity": {"height": 2}}), "participant B: appearance 'identity'"),
    (lambda toy: changed(toy, audio=Audio(toy.b.audio.samples * 1e30)), "its sound has samples of"),
]


@pytest.mark.parametrize(("spoil", "words"), WRONG)
def test_numbers_that_nobody_means_are_refused_with_their_place(toys, tmp_path, spoil, words):
    with pytest.raises(InputError) as refused:
        stored([toys[0], spoil(toys[1])], tmp_path / "features", DataNeeds(sound=CLEAR))
    assert words in str(refused.value)
    assert "conversation 'toy-1'" in str(refused.value)
    assert not [path for path in tmp_path.rglob("*") if path.name == "audio.bin" or path.name.startswith(".")]


def test_speaking_that_is_not_known_is_zero(toys, tmp_path):
    values, valid = np.ones((100, 1), np.float32), np.ones(100, bool)
    values[10:20], valid[10:20] = np.nan, False
    data = stored([changed(toys[1], speaking=Track(values, 25.0, ("speaking",), valid))], tmp_path)
    assert data.speaking[10:20, 1].tolist() == [0.0] * 10
    assert data.speaking[:10, 1].tolist() == [1.0] * 10


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("family", ["duet", "dim", "l2l", "mean-pose", "retrieval", "tokenizer", "visual-prompt"])
def test_motion_that_is_no_number_is_refused_by_every_recipe(toys, tmp_path, monkeypatch, family, value):
    """A corpus that somebody else wrote: ours cannot be given such motion."""
    folder = write_corpus(toys[:2], tmp_path / "corpus")
    (table,) = folder.glob("frames/arkit/*.parquet")
    groups = [pq.ParquetFile(table).read_row_group(number) for number in range(2)]
    column = groups[1].schema.get_field_index("jawOpen")
    values = groups[1].column(column).to_numpy().copy()
    values[100 + 30] = float(value)  # A's 100 rows come first
    groups[1] = groups[1].set_column(column, groups[1].schema.field(column), pa.array(values, pa.float32()))
    with pq.ParquetWriter(table, groups[0].schema) as writer:
        for group in groups:
            writer.write_table(group, row_group_size=group.num_rows)
    options = {}
    if family == "visual-prompt":
        options["overrides"] = (f"data.clip={tiny_clip(tmp_path / 'clip')}",)
        monkeypatch.setattr("visavis.models.retrieval.describer.Describer", lambda _: "says nothing")
    with pytest.raises(InputError) as refused:
        train(family, folder, tmp_path / "run", **options)
    for words in ("'toy-1'", "participant B", "frame 30", "jawOpen"):
        assert words in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_two_runs_at_once_make_the_arrays_once_and_the_second_is_told(toys, tmp_path, monkeypatch):
    from visavis.training import store

    begun, go_on, written = Event(), Event(), []

    def write(*arguments):
        written.append(arguments)
        begun.set()
        assert go_on.wait(30)
        return _write(*arguments)

    _write = store._write
    monkeypatch.setattr(store, "_write", write)
    results, reporter = [], Recorded()

    def run(reporter):
        results.append(open_store(Corpora.listed(toys[:2]), DataNeeds(), tmp_path, reporter))

    threads = [Thread(target=run, args=(each,)) for each in (Recorded(), reporter)]
    threads[0].start()
    assert begun.wait(30)
    threads[1].start()
    while not reporter.notes:
        time.sleep(0.005)
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(written) == 1
    assert "another run of visavis is making it; waiting for that" in reporter.notes[0]
    assert np.array_equal(results[0].motion, results[1].motion)
    assert len(list(tmp_path.iterdir())) == 1
