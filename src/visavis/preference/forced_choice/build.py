"""Builds a folder to serve from a plan and its files: checked, copied, and anonymised by name."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from visavis import __version__
from visavis.errors import InputError, plainly
from visavis.preference.forced_choice.design import (
    FITTING,
    UNFITTING,
    Design,
    Medium,
    Scene,
    Shape,
    check_scene,
    make_sessions,
)
from visavis.preference.forced_choice.media import Checked, check_audio, check_lengths, check_video
from visavis.preference.forced_choice.plan import Plan, Speaker
from visavis.preference.kinds import DESIGN_NAME
from visavis.reading import is_empty
from visavis.reporter import SILENT, Reporter, Update

MEDIA = "media"
_EQUAL_TIME = 946_684_800.0  # the beginning of 2000


def build_study(plan: Plan, beside: Path, out: Path, *, reporter: Reporter = SILENT) -> Design:
    """Writes a study's folder: ``design.json`` and ``media/``.

    Args:
        plan: What is asked for.
        beside: Folder that the plan's paths are relative to.
        out: The study's folder; must not exist, or be empty.
        reporter: Takes one note for each file or item that cannot be used, and shows progress.

    Raises:
        InputError: `out` cannot be used, or files or items cannot; all of them are named before.
    """
    _check_out(out)
    gathered = _Gathered(beside, reporter)
    with reporter.progress("checking videos") as update:
        scenes = _scenes(plan, gathered, update)
    if gathered.problems:
        raise InputError(f"{gathered.problems} file(s) or item(s) of the study cannot be used; see the notes above")
    shape = Shape(plan.answers, plan.per_participant, plan.block, plan.repeats, len(plan.checks), plan.seed)
    design = Design(
        visavis=__version__, title=plan.title, question=plan.question, consent=plan.consent, thanks=plan.thanks,
        ours=plan.ours, against=plan.against, answers=plan.answers, allowed_failures=plan.allowed_failures,
        seed=plan.seed, media=gathered.media, scenes=scenes,
        sessions=tuple(make_sessions([item.id for item in plan.items], plan.ours, plan.against, shape)),
    )  # fmt: skip
    _write(design, gathered.sources, out)
    return design


class _Gathered:
    """Files by content: each is checked once, and what is wrong with it is told once."""

    def __init__(self, beside: Path, reporter: Reporter) -> None:
        self.media: dict[str, Medium] = {}
        self.sources: dict[str, Path] = {}
        self.problems = 0
        self._beside, self._reporter = beside, reporter
        self._known: dict[Path, str | None] = {}

    def complain(self, problem: InputError) -> None:
        self.problems += 1
        self._reporter.note(str(problem))

    def add(self, path: Path, check: Callable[[Path], Checked] = check_video) -> str | None:
        """The key of a file; None where it cannot be used."""
        path = self._beside / path
        if path not in self._known:
            try:
                self._known[path] = self._checked(path, check)
            except InputError as error:
                self._known[path] = None
                self.complain(error)
        return self._known[path]

    def _checked(self, path: Path, check: Callable[[Path], Checked]) -> str:
        found = check(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        key = sha256[:24]
        name = f"{MEDIA}/{key}{path.suffix.lower()}"
        kind: Literal["video", "audio"] = "audio" if check is check_audio else "video"
        self.media[key] = Medium(
            file=name, sha256=sha256, seconds=round(found.seconds, 3), kind=kind, sound=found.sound
        )
        self.sources[key] = path
        return key


def _scenes(plan: Plan, gathered: _Gathered, update: Update) -> dict[str, Scene]:
    """What is shown, by item and check; those that cannot be are complained about and left out."""
    wanted: dict[str, tuple[Speaker, dict[str, Path]]] = {}
    for item in plan.items:
        wanted[item.id] = item.speaker, {method: item.options[method] for method in (plan.ours, *plan.against)}
    for number, check in enumerate(plan.checks):
        wanted[check_scene(number)] = check.speaker, {FITTING: check.fitting, UNFITTING: check.unfitting}
    scenes = {}
    for number, (id, (speaker, options)) in enumerate(wanted.items()):
        scene = _scene(id, speaker, options, gathered)
        if scene is not None:
            scenes[id] = scene
        update((number + 1) / len(wanted))
    return scenes


def _scene(id: str, speaker: Speaker, options: dict[str, Path], gathered: _Gathered) -> Scene | None:
    said = speaker.video or speaker.audio
    key = gathered.add(said, check_video if speaker.video else check_audio) if said else None
    keys = {method: gathered.add(path) for method, path in options.items()}
    usable = {method: found for method, found in keys.items() if found}
    if len(usable) < len(options) or (said and not key):
        return None
    try:
        check_lengths(id, [gathered.media[k] for k in (*([key] if key else []), *usable.values())])
        ours, *others = usable
        for other in others:
            if usable[ours] == usable[other]:
                raise InputError(f"{id}: {ours} and {other} show the same video; leave the item out")
    except InputError as error:
        gathered.complain(error)
        return None
    return Scene(speaker=key, text=speaker.text, options=usable)


def _check_out(out: Path) -> None:
    if out.is_file():
        raise InputError(f"{out}: is a file; choose a folder for the study")
    if out.is_dir() and not is_empty(out):
        raise InputError(f"{out}: is not empty; choose another folder, so that no answers are lost")


def _write(design: Design, sources: dict[str, Path], out: Path) -> None:
    """Under a temporary name, then renamed.

    Browsers are told when a file was changed, and whoever looks into the folder sees in which order files were made. So
    that neither tells whose video it is, files are written in the order of their names, which are hashes, and all bear
    the same time.
    """
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        (temporary / MEDIA).mkdir(parents=True)
        for key in sorted(sources):
            copy = temporary / design.media[key].file
            shutil.copyfile(sources[key], copy)
            os.utime(copy, (_EQUAL_TIME, _EQUAL_TIME))
        (temporary / DESIGN_NAME).write_text(design.model_dump_json(indent=1) + "\n", encoding="utf-8")
        temporary.replace(out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {plainly(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
