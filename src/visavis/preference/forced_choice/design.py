"""Who sees which pair when and on which side: balanced by construction, not on average.

Let I items be compared in C ways. A Latin square shares them out: in row c of C, item number i is compared in way
(i + c) mod C, so that nobody meets an item twice and every pair lies in one row. A row with more pairs than one person
answers is cut into parts. Each part is answered by as many people as each pair needs answers; every second of them
sees it in the reverse order of the one before, with all sides exchanged. With an even number of answers, then,

- each pair has each method on the left as often as on the right,
- each pair's mean place in the order is the middle, so that practice and fatigue weigh on all alike.

Within a part the sides of each comparison alternate, so that each person, too, meets each method equally often on
either side (within one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, StringConstraints, ValidationError

from visavis.errors import InputError
from visavis.preference.forced_choice.plan import Name
from visavis.preference.kinds import DESIGN_NAME
from visavis.reading import read_text
from visavis.settings import Section

ScreenSide = Literal["left", "right"]
Kind = Literal["pair", "repeat", "instructed", "unfitting"]
SceneName = Name | Annotated[str, StringConstraints(pattern=r"^check:\d+$")]
FITTING, UNFITTING = "fitting", "unfitting"


class Trial(Section):
    """One choice.

    Attributes:
        kind: ``pair``: it counts; ``repeat``: a pair again, sides exchanged; ``instructed``: the page says what to
            choose; ``unfitting``: one option is obviously wrong.
        scene: An item's id, or `check_scene`.
        left: The method on the left.
        right: The method on the right.
        expected: What an attentive person chooses, in checks.
        block: Counted from 0.
    """

    kind: Kind
    scene: str
    left: str
    right: str
    expected: ScreenSide | None = None
    block: int = 0

    def swapped(self, kind: Kind, block: int) -> Trial:
        """The same two with sides exchanged."""
        return Trial(kind=kind, scene=self.scene, left=self.right, right=self.left, block=block)


class Medium(Section):
    """A file of the study.

    Attributes:
        file: Its path in the study's folder; made of its content, so that the name tells nothing.
        sha256: Of its content.
        seconds: How long it lasts.
        kind: What it is.
        sound: Whether anything is heard in it.
    """

    file: str = Field(pattern=r"^media/[0-9a-f]{24}\.[a-z0-9]{2,4}$")
    sha256: str
    seconds: float
    kind: Literal["video", "audio"]
    sound: bool = True


class Scene(Section):
    """What is shown in a trial.

    Attributes:
        speaker: The speaker's file, by key.
        text: The speaker's words.
        options: By method, a file's key.
    """

    speaker: str | None
    text: str | None
    options: dict[Name, str]


class Design(Section):
    """A study that can be served, as ``design.json`` holds it.

    Attributes:
        kind: Of the study.
        schema_version: Of this file.
        visavis: The version that made it.
        title: Heading of the page.
        question: What is to be decided.
        consent: What people agree to.
        thanks: What is shown at the end.
        ours: The method whose preference is reported.
        against: The methods that it is compared with.
        answers: How many people answer each pair.
        allowed_failures: Attention checks that one may fail and still be counted.
        seed: Of order and sides.
        media: Files by key.
        scenes: What is shown, by item or check.
        sessions: The trials of each place in the study, in order.
    """

    kind: Literal["forced-choice"] = "forced-choice"
    schema_version: Literal[1] = 1
    visavis: str
    title: str
    question: str
    consent: str
    thanks: str
    ours: Name
    against: tuple[Name, ...]
    answers: int
    allowed_failures: int
    seed: int
    media: dict[str, Medium]
    scenes: dict[SceneName, Scene]
    sessions: tuple[tuple[Trial, ...], ...]

    @property
    def is_heard(self) -> bool:
        """Whether there is anything to hear: a speaker, or options without one."""
        return any(
            self.media[key].sound
            for scene in self.scenes.values()
            for key in ([scene.speaker] if scene.speaker else scene.options.values())
        )


@dataclass(frozen=True)
class Shape:
    """How large a study is and how it is cut; see `visavis.preference.forced_choice.plan.Plan`."""

    answers: int = 4
    per_participant: int = 30
    block: int = 10
    repeats: int = 2
    checks: int = 0
    seed: int = 0


def make_sessions(items: Sequence[str], ours: str, against: Sequence[str], shape: Shape) -> list[tuple[Trial, ...]]:
    """The trials of everybody who takes part.

    Args:
        items: Ids.
        ours: The method that is in every pair.
        against: The methods that it is compared with.
        shape: Numbers of answers, pairs, repeated pairs and checks.

    Returns:
        One tuple of trials per place in the study. Whoever leaves early leaves the study balanced as far as it got:
        the first places answer every pair once, the next ones once more, and so on.
    """
    rng = np.random.default_rng(shape.seed)
    parts = _parts([items[i] for i in rng.permutation(len(items))], ours, against, shape.per_participant)
    parts = [[part[i] for i in rng.permutation(len(part))] for part in parts]
    sessions = []
    for turn in range(shape.answers):
        for number, part in enumerate(parts):
            start = turn // 2 * len(part) // -(-shape.answers // 2)
            trials = part[start:] + part[:start]
            if turn % 2:
                trials = [trial.swapped("pair", 0) for trial in reversed(trials)]
            sessions.append(_session(trials, shape, turn * len(parts) + number, rng))
    return sessions


def _parts(items: list[str], ours: str, against: Sequence[str], most: int) -> list[list[Trial]]:
    """Rows of the Latin square, cut; each comparison's sides alternate through all of them."""
    cuts = -(-len(items) // most)
    ours_left = dict.fromkeys(against, False)
    parts = []
    for row in range(len(against)):
        pairs = [(item, against[(i + row) % len(against)]) for i, item in enumerate(items)]
        for where in np.array_split(np.arange(len(pairs)), cuts):
            part = []
            for item, other in (pairs[i] for i in where):
                ours_left[other] = not ours_left[other]
                left, right = (ours, other) if ours_left[other] else (other, ours)
                part.append(Trial(kind="pair", scene=item, left=left, right=right))
            parts.append(part)
    return parts


def _session(pairs: list[Trial], shape: Shape, number: int, rng: np.random.Generator) -> tuple[Trial, ...]:
    """One person's pairs in blocks, each with a check, the last ones with repeated pairs."""
    blocks = -(-len(pairs) // shape.block)
    cut = [[pairs[i] for i in where] for where in np.array_split(np.arange(len(pairs)), blocks)]
    again = _again(pairs, shape.repeats, rng)
    first_check = number  # what is checked first, and on which side, alternates between people
    trials: list[Trial] = []
    for b, block in enumerate(cut):
        shown = [trial.model_copy(update={"block": b}) for trial in block]
        if b == len(cut) - 1:
            later = len(pairs) * 2 // 3 - (len(pairs) - len(block))
            for trial in again:
                place = int(rng.integers(max(1, min(later, len(shown))), len(shown) + 1))
                shown.insert(place, trial.swapped("repeat", b))
        place = int(rng.integers(1, len(shown) + 1))
        shown.insert(place, _check(shown[:place], shape, first_check + b, b, rng))
        trials += shown
    return tuple(trials)


def _again(pairs: list[Trial], count: int, rng: np.random.Generator) -> list[Trial]:
    """Pairs of the first third, to be repeated in the last."""
    early = pairs[: len(pairs) // 3]
    return [early[i] for i in rng.permutation(len(early))[:count]]


def _check(before: list[Trial], shape: Shape, number: int, block: int, rng: np.random.Generator) -> Trial:
    """Instructed choices and pairs with an unfitting option in turn; of the latter, each of them in turn."""
    side: ScreenSide = "left" if rng.integers(2) else "right"
    if shape.checks and number % 2:
        options = (FITTING, UNFITTING) if side == "left" else (UNFITTING, FITTING)
        scene = check_scene(number // 2 % shape.checks)
        return Trial(kind="unfitting", scene=scene, left=options[0], right=options[1], expected=side, block=block)
    seen = before[int(rng.integers(len(before)))]
    return Trial(kind="instructed", scene=seen.scene, left=seen.left, right=seen.right, expected=side, block=block)


def check_scene(number: int) -> str:
    """The scene of one of the author's checks, counted from 0; no item can be called so."""
    return f"check:{number + 1}"


def read_design(folder: Path) -> Design:
    """The design of a study's folder.

    Raises:
        InputError: It is no study, or its design is damaged, of another version, or shows what it does not define.
    """
    path = folder / DESIGN_NAME
    if not path.exists():
        raise InputError(f"{folder}: is not a study (no {DESIGN_NAME}); visavis study build makes one")
    try:
        design = Design.model_validate_json(read_text(path))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: {field}: {first['msg']}; rebuild the study") from None
    for session in design.sessions:
        for trial in session:
            scene = design.scenes.get(trial.scene)
            if scene is None or not {trial.left, trial.right} <= set(scene.options):
                raise InputError(f"{path}: a trial shows {trial.scene!r}, which is not in the study; rebuild the study")
    for scene in design.scenes.values():
        for key in (*scene.options.values(), *([scene.speaker] if scene.speaker else [])):
            if key not in design.media:
                raise InputError(f"{path}: a scene shows {key!r}, which is not in the study; rebuild the study")
    return design


def check_files(design: Design, folder: Path) -> None:
    """Makes sure that there is something to show.

    Raises:
        InputError: A file of the study is not there.
    """
    for medium in design.media.values():
        if not (folder / medium.file).is_file():
            raise InputError(f"{folder / medium.file}: no such file; restore it, or rebuild the study")
