"""Stages on items whose right outcome is known."""

from dataclasses import replace

import numpy as np
import pytest

from curation_toys import write_talk
from visavis.conversation import Conversation, Interval, Participant, Track, Utterance, Word
from visavis.corpora.curation.registry import BUILT_IN
from visavis.corpora.curation.reidentify import align_speaker, pixels
from visavis.corpora.curation.settings import PRESETS, dump_stages, load_stages, parse_stages
from visavis.corpora.curation.stage import Item, Source
from visavis.corpora.curation.stages.clips import Clips, masked
from visavis.corpora.curation.stages.duplicates import Duplicates, hashes
from visavis.corpora.curation.stages.face_quality import FaceQuality
from visavis.corpora.curation.stages.speaker import SpeakerFrames, around
from visavis.corpora.curation.stages.split_screen import SplitScreen, seam
from visavis.corpora.curation.stages.talk import Language, Safety, TwoSpeakers
from visavis.errors import InputError
from visavis.media import VideoWriter, open_video
from visavis.motion import ARKIT, Motion

RNG = np.random.default_rng(0)
FACE = ("x0", "y0", "x1", "y1", "size", "sharpness", "visible")


def item(conversation: Conversation, name: str = "video.mp4", **facts) -> Item:
    source = Source("/nowhere", name, 1, 1)
    return Item(conversation.id, source, "key", 0.0, conversation.duration, facts, conversation)


def person(name: str, speaks=None, seen=None, quality=(60.0, 1.0, 1.0), words: int = 0) -> Participant:
    made = Participant(name)
    if words:
        said = tuple(Word("yes", i / 10, (i + 1) / 10) for i in range(words))
        made = replace(made, utterances=(Utterance(0, words / 10, said),))
    if speaks is not None:
        made = replace(made, speaking=Track(np.asarray(speaks, np.float32), 25.0, ("speaking",)))
    if seen is not None:
        values = np.tile([10, 10, 50, 50, *quality], (len(seen), 1)).astype(np.float32)
        made = replace(made, tracks={"face": Track(values, 25.0, FACE, np.asarray(seen, bool))})
    return made


def talk(a: Participant, b: Participant, frames: int, id: str = "talk", **provenance) -> Conversation:
    return Conversation(id, (a, b), frames / 25.0, provenance=provenance)


@pytest.mark.parametrize(
    ("a", "b", "notes", "kept"),
    [(300, 300, [], True), (600, 40, [], False), (600, 0, [], False),
     (300, 300, ["more than two voices are heard; they are shared out"], False)],
)  # fmt: skip
def test_exactly_two_speak(a, b, notes, kept):
    speaks = [np.arange(600) < a, np.arange(600) >= 600 - b]
    outcome = TwoSpeakers(seconds=5)(item(talk(person("A", speaks[0]), person("B", speaks[1]), 600, notes=notes)))
    assert outcome.kept == kept
    assert outcome.figures["seconds_b"] == b / 25


@pytest.mark.parametrize(
    ("language", "confidence", "kept"),
    [({"code": "en", "probability": 0.9}, 0.1, True), ({"code": "de", "probability": 0.9}, 0.9, False),
     ({"code": "en", "probability": 0.3}, 0.9, False), ({"code": "en", "probability": None}, 0.8, True),
     ({"code": "en", "probability": None}, 0.2, False), ({"code": None, "probability": None}, None, False)],
)  # fmt: skip
def test_english_by_the_transcriber_or_by_its_confidence(language, confidence, kept):
    words = {"confidence": confidence}
    outcome = Language()(item(talk(person("A"), person("B"), 25, language=language, words=words)))
    assert outcome.kept == kept


def test_harmful_minutes_count_over_all_parts_of_a_video():
    bad = Participant("A", events={"harmful": (Interval("bad", 0, 100),)})
    parts = [item(talk(bad, person("B"), 3000, f"v_{i:03d}"), "v.mp4", harmful_minutes=100 / 60) for i in (0, 1)]
    other = item(talk(bad, person("B"), 3000, "w_000"), "w.mp4", harmful_minutes=100 / 60)
    assert [o.kept for o in Safety(minutes=3).among([*parts, other])] == [False, False, True]
    assert [o.kept for o in Safety(minutes=3.4).among([*parts, other])] == [True, True, True]


def test_speaker_frames_against_words():
    speaks = np.arange(100) < 50
    seen = np.arange(100) % 2 == 0
    for words, kept in ((25, True), (26, False)):
        one = talk(person("A", speaks, seen, words=words), person("B", ~speaks, None), 100)
        outcome = SpeakerFrames(per_word=1)(item(one))
        assert outcome.figures == {"frames": 25, "words": words}
        assert outcome.kept == kept


@pytest.mark.parametrize(
    ("quality", "seen", "wrong"),
    [((60, 1, 1), 1.0, None), ((10, 1, 1), 1.0, "small"), ((60, 0.05, 1), 1.0, "blurred"),
     ((60, 1, 0.1), 1.0, "hidden"), ((60, 1, 1), 0.2, "unseen")],
)  # fmt: skip
def test_small_blurred_hidden_and_missing_faces(quality, seen, wrong):
    good = person("A", seen=np.ones(100, bool))
    poor = person("B", seen=np.arange(100) < 100 * seen, quality=quality)
    outcome = FaceQuality(share=0.5)(item(talk(good, poor, 100)))
    assert outcome.kept == (wrong is None)
    if wrong:
        assert outcome.reason.endswith(wrong)
    assert FaceQuality(people=1)(item(talk(poor, good, 100))).kept


def test_a_face_that_is_a_still_picture_is_no_good_face():
    seen = np.arange(100) < 20
    poor = person("B", seen=seen)
    face = poor.tracks["face"]
    still = Track(np.column_stack([face.values, ~seen]), 25.0, (*FACE, "still"), seen)
    outcome = FaceQuality(share=0.5)(
        item(talk(person("A", seen=np.ones(100, bool)), replace(poor, tracks={"face": still}), 100))
    )
    assert not outcome.kept
    assert outcome.reason.endswith("mostly because it is a still picture")
    assert (outcome.figures["still_b"], outcome.figures["unseen_b"]) == (0.8, 0.0)


def scene(seed: int, width: int) -> np.ndarray:
    """A room: a wall that shades off, furniture, a person."""
    rng = np.random.default_rng(seed)
    wall = rng.integers(30, 226, 3) + np.linspace(-25, 25, width)[None, :, None] + np.zeros((180, 1, 1))
    for _ in range(6):
        x, y = rng.integers(0, width), rng.integers(0, 180)
        wall[y : y + rng.integers(10, 60), x : x + rng.integers(10, 60)] = rng.integers(0, 256, 3)
    return np.clip(wall + rng.normal(0, 3, wall.shape), 0, 255).astype(np.uint8)


def test_a_seam_is_told_from_one_scene():
    stage = SplitScreen()
    for seed in range(40):
        one = np.stack([scene(seed, 320)] * 3)
        two = np.stack([np.concatenate([scene(seed, 160), scene(1000 + seed, 160)], 1)] * 3)
        edge, colour = seam(one)
        assert edge < stage.edge or colour < stage.colour, seed
        edge, colour = seam(two)
        assert edge >= stage.edge, seed
        assert colour >= stage.colour, seed


def test_a_split_screen_in_a_real_file_is_dropped(tmp_path, real_data):
    from shutil import copy

    path = copy(real_data / "two-faces" / "debate.avi", tmp_path / "debate.avi")
    outcome = SplitScreen()(Item("x", Source(str(tmp_path), path.name, 1, 1)))
    assert not outcome.kept  # two studios side by side
    assert outcome.figures["edge"] > 0.9


def test_duplicates_whatever_size_and_codec(tmp_path):
    first = write_talk(tmp_path / "a.mp4", 3.0, 1)
    with VideoWriter(tmp_path / "b.mp4", (192, 128), 30.0) as out:
        for picture in open_video(first).frames(30.0):
            out.write(np.repeat(np.repeat(picture, 2, 0), 2, 1))
    write_talk(tmp_path / "c.mp4", 3.0, 2)
    stage = Duplicates()
    items = [stage(Item(name, Source(str(tmp_path), f"{name}.mp4", 1, 1))).items[0] for name in ("a", "b", "c")]
    outcomes = stage.among(items)
    assert [o.kept for o in outcomes] == [True, False, True]
    assert outcomes[1].reason == "duplicate of a.mp4"
    assert len(hashes(open_video(first), 8)) == 8


def person_picture(colour, shift: int = 0) -> np.ndarray:
    picture = np.full((60, 40, 3), 90, np.uint8)
    picture[20:, 5 + shift : 30 + shift] = colour
    return picture


def test_algorithm_1_follows_the_same_person_whatever_the_order():
    red, blue = (200, 30, 30), (30, 30, 200)
    frames = [[person_picture(red)]]
    expected: list[int | None] = [0]
    for step in range(1, 30):
        pair = [person_picture(red, step % 5), person_picture(blue, step % 7)]
        swapped = bool(RNG.integers(2))
        frames.append(pair[::-1] if swapped else pair)
        expected.append(int(swapped))
    frames.insert(10, [])
    expected.insert(10, None)
    assert align_speaker(frames) == expected


def test_algorithm_1_takes_the_highest_cosine():
    """Against a plain reading of lines 10 to 22, with an embedding that pictures carry in their first pixel."""
    vectors = RNG.normal(size=(256, 5))
    frames = [[np.full((8, 8, 3), v, np.uint8) for v in RNG.integers(0, 256, 2)] for _ in range(50)]

    def embed(squares):
        return vectors[squares[:, 4, 4, 0]]

    taken, previous = [], None
    for pair in frames:
        k = 0
        if previous is not None:
            e = [vectors[p[0, 0, 0]] for p in pair]
            p = vectors[previous]
            k = int(np.argmax([x @ p / np.linalg.norm(x) / np.linalg.norm(p) for x in e]))
        taken.append(k)
        previous = pair[k][0, 0, 0]
    assert align_speaker(frames, embed) == taken
    assert pixels(np.zeros((2, 8, 8, 3), np.uint8)).shape == (2, 192)


def test_a_face_belongs_to_the_narrowest_person_around_it():
    people = np.array([[0, 0, 400, 300], [100, 50, 200, 290]], np.float32)
    assert list(around(np.array([130, 60, 170, 110]), people, (400, 300))) == [100, 50, 200, 290]
    assert list(around(np.array([300, 60, 340, 110]), people[1:], (400, 300))) == [260, 35, 380, 185]


def test_clips_have_one_speaker_and_a_masked_listener():
    frames = 1500
    a, b = np.zeros(frames), np.zeros(frames)
    a[:700] = 1
    a[100:140] = 0  # a pause
    b[700:] = 1
    motion = Motion(RNG.normal(size=(frames, ARKIT.dim)), 25.0, ARKIT)
    both = np.ones(frames, bool)
    people = [replace(person(n, s, both), motion=motion) for n, s in (("A", a), ("B", b))]
    outcome = Clips()(item(talk(*people, frames), content="c"))
    assert [(p.id, p.start, p.stop) for p in outcome.items] == [
        ("talk_c00", 0.0, 15.36), ("talk_c01", 28.0, 43.36), ("talk_c02", 43.36, 58.72)
    ]  # fmt: skip
    first, second, _ = (part.found for part in outcome.items)
    assert first.provenance["clip"] == {"speaker": "A", "listener": "B"}
    assert second.provenance["clip"] == {"speaker": "B", "listener": "A"}
    assert len({p.found.provenance["split"] for p in outcome.items}) == 1
    seen = masked(first)
    assert seen.a == first.a
    assert seen.b.motion is None
    assert seen.b.tracks == {}
    assert first.b.motion is not None


def test_no_clip_where_both_speak_or_one_is_unseen():
    ones = np.ones(500)
    both = np.ones(500, bool)
    assert not Clips()(item(talk(person("A", ones, both), person("B", ones, both), 500), content="c")).kept
    assert not Clips()(item(talk(person("A", ones, both), person("B", 0 * ones, ~both), 500), content="c")).kept
    assert Clips()(item(talk(person("A", ones, both), person("B", 0 * ones, both), 500), content="c")).kept


def test_clips_are_split_as_asked():
    ones, both = np.ones(400), np.ones(400, bool)
    one = talk(person("A", ones, both), person("B", 0 * ones, both), 400)
    splits = [Clips()(item(one, content=str(i))).items[0].found.provenance["split"] for i in range(400)]
    assert 0.15 < splits.count("eval") / 400 < 0.28  # 407 of 1896 is 0.215


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_read_and_written(preset):
    stages = load_stages(preset)
    import yaml

    assert parse_stages(yaml.safe_load(dump_stages(stages)), "again") == stages
    assert stages[0].name in ("thumbnail", "segments")


def test_every_stage_is_named_and_described():
    assert len({stage.name for stage in BUILT_IN}) == len(BUILT_IN)
    assert all(stage.about for stage in BUILT_IN)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "expected one field 'stages'"),
        ({"stages": ["nonsense"]}, "stages[0]: there is no stage named 'nonsense'"),
        ({"stages": [{"stage": "segments", "length": "long"}]}, "stages[0].segments.length"),
        ({"stages": [{"stage": "segments", "lenght": 3}]}, "lenght: Extra inputs"),
        ({"stages": ["segments", "segments"]}, "appears twice"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_named(values, says):
    with pytest.raises(InputError) as error:
        parse_stages(values, "curation.yaml")
    assert says in str(error.value)


def test_a_change_on_the_command_line():
    stages = {stage.name: stage for stage in load_stages("venus", ("segments.length=300", "language.languages=[de]"))}
    assert stages["segments"].length == 300
    assert stages["language"].languages == ("de",)
    with pytest.raises(InputError, match="expected STAGE"):
        load_stages("venus", ("length=300",))
