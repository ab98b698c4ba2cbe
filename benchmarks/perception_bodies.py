"""Bodies from pictures, measured where the truth is known: our own characters, filmed while they gesture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.bodies.appearance import complete, default_appearances
from visavis.bodies.figure_cache import load_figure
from visavis.bodies.skeleton import BODY
from visavis.conversation import Conversation, Participant
from visavis.media.frames import open_video
from visavis.media.video import VideoWriter
from visavis.motion import ARKIT, ARKIT_BODY, Motion, Seat
from visavis.motion.mapping import with_body
from visavis.motion.resampling import at_frames
from visavis.motion.rotations import angle_between, compose
from visavis.perception.bodies import BodyTracker
from visavis.perception.bodies.motion import SEEN
from visavis.perception.bodies.skeleton import left_arm, left_hand
from visavis.perception.faces import FaceTracker
from visavis.rendering.script import Script
from visavis.rendering.stage import Stage

TITLE = "Bodies: what comes back of known gestures"
FPS = 25.0
SIZE = (1152, 720)
SEATS = (Seat((-0.75, 1.6, 0.0), 0.0), Seat((0.75, 1.6, 0.0), 0.0))
HELD, MOVING = 18, 12
"""Frames for which a gesture is held, and of the way to the next."""
POINTS = {"elbow": "lowerarm01", "wrist": "wrist", "knuckle": "finger2-1", "finger": "finger2-3"}
INTRODUCTION = f"""Both characters stand before the camera ({SIZE[0] * 5 // 8} x {SIZE[1]} pixels for the two) and go
through rest, a raised arm, a wave, pointing and open palms, {HELD / FPS:g} s each. Each is cut out and followed alone,
without a face to start from. Errors are the mean distances in cm of joints of the right skeleton, posed by what was
found and by the truth, in the torso's frame, while the arm (for knuckle and finger, the hand) counts as seen; "rest"
is the error of somebody whose arms always hang. Angles are those between found and true rotations, relative to the
parent joint, in degrees."""

Array = NDArray[np.float64]


def report(work: Path, data: Path) -> list[str] | None:
    """The section's lines."""
    work.mkdir(parents=True, exist_ok=True)
    videos = film(work)
    found = [followed(path) for path, _ in videos]
    lines = [INTRODUCTION, "", *_positions(videos, found), "", *_angles(videos, found), "", *_speed(videos[0][0])]
    return [*lines, "", *real(data)]


# --- the film ------------------------------------------------------------------------------------------------------


def gestures() -> list[dict[str, Array]]:
    """By gesture the rotation vectors of joints that are not at zero."""
    upper0, lower0, _ = left_arm()
    elbow = np.cross(upper0, lower0) / np.linalg.norm(np.cross(upper0, lower0))
    curl, other = left_hand().curl, np.array([1.0, -1.0, -1.0])
    fist = {f"left{f}{i}": a * curl for f in ("Middle", "Ring", "Pinky") for i, a in ((1, 1.0), (2, 1.3), (3, 0.7))}
    aside = lower0 * (-1, 1, 1)
    return [
        {},
        {"leftUpperArm": np.array([-1.3, 0.0, 0.6])},
        {"rightUpperArm": np.array([-0.5, 0.2, -0.5]), "rightLowerArm": compose(2.0 * elbow * other, -0.6 * aside)},
        {"leftUpperArm": np.array([-0.9, 0.0, 0.1]), "leftLowerArm": 0.7 * elbow, **fist},
        {
            "leftUpperArm": np.array([-0.4, 0.3, 0.2]), "leftLowerArm": compose(1.3 * elbow, 1.0 * lower0),
            "rightUpperArm": np.array([-0.4, -0.3, -0.2]), "rightLowerArm": compose(1.3 * elbow * other, -1.0 * aside),
        },
    ]  # fmt: skip


def performance(seat: Seat, first: int) -> Motion:
    """All gestures one after the other, beginning with number `first`."""
    still = with_body(Motion.zeros(1, FPS, ARKIT).with_columns("translation", np.array([seat.position])))
    poses = gestures()
    parts = [_posed(still, joints) for joints in poses[first:] + poses[:first]]
    way = np.linspace(0, 1, MOVING, endpoint=False)
    where = [np.concatenate([np.full(HELD, i), i + way * (i + 1 < len(parts))]) for i in range(len(parts))]
    return at_frames(Motion.concatenate(parts), np.concatenate(where))


def _posed(still: Motion, joints: Mapping[str, Array]) -> Motion:
    for joint, turn in joints.items():
        still = still.with_columns(_columns(joint), turn[None])
    return still


def _columns(joint: str) -> list[str]:
    return [f"{joint}.{axis}" for axis in "xyz"]


def film(work: Path) -> list[tuple[Path, Motion]]:
    """Each character in a file of its own, and how it really moved."""
    motions = [performance(seat, first) for seat, first in zip(SEATS, (0, 2), strict=True)]
    paths = [work / f"{letter}.mp4" for letter in "ab"]
    if not all(path.is_file() for path in paths):
        a, b = (Participant(n, motion=m, seat=s) for n, m, s in zip("AB", motions, SEATS, strict=True))
        stage = Stage(Script.of(Conversation("gestures", (a, b), len(motions[0]) / FPS)), SIZE)
        half = stage.panels[0].width // 4 * 2
        with (
            VideoWriter(paths[0], (half, SIZE[1]), FPS) as first,
            VideoWriter(paths[1], (half, SIZE[1]), FPS) as second,
        ):
            for picture in stage.frames(0, len(motions[0])):
                first.write(picture[:, :half])
                second.write(picture[:, half : 2 * half])
        stage.close()
    return list(zip(paths, motions, strict=True))


def conversation_of(path: Path) -> Conversation:
    """A video of which nothing is known yet."""
    video = open_video(path)
    return Conversation(path.stem, (Participant("A"), Participant("B")), video.duration).with_video(video)


def followed(path: Path) -> Participant:
    """The one who is seen."""
    return BodyTracker()(conversation_of(path)).a


# --- measures ------------------------------------------------------------------------------------------------------


def _positions(videos: list[tuple[Path, Motion]], found: list[Participant]) -> list[str]:
    """A table of distances."""
    rows: dict[str, dict[str, list[Array]]] = {p: {"found": [], "rest": [], "seen": []} for p in POINTS}
    for (_, truth), person, appearance in zip(videos, found, default_appearances(), strict=True):
        joints = load_figure(complete(appearance), seated=False, skeleton=BODY).joints
        assert person.motion is not None
        frames = min(len(truth), len(person.motion))
        true, ours = places(truth.values[:frames], joints), places(person.motion.values[:frames], joints)
        hanging = places(np.zeros((1, ARKIT_BODY.dim), np.float32), joints)
        for point, bone in POINTS.items():
            for side, letter in (("left", "L"), ("right", "R")):
                at = BODY.names.index(f"{bone}.{letter}")
                part = f"{side}{'Arm' if point in ('elbow', 'wrist') else 'Hand'}"
                seen = person.tracks["body"][part][:frames] > SEEN[1]
                rows[point]["seen"].append(seen)
                rows[point]["found"].append(100 * np.linalg.norm(ours[:, at] - true[:, at], axis=1)[seen])
                rows[point]["rest"].append(100 * np.linalg.norm(hanging[:, at] - true[:, at], axis=1)[seen])
    lines = ["| joint | seen | error, cm | median, cm | rest, cm |", "| --- | ---: | ---: | ---: | ---: |"]
    for point, values in rows.items():
        error, rest, seen = (np.concatenate(values[key]) for key in ("found", "rest", "seen"))
        lines.append(
            f"| {point} | {100 * seen.mean():.0f} % | {error.mean():.1f} | {np.median(error):.1f} | {rest.mean():.1f} |"
        )
    return lines


def places(values: NDArray[np.float32], joints: NDArray[np.float32]) -> Array:
    """Where all bones begin, (T, J, 3) metres, in the torso's frame."""
    import torch

    return BODY.pose(torch.from_numpy(values), torch.from_numpy(joints))[1].numpy().astype(np.float64)


def _angles(videos: list[tuple[Path, Motion]], found: list[Participant]) -> list[str]:
    """One line of angles."""
    parts = {"UpperArm": "Arm", "LowerArm": "Arm", "Wrist": "Hand", "Index2": "Hand", "Middle2": "Hand"}
    errors: dict[str, list[Array]] = {joint: [] for joint in parts}
    for (_, truth), person in zip(videos, found, strict=True):
        assert person.motion is not None
        frames = min(len(truth), len(person.motion))
        for joint, part in parts.items():
            for side in ("left", "right"):
                seen = person.tracks["body"][f"{side}{part}"][:frames] > SEEN[1]
                ours, true = (m.slice(0, frames)[_columns(side + joint)] for m in (person.motion, truth))
                errors[joint].append(np.degrees(angle_between(ours, true))[seen])
    shown = ", ".join(f"{joint} {np.concatenate(values).mean():.0f}" for joint, values in errors.items())
    return [f"Mean angles between found and true rotations, in degrees: {shown}."]


def _speed(path: Path) -> list[str]:
    """Processor time per picture of one person whose arms are all seen."""
    conversation, tracker = conversation_of(path), BodyTracker()
    wall, busy = time.perf_counter(), time.process_time()
    tracker(conversation)
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    pictures = conversation.duration * tracker.rate
    return [
        f"One person with both hands in the picture: {1000 * busy / pictures:.0f} ms of processor time per picture, "
        f"{pictures / busy:.0f} pictures per second on one core ({pictures / wall:.0f} by the clock); at the "
        f"{tracker.rate:g} per second that are looked at, {conversation.duration / busy:.1f} times real time."
    ]


def real(data: Path) -> list[str]:
    """What is seen in real recordings."""
    clips = [data / "two-faces" / "debate.avi", *sorted((data / "one-face").glob("*.mp4"))]
    rows = []
    for clip in (clip for clip in clips if clip.is_file()):
        tracked = BodyTracker()(FaceTracker()(conversation_of(clip)))
        for letter, person in zip("AB", tracked, strict=True):
            body = person.tracks.get("body")
            if body is not None:
                shares = [100 * float((body[c] > least).mean()) for c, least in zip(body.columns, SEEN, strict=True)]
                rows.append(f"| {clip.stem} {letter} | " + " | ".join(f"{share:.0f}" for share in shares) + " |")
    if not rows:
        return ["No real recordings are here."]
    head = "| recording, person | torso | left arm | right arm | left hand | right hand |"
    return ["Share of the frames in % in which each counts as seen:", "", head, "| --- |" + " ---: |" * 5, *rows]
