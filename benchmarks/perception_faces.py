"""Faces from pictures, measured where the truth is known: our own characters, filmed, and clips with given tracks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from visavis.bodies import AnnyBody, default_appearances
from visavis.conversation import Conversation, Participant
from visavis.evaluation.coupling import column_correlations
from visavis.media.frames import open_video
from visavis.media.video import VideoWriter
from visavis.models.preprocessing import to_seat_frame, to_world_frame
from visavis.motion import ARKIT, Motion, Seat
from visavis.motion.gaze import LOOK_SHAPES
from visavis.perception.faces import FaceTracker
from visavis.rendering.person import Actor
from visavis.rendering.window import Window
from visavis.scene.cameras import HEAD_CENTRE, Camera

TITLE = "Faces: what comes back of known motion"
FPS = 25.0
SEEDS, SECONDS = (11, 12, 13), 12.0
SIDE = 512
DISTANCE, HEIGHT, SIGHT = 1.2, 1.6, 24.0
"""Metres from the camera to the head and from the floor to the head joint; degrees of the field of view."""
SEAT = Seat((0.0, HEIGHT, 0.0), 0.0)
WALL = (0.8, 0.78, 0.74)
LOOKED_AT = {
    "jawOpen": ("jawOpen",), "eyeBlink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "mouthSmile": ("mouthSmileLeft", "mouthSmileRight"), "browInnerUp": ("browInnerUp",),
    "mouthPucker": ("mouthPucker",),
}  # fmt: skip
WANTED = {"jawOpen": 0.8, "eyeBlink": 0.8, "mouthSmile": 0.8, "head": 4.0}
INTRODUCTION = f"""The {2 * len(SEEDS)} people of {len(SEEDS)} simulated conversations of {SECONDS:g} s are drawn from
the front, in {SIDE} x {SIDE} pixels, written as H.264, and tracked. The camera's field of view ({SIGHT:g} degrees) is
given, where it stands is not: heads are compared after the one turn about the vertical that fits a clip best, places
after that turn and the one shift that fits. Correlations are over time, the mean over people who move the shape at all;
angles and places are mean errors. Gaze is of the eyes in the head, the mean of both. Smaller pictures, blur and noise
are made of the first."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Condition:
    """What is done to the pictures.

    Attributes:
        side: Pixels.
        blur: Standard deviation of a Gaussian, pixels of the smaller picture.
        noise: Standard deviation, of 255.
        aside: As of `film`.
    """

    side: int = SIDE
    blur: float = 0.0
    noise: float = 0.0
    aside: float = 0.0

    @property
    def name(self) -> str:
        """For people."""
        extras = [f"blur {self.blur:g}"] * (self.blur > 0) + [f"noise {self.noise:g}"] * (self.noise > 0)
        extras += [f"{self.aside:g} degrees from the side"] * (self.aside > 0)
        return ", ".join([f"{self.side} px", *extras])


CONDITIONS = (
    Condition(), Condition(256), Condition(128), Condition(blur=2), Condition(blur=4), Condition(noise=10),
    Condition(noise=25), Condition(aside=20), Condition(aside=40),
)  # fmt: skip


def report(work: Path, data: Path) -> list[str]:
    """The section's lines."""
    work.mkdir(parents=True, exist_ok=True)
    rows = {}
    for condition in CONDITIONS:
        filmed = [clip for seed in SEEDS for clip in film(work, seed, condition.aside)]
        found = [compared(track(degraded(path, condition), SIGHT), person) for path, person in filmed]
        rows[condition.name] = {key: float(np.nanmean([row[key] for row in found])) for key in found[0]}
        print("  ", condition.name, {key: round(value, 3) for key, value in rows[condition.name].items()}, flush=True)
    return [INTRODUCTION, "", *_table(rows), "", *_verdicts(rows[Condition().name]), "", *real(data)]


def film(work: Path, seed: int, aside: float) -> list[tuple[Path, Participant]]:
    """Both people of a simulated conversation, each in a file of their own, and how they really moved.

    Args:
        work: Where the files go.
        seed: Of the conversation.
        aside: Degrees about the vertical by which the camera stands beside where the torso faces.
    """
    from visavis.simulation.dyads import simulate

    conversation = simulate(seed=seed, duration=SECONDS)
    found = []
    for letter, person, look in zip("ab", conversation, default_appearances(), strict=True):
        path = work / f"{seed}-{letter}-{aside:g}.mp4"
        person = _moved(person)
        if not path.is_file():
            assert person.motion is not None
            assert person.seat is not None
            actor, window = Actor(AnnyBody(look), person.seat), Window((SIDE, SIDE))
            x, z = DISTANCE * np.sin(np.radians(aside)), DISTANCE * np.cos(np.radians(aside))
            camera = Camera((float(x), HEIGHT + HEAD_CENTRE, float(z)), (0.0, HEIGHT + HEAD_CENTRE, 0.0), SIGHT)
            actor.enter([window.view(camera, (0, 0, SIDE, SIDE), WALL)])
            with VideoWriter(path, (SIDE, SIDE), FPS) as video:
                for first in range(0, len(person.motion), 25):
                    for vertices in actor.points(person.motion.values[first : first + 25]):
                        actor.move(vertices)
                        video.write(window.draw())
            window.close()
        found.append((path, person))
    return found


def _moved(person: Participant) -> Participant:
    """The same person, standing in the middle of the room and facing +Z."""
    assert person.motion is not None
    assert person.seat is not None
    old, new = (np.array([*s.position, s.yaw], np.float32) for s in (person.seat, SEAT))
    values = to_world_frame(to_seat_frame(person.motion.values, old, ARKIT), new, ARKIT)
    return replace(person, seat=SEAT, motion=Motion(values, person.motion.fps, ARKIT))


def degraded(path: Path, condition: Condition) -> Path:
    """The same film, smaller, blurred or noisy."""
    if condition == Condition(aside=condition.aside):
        return path
    out = path.with_name(f"{path.stem} {condition.name}.mp4")
    if not out.is_file():
        with VideoWriter(out, (condition.side, condition.side), FPS) as video:
            for picture in _pictures(path, condition):
                video.write(picture)
    return out


def _pictures(path: Path, condition: Condition) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    for picture in open_video(path).frames(FPS, longest=condition.side):
        changed = gaussian_filter(picture.astype(np.float32), (condition.blur, condition.blur, 0))
        changed += condition.noise * rng.standard_normal(changed.shape, dtype=np.float32)
        yield changed.clip(0, 255).astype(np.uint8)


def track(path: Path, field_of_view: float = 45.0) -> Participant:
    """Who is seen most."""
    video = open_video(path)
    nobody = Conversation(
        path.stem.replace(" ", "-").replace(",", ""), (Participant("A"), Participant("B")), video.duration
    )
    return FaceTracker(field_of_view=field_of_view)(nobody.with_video(video)).participants[0]


def compared(found: Participant, true: Participant) -> dict[str, float]:
    """Correlations by name in `LOOKED_AT` and over all moving shapes, errors of head, gaze (degrees) and place (cm)."""
    if found.motion is None or true.motion is None:
        return dict.fromkeys([*LOOKED_AT, "all shapes", "head", "gaze", "place", "seen"], np.nan)
    frames = min(len(found.motion), len(true.motion))
    ours, theirs = (m.slice(0, frames) for m in (found.motion, true.motion))
    row = {}
    for name, columns in LOOKED_AT.items():
        pair = [m[list(columns)].mean(1) for m in (ours, theirs)]
        row[name] = float(np.corrcoef(*pair)[0, 1]) if min(np.std(p) for p in pair) > 1e-3 else np.nan
    shapes = [ARKIT.index(c.name) for c in ARKIT.columns if c.group == "expression" and c.name not in LOOK_SHAPES]
    moving = [i for i in shapes if theirs.values[:, i].std() > 0.02]
    row["all shapes"] = float(
        np.nan_to_num(column_correlations(ours.values[:, moving], theirs.values[:, moving])).mean()
    )
    heads = [_heads(m) for m in (ours, theirs)]
    turn = _about_the_vertical(*heads)
    row["head"] = float(np.degrees((heads[1] * (turn * heads[0]).inv()).magnitude()).mean())
    gazes = [_gaze(m) for m in (ours, theirs)]
    row["gaze"] = float(np.degrees(np.arccos(np.sum(gazes[0] * gazes[1], 1).clip(-1, 1))).mean())
    where = [_places(person, m) for person, m in ((found, ours), (true, theirs))]
    apart = turn.apply(where[0]) - where[1]
    row["place"] = float(100 * np.linalg.norm(apart - np.median(apart, 0), axis=1).mean())
    row["seen"] = float(found.tracks["face"].valid.mean())
    return row


def _heads(motion: Motion) -> Rotation:
    """(T,) heads relative to the torso."""
    return Rotation.from_rotvec(motion["neck"]) * Rotation.from_rotvec(motion["head"])


def _about_the_vertical(ours: Rotation, theirs: Rotation) -> Rotation:
    """The one turn about +Y that brings our heads nearest to theirs."""
    between = (theirs * ours.inv()).as_matrix().sum(0)
    return Rotation.from_euler("y", np.arctan2(between[0, 2] - between[2, 0], between[0, 0] + between[2, 2]))


def _gaze(motion: Motion) -> Array:
    """(T, 3) where the eyes look, relative to the head."""
    both = motion["eyes"].astype(np.float64)
    eyes = [Rotation.from_rotvec(eye).apply([0.0, 0.0, 1.0]) for eye in (both[:, :3], both[:, 3:])]
    mean = np.sum(eyes, 0)
    gaze: Array = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return gaze


def _places(person: Participant, motion: Motion) -> Array:
    """(T, 3) metres from the seat, in the torso's frame."""
    assert person.seat is not None
    places: Array = Rotation.from_euler("y", -person.seat.yaw).apply(
        motion["translation"] - np.array(person.seat.position)
    )
    return places


# --- real recordings -------------------------------------------------------------------------------------------------


def real(data: Path) -> list[str]:
    """Two faces kept apart, and agreement with given tracks; nothing where the recordings are missing."""
    if not (data / "two-faces").is_dir():
        return ["Real recordings are not here; left out."]
    return [*_two_faces(data / "two-faces" / "debate.avi"), "", *_one_face(data / "one-face")]


def _two_faces(path: Path) -> list[str]:
    video = open_video(path)
    empty = Conversation("debate", (Participant("A"), Participant("B")), video.duration)
    seen = FaceTracker()(empty.with_video(video))
    tracks = [person.tracks["face"] for person in seen]
    middle = [(t["x0"] + t["x1"]) / 2 for t in tracks]
    swapped = tracks[0].valid & tracks[1].valid & (middle[0] > middle[1])
    shares = " and ".join(f"{100 * t.valid.mean():.1f} %" for t in tracks)
    return [
        f"`two-faces/debate.avi`, {video.duration:.1f} s of two people side by side: tracked in {shares} of the frames "
        f"(target 99 %); frames in which they are exchanged: {int(swapped.sum())} of {len(swapped)}."
    ]


def _one_face(folder: Path) -> list[str]:
    """Scores and head turns beside those that the clips come with, which are MediaPipe's on whole pictures."""
    lines = [
        "`one-face/`: agreement with the tracks that the clips come with, of the same landmarker on whole pictures and "
        "without smoothing: correlations of scores, and degrees between the heads' turns after the one that fits.", "",
        "| clip | seen | scores | jawOpen | eyeBlink | head, degrees |", "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]  # fmt: skip
    for path in sorted(folder.glob("*.mp4")):
        given = np.load(folder / "tracks" / f"{path.stem}.npz", allow_pickle=False)
        names = [str(n) for n in given["names"]]
        person = track(path)
        if person.motion is None:
            lines.append(f"| {path.stem} | 0 % | | | | |")
            continue
        fps = float(given["fps"])
        theirs = np.stack([given["bs"][:, names.index(n)] if n in names else 0 * given["bs"][:, 0] for n in _SHAPES], 1)
        when = ((np.arange(len(person.motion)) + 0.5) / FPS * fps - 0.5).round().astype(int)
        when = when[when < len(theirs)].clip(0)
        ours, theirs = person.motion[list(_SHAPES)][: len(when)], theirs[when]
        alike = column_correlations(ours.astype(np.float64), theirs.astype(np.float64))
        moving = theirs.std(0) > 0.02
        turned = Rotation.from_matrix(given["M"][when][:, :3, :3])
        heads = _heads(person.motion.slice(0, len(when)))
        apart = turned * heads.inv()
        angle = float(np.degrees((apart * apart.mean().inv()).magnitude()).mean())
        one = {n: alike[_SHAPES.index(n)] for n in ("jawOpen", "eyeBlinkLeft")}
        lines.append(
            f"| {path.stem} | {100 * person.tracks['face'].valid.mean():.0f} % | {np.nanmean(alike[moving]):.2f} | "
            f"{one['jawOpen']:.2f} | {one['eyeBlinkLeft']:.2f} | {angle:.1f} |"
        )
    return lines


_SHAPES = tuple(c.name for c in ARKIT.columns if c.group == "expression")


def _table(rows: dict[str, dict[str, float]]) -> list[str]:
    names = list(next(iter(rows.values())))
    units = {"head": "head, degrees", "gaze": "gaze, degrees", "place": "place, cm"}
    lines = ["| picture | " + " | ".join(units.get(n, n) for n in names) + " |", "| --- |" + " ---: |" * len(names)]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{row[n]:.2f}" for n in names) + " |")
    return lines


def _verdicts(row: dict[str, float]) -> list[str]:
    lines = [f"Targets at {SIDE} px:", ""]
    for name, wanted in WANTED.items():
        met = row[name] <= wanted if name == "head" else row[name] >= wanted
        unit = "degrees, at most" if name == "head" else "correlation, at least"
        lines.append(f"- {name}, {unit} {wanted:g}: {'met' if met else 'missed'} ({row[name]:.2f}).")
    return lines
