"""Where the two people are: from words, a preset, a file, or the default."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from visavis.errors import InputError, about
from visavis.language.protocol import LanguageModel
from visavis.motion.seat import Seat, SeatError
from visavis.reading import is_there, read_json
from visavis.scene.checks import correct_seats
from visavis.scene.presets import DEFAULT, PRESETS, preset

MAX_FILE_BYTES = 100_000
MAX_WORDS_LENGTH = 1000
DEFAULT_USED = "face to face at 1 m is used instead"


@dataclass(frozen=True)
class Layout:
    """Two seats and where they come from.

    Attributes:
        seats: A's and B's; the origin is on the floor midway between them.
        source: Such as ``preset face-to-face`` or ``words: two friends on a bench``.
        notes: A line for each thing that was corrected or could not be used.
        read: Of a description, the parts that the built-in engine takes literally.
        unread: The other parts, which it only compares with examples.
    """

    seats: tuple[Seat, Seat]
    source: str
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def distance(self) -> float:
        """Metres between the heads."""
        a, b = (seat.position for seat in self.seats)
        return float(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5)


def layout_from(
    what: str | Path | None = None,
    strict: bool = False,
    language_model: LanguageModel | str | None = None,
    seed: int = 0,
) -> Layout:
    """Seats two people.

    Args:
        what: A preset's name, a situation in words, a JSON file, which is whatever ends in .json or is there and no
            folder, or None for face to face at 1 m.
            A file holds ``{"A": [x, y, z], "B": [x, y, z]}`` around the middle of the conversation (see
            `visavis.scene.placement`) or ``{"seats": [{"position": [x, y, z], "yaw": ..., "seated": ...}, ...]}``
            in the room, +Y up from the floor.
        strict: Whether anything doubtful is rejected rather than corrected.
        language_model: Reads the words; the built-in engine does unless given. A string is an address or a model's
            name, as `visavis.language.registry.get_language_model` takes it.
        seed: Draws the language model's examples.

    Returns:
        The layout, always within the bounds of `visavis.scene.checks`.

    Raises:
        InputError: A file cannot be used, or `strict` and something is doubtful.
    """
    layout = _read(what, language_model, seed)
    try:
        seats, corrected = correct_seats(layout.seats)
        layout = replace(layout, seats=seats, notes=layout.notes + tuple(f"layout: {line}" for line in corrected))
    except InputError as error:
        layout = _default(layout.notes, f"{layout.source} puts {error}")
    if strict and layout.notes:
        raise InputError(f"{layout.notes[0]} (refused because of --strict)")
    return layout


def _read(what: str | Path | None, language_model: LanguageModel | str | None, seed: int) -> Layout:
    if what is None:
        return Layout(PRESETS[DEFAULT].seats(), f"preset {DEFAULT}")
    if isinstance(what, Path) or what.lower().endswith(".json"):
        return _from_file(Path(what))
    if placement := preset(what):
        return Layout(placement.seats(), f"preset {'-'.join(what.lower().replace('_', ' ').replace('-', ' ').split())}")
    if _is_file(what):
        return _from_file(Path(what))
    words = " ".join(what.split())
    if len(words) > MAX_WORDS_LENGTH:
        raise InputError(f"a layout description may have {MAX_WORDS_LENGTH} characters, not {len(words)}")
    if not any(c.isalnum() for c in words):
        return _default((), f"no words in {words[:40]!r}")
    if language_model is not None:
        return _from_language_model(words, language_model, seed)
    return _built_in(words)


def _is_file(what: str) -> bool:
    """Whether text names something to be read; folders are not, since a folder may be called "sofa", too."""
    return is_there(what) and not Path(what).is_dir()


def _built_in(words: str, notes: tuple[str, ...] = ()) -> Layout:
    from visavis.language.embedding import best_similarity
    from visavis.scene.nearest import UnlikeAnyExampleError, place
    from visavis.scene.wording import read_explicit

    similarity, fallback = best_similarity()
    notes += (fallback,) if fallback else ()
    try:
        placement, ignored = place(words, similarity)
    except UnlikeAnyExampleError as error:
        return _default(notes, str(error))
    notes += tuple(f"layout: {line}" for line in ignored)
    said = read_explicit(words)
    return Layout(placement.seats(), f"words: {words}", notes, said.read, said.unread)


def _from_language_model(words: str, model: LanguageModel | str, seed: int) -> Layout:
    from visavis.language.registry import get_language_model
    from visavis.scene.prompting import ask
    from visavis.scene.wording import read_explicit

    chosen = get_language_model(model) if isinstance(model, str) else model
    try:
        placement = ask(chosen, words, seed)
        correct_seats(placement.seats())
    except InputError as error:
        return _built_in(words, (f"layout: {error}; the built-in engine's layout is used instead",))
    if placement.kind is None:
        placement = replace(placement, kind=read_explicit(words).kind)
    return Layout(placement.seats(), f"description, interpreted by {chosen.name}: {words}")


def _default(notes: tuple[str, ...], reason: str) -> Layout:
    note = f"layout: {' '.join(reason.split())}; {DEFAULT_USED}"
    return Layout(PRESETS[DEFAULT].seats(), f"preset {DEFAULT}", (*notes, note))


def _from_file(path: Path) -> Layout:
    """Reads a layout file; nothing in it can cost more than a moment.

    Raises:
        InputError: The file cannot be read or is no layout.
    """
    with about("layout file"):
        data = read_json(path, largest=MAX_FILE_BYTES)
    with about(f"layout file {path}"):
        try:
            seats = _seats_from_json(data)
        except SeatError as error:
            return _default((), f"file {path.name}: {error}")
    return Layout(seats, f"file {path.name}")


def _seats_from_json(data: Any) -> tuple[Seat, Seat]:
    from visavis.scene.prompting import placement_from_json

    if not isinstance(data, dict) or "seats" not in data:
        return placement_from_json(data).seats()
    seats = data["seats"]
    if not isinstance(seats, list) or len(seats) != 2:
        raise InputError('"seats" must be a list of two')
    a, b = (_seat_from_json(seat, f"seats[{i}]") for i, seat in enumerate(seats))
    # The room's origin is midway between the two; moving the whole room changes nothing between them.
    x, z = ((a.position[i] + b.position[i]) / 2 for i in (0, 2))
    a, b = (replace(s, position=(s.position[0] - x, s.position[1], s.position[2] - z)) for s in (a, b))
    return a, b


def _seat_from_json(data: Any, where: str) -> Seat:
    from visavis.scene.prompting import read_point

    if not isinstance(data, dict) or not {"position", "yaw"} <= data.keys():
        raise InputError(f'{where} needs "position" and "yaw"')
    position = read_point(data["position"], f"{where}.position")
    yaw = read_point([data["yaw"], 0, 0], f"{where}.yaw")[0]
    seated = data.get("seated", False)
    if not isinstance(seated, bool):
        raise InputError(f"{where}.seated must be true or false")
    return Seat(position, yaw, seated)


def layout_to_json(layout: Layout) -> str:
    """The layout as a file that `layout_from` reads back exactly."""
    seats = [{"position": list(s.position), "yaw": s.yaw, "seated": s.seated} for s in layout.seats]
    return json.dumps({"seats": seats}, indent=2)
