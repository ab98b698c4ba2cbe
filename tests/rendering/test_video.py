from dataclasses import replace

import numpy as np
import pytest

from visavis.conversation import Conversation, Participant, Track
from visavis.errors import InputError
from visavis.media.audio import Audio
from visavis.motion import ARKIT, EMOCA56, Motion, Seat, face_to_face
from visavis.motion.mapping import with_body
from visavis.rendering.script import Script
from visavis.rendering.stage import Stage, layout
from visavis.rendering.video import render_frame, render_video

SIZE = (640, 360)


def conversation(frames: int = 10, seated: bool = False, distance: float = 1.0) -> Conversation:
    people = []
    for name, seat in zip("AB", face_to_face(distance, 1.2 if seated else 1.6), strict=True):
        motion = Motion.zeros(frames, 25, ARKIT).with_columns("translation", np.tile(seat.position, (frames, 1)))
        speaking = Track(np.full(frames, name == "A"), 25, ("speaking",))
        people.append(Participant(name, motion=motion, seat=Seat(seat.position, seat.yaw, seated), speaking=speaking))
    return Conversation("test", (people[0], people[1]), frames / 25)


def changed(talk: Conversation, person: int, **columns: object) -> Conversation:
    people = list(talk.participants)
    motion = people[person].motion
    for name, values in columns.items():
        motion = motion.with_columns(name.replace("_", "."), np.broadcast_to(values, len(motion)))
    people[person] = replace(people[person], motion=motion)
    return talk.with_participants(*people)


@pytest.fixture(scope="module")
def stage():
    stage = Stage(Script.of(conversation()), SIZE)
    yield stage
    stage.close()


def picture(stage: Stage, talk: Conversation) -> np.ndarray:
    """A frame drawn on a stage that is already built."""
    points = [actor.points(own[:1])[0] for actor, own in zip(stage.people, Script.of(talk).values, strict=True)]
    return stage.draw(points, np.zeros(2, np.float32)).astype(int)


def panel(stage: Stage, image: np.ndarray, number: int) -> np.ndarray:
    p = stage.panels[number]
    return image[p.y : p.y + p.height, p.x : p.x + p.width]


def test_a_frame_has_the_size_asked_for_and_shows_both_people():
    image = render_frame(conversation(), 0, SIZE)
    assert image.shape == (360, 640, 3)
    assert image.dtype == np.uint8
    wide = image[:, :396].astype(int)
    red, blue = wide[..., 0] - wide[..., 2], wide[..., 2] - wide[..., 0]
    # A wears a red shirt and stands on the left, B a blue one on the right.
    assert np.argwhere(red > 90)[:, 1].mean() < 150
    assert np.argwhere(blue > 40)[:, 1].mean() > 250
    assert (red > 90).sum() > 1000
    assert (blue > 40).sum() > 1000


def test_drawing_leaves_no_trace(stage):
    talk = conversation()
    first = picture(stage, talk)
    picture(stage, changed(talk, 0, jawOpen=1.0, head_y=0.5))
    assert np.array_equal(picture(stage, talk), first)


@pytest.mark.parametrize("person", [0, 1])
def test_a_blink_changes_the_eyes_in_the_persons_own_close_up(stage, person):
    talk = conversation()
    shut = changed(talk, person, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    difference = np.abs(picture(stage, shut) - picture(stage, talk)).max(2)
    own, other = panel(stage, difference, 1 + person), panel(stage, difference, 2 - person)
    assert other.max() == 0
    rows, columns = np.argwhere(own > 60).T
    assert len(rows) > 30
    assert np.ptp(rows) < 0.2 * own.shape[0]  # a band, not the whole face
    assert np.ptp(columns) > 0.08 * own.shape[1]  # both eyes


def test_an_open_mouth_shows_and_lies_below_the_eyes(stage):
    talk = conversation()
    rest = picture(stage, talk)

    def rows(**columns: float) -> float:
        difference = np.abs(picture(stage, changed(talk, 0, **columns)) - rest).max(2)
        return float(np.argwhere(panel(stage, difference, 1) > 40)[:, 0].mean())

    assert rows(jawOpen=0.7) > rows(eyeBlinkLeft=1.0, eyeBlinkRight=1.0) + 20


def test_turning_the_head_to_the_camera_shows_more_face(stage):
    talk = conversation()

    def skin(yaw: float) -> int:
        image = panel(stage, picture(stage, changed(talk, 0, head_y=yaw)), 0)[:, :120]
        r, g, b = image[..., 0], image[..., 1], image[..., 2]
        return int(((r > 150) & (r - b > 50) & (r - g < 75)).sum())

    # A looks along +X; the camera is on the +Z side, which is A's right.
    assert skin(-0.8) > 1.15 * skin(0.6)


def test_feet_stay_on_the_floor_while_the_head_sways(stage):
    talk = conversation()
    actor = stage.people[0]
    values = Script.of(talk).values[0][:1].copy()
    rest = actor.points(values)[0]
    values[0, ARKIT.index("translation.x")] += 0.05
    moved = actor.points(values)[0] - rest
    shoes, hair = actor.body.figure.part("shoes"), actor.body.figure.part("hair")
    assert np.abs(moved[shoes]).max() < 0.01
    assert np.allclose(moved[hair], [0.05, 0, 0], atol=1e-4)
    assert abs(rest[:, 1].min()) < 0.02


def test_seated_people_are_drawn_on_chairs():
    standing, seated = (render_frame(conversation(seated=s), 0, SIZE).astype(int) for s in (False, True))
    assert np.abs(standing - seated)[250:, :396].mean() > 5


def test_who_speaks_is_marked():
    image = render_frame(conversation(), 0, SIZE).astype(int)
    seats = (conversation().a.seat, conversation().b.seat)
    corners = [(p.y + p.height, p.x) for p in layout(SIZE, seats)[1:]]
    labels = np.array([image[bottom - 26, left + 29] for bottom, left in corners])  # the middle of the dot
    assert labels[0, 0] - labels[0, 2] > 80
    assert labels[1, 0] - labels[1, 2] < 40


def test_what_cannot_be_shown_is_said_in_one_line(tmp_path):
    talk = conversation()
    with pytest.raises(InputError, match="no frame 99"):
        render_frame(talk, 99, SIZE)
    still = talk.with_participants(replace(talk.a, motion=None), talk.b)
    with pytest.raises(InputError, match="A has no motion"):
        render_video(still, tmp_path / "x.mp4")
    foreign = talk.with_participants(talk.a, replace(talk.b, motion=Motion.zeros(10, 25, EMOCA56)))
    with pytest.raises(InputError, match="emoca56"):
        render_video(foreign, tmp_path / "x.mp4")
    with pytest.raises(InputError, match="no folder"):
        render_video(talk, tmp_path / "none" / "x.mp4")
    with pytest.raises(InputError, match="even"):
        render_video(talk, tmp_path / "x.mp4", size=(641, 360))
    assert list(tmp_path.iterdir()) == []


def decoded(path) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Pictures (T, H, W, 3), sound, its rate, and when the sound starts."""
    import av

    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.audio[0].codec_context.name == "aac"
        pictures = np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    return pictures, np.concatenate([f.to_ndarray()[0] for f in frames]), frames[0].sample_rate, float(frames[0].time)


def test_sound_and_picture_agree_within_a_frame_across_segments(tmp_path, monkeypatch):
    monkeypatch.setattr("visavis.rendering.video.SEGMENT_SECONDS", 0.4)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0})
    frames, flash = 25, 13
    talk = changed(conversation(frames), 0, translation_y=1.6 + 0.2 * (np.arange(frames) == flash))
    samples = np.zeros(frames * 640, np.float32)
    samples[round(flash / 25 * 16000) : round(flash / 25 * 16000) + 160] = 0.9
    shares: list[float] = []
    path = render_video(replace(talk, mixed=Audio(samples)), tmp_path / "v.mp4", size=(320, 180), update=shares.append)
    pictures, sound, rate, start = decoded(path)
    assert len(pictures) == frames
    change = np.abs(pictures[1:].astype(int) - pictures[:-1]).reshape(frames - 1, -1).mean(1)
    assert {int(i) for i in np.argsort(change)[-2:]} == {flash - 1, flash}
    assert abs(start + np.abs(sound).argmax() / rate - flash / 25) < 1 / 25
    assert abs(start + len(sound) / rate - frames / 25) < 0.07  # AAC comes in blocks of 64 ms at 16 kHz
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]


def test_an_interrupted_video_is_resumed_and_leaves_nothing_under_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr("visavis.rendering.video.SEGMENT_SECONDS", 0.2)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0})
    talk, path = conversation(15), tmp_path / "v.mp4"

    def interrupt(share: float) -> None:
        if share >= 8 / 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_video(talk, path, size=(320, 180), update=interrupt)
    assert not path.exists()
    (work,) = tmp_path.iterdir()
    kept = sorted(segment.name for segment in work.glob("*.mp4"))
    assert "0000000-0000005.mp4" in kept
    assert len(kept) < 3
    first: list[float] = []
    render_video(talk, path, size=(320, 180), update=first.append)
    assert first[0] >= 5 / 15
    assert list(tmp_path.iterdir()) == [path]


def test_motion_at_another_rate_keeps_its_duration():
    script = Script.of(conversation(40), 30.0)
    assert len(script) == 48
    assert script.digest(SIZE) != Script.of(conversation(40)).digest(SIZE)


def test_a_space_of_another_name_with_the_same_columns_is_shown(tmp_path):
    talk = changed(conversation(), 0, jawOpen=0.5)
    renamed = replace(ARKIT, name="phone-arkit")
    phone = talk.with_participants(*(replace(p, motion=Motion(p.motion.values, 25, renamed)) for p in talk))
    script = Script.of(phone)
    script.save(tmp_path / "script.npz")
    assert Script.load(tmp_path / "script.npz").digest(SIZE) == Script.of(talk).digest(SIZE)


def test_a_space_called_arkit_with_other_columns_is_not_shown():
    nine = replace(EMOCA56, name="arkit", columns=EMOCA56.columns[:9], sets={}, bounds={})
    talk = conversation()
    foreign = talk.with_participants(talk.a, replace(talk.b, motion=Motion.zeros(10, 25, nine)))
    with pytest.raises(InputError, match="B moves in the space 'arkit', whose columns"):
        Script.of(foreign)


def test_one_may_move_the_arms_while_the_other_only_moves_the_face(tmp_path):
    talk = conversation(2)
    raised = with_body(talk.a.motion).with_columns(["leftUpperArm.z"], np.array([[0.0], [1.5]]))
    talk = talk.with_participants(replace(talk.a, motion=raised), talk.b)
    script = Script.of(talk)
    assert [own.shape[1] for own in script.values] == [184, 67]
    script.save(tmp_path / "script.npz")
    again = Script.load(tmp_path / "script.npz")
    assert again.digest(SIZE) == script.digest(SIZE)
    assert again.spaces == script.spaces
    hanging, up = (render_frame(talk, frame, SIZE).astype(int) for frame in (0, 1))
    assert (np.abs(up - hanging).max(-1) > 40).mean() > 0.005
