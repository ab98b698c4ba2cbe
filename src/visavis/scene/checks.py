"""What a valid layout is, and how an invalid one is corrected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from visavis.errors import InputError
from visavis.motion.seat import Seat
from visavis.scene import knees
from visavis.scene.placement import signed_turns

NEAREST, FARTHEST = 0.25, 12.0
"""Metres between two heads."""

NEAREST_SPAN = 0.2
"""Horizontal metres: heads on top of each other leave no way to face each other."""

LOWEST, HIGHEST = 0.6, 2.1
"""Metres of a head joint above the floor: on the ground with crossed legs to a very tall person on a step."""

LOWEST_STANDING, HIGHEST_SEATED = 0.9, 1.65
"""Nobody stands lower (a four-year-old does not), nobody sits higher (a bar stool does not)."""

WIDEST_TURN = np.radians(100)
"""How far a torso may be turned away from the partner: neck, head and eyes reach a little over that."""

FARTHEST_SENSE = 1000.0
"""Metres; numbers beyond are no clumsy layout but a mistake."""


def correct_seats(seats: tuple[Seat, Seat]) -> tuple[tuple[Seat, Seat], tuple[str, ...]]:
    """Brings a layout within bounds.

    Returns:
        The seats, unchanged where they are sensible, and one line for each thing that was changed.

    Raises:
        InputError: The numbers make no sense at all.
    """
    positions = np.array([seat.position for seat in seats])
    if np.abs(positions).max() > FARTHEST_SENSE:
        raise InputError(f"a head {np.abs(positions).max():.3g} m from the origin")
    notes: list[str] = []
    seats = _correct_heights(seats, notes)
    seats = _correct_distance(seats, notes)
    seats = _correct_facing(seats, notes)
    seats = _correct_chairs(seats, notes)
    return seats, tuple(notes)


def _correct_heights(seats: tuple[Seat, Seat], notes: list[str]) -> tuple[Seat, Seat]:
    corrected = []
    for letter, seat in zip("AB", seats, strict=True):
        x, height, z = seat.position
        low, high = (LOWEST, HIGHEST_SEATED) if seat.seated else (LOWEST_STANDING, HIGHEST)
        clamped = float(np.clip(height, low, high))
        if abs(clamped - height) > 1e-6:
            pose = "sits" if seat.seated else "stands"
            notes.append(
                f"{letter} {pose} with the head {height:.2f} m above the floor; {clamped:.2f} m is used instead"
            )
        corrected.append(replace(seat, position=(x, clamped, z)))
    return corrected[0], corrected[1]


def _correct_distance(seats: tuple[Seat, Seat], notes: list[str]) -> tuple[Seat, Seat]:
    a, b = (np.array(seat.position) for seat in seats)
    span, rise = float(np.hypot(b[0] - a[0], b[2] - a[2])), float(b[1] - a[1])
    distance = float(np.hypot(span, rise))
    if NEAREST - 1e-6 <= distance <= FARTHEST + 1e-6 and span >= NEAREST_SPAN - 1e-6:
        return seats
    wanted = float(np.clip(distance, NEAREST, FARTHEST))
    new_span = max(float(np.sqrt(max(wanted**2 - rise**2, 0.0))), NEAREST_SPAN)
    used = float(np.hypot(new_span, rise))
    place = "on top of each other" if span < NEAREST_SPAN and distance >= NEAREST else f"{distance:.2f} m apart"
    notes.append(
        f"the heads are {place}, {NEAREST:g} to {FARTHEST:g} m side by side or face to face is supported; "
        f"{used:.2f} m is used instead"
    )
    return _at_span(seats, new_span)


def _correct_facing(seats: tuple[Seat, Seat], notes: list[str]) -> tuple[Seat, Seat]:
    corrected = []
    for letter, seat, turn in zip("AB", seats, signed_turns(seats), strict=True):
        clamped = float(np.clip(turn, -WIDEST_TURN, WIDEST_TURN))
        if abs(clamped - turn) > 1e-6:
            notes.append(
                f"{letter}'s torso is turned {np.degrees(abs(turn)):.0f} degrees away from the partner; "
                f"{np.degrees(WIDEST_TURN):.0f} is used instead"
            )
            seat = replace(seat, yaw=seat.yaw - turn + clamped)
        corrected.append(seat)
    return corrected[0], corrected[1]


def _correct_chairs(seats: tuple[Seat, Seat], notes: list[str]) -> tuple[Seat, Seat]:
    """Two chairs that face each other need room of their own, and the knees of who sits need room before who stands."""
    apart = knees.span(seats)
    sitting = [knees.on_chairs([seat]) for seat in seats]
    crowded = all(sitting) or (any(sitting) and not all(seat.seated for seat in seats))
    if not crowded or not knees.face_each_other(seats) or apart >= knees.NEAREST - 1e-6:
        return seats
    if all(sitting):
        where = f"two people on chairs who face each other are {apart:.2f} m apart, where the chairs overlap"
    else:
        where = f"somebody stands {apart:.2f} m before somebody on a chair, where the knees are"
    notes.append(f"{where}; {knees.NEAREST:g} m is used instead")
    return _at_span(seats, knees.NEAREST)


def _at_span(seats: tuple[Seat, Seat], span: float) -> tuple[Seat, Seat]:
    """The same seats at another horizontal distance; heights are kept, and heads in one place are parted along X."""
    a, b = (np.array(seat.position) for seat in seats)
    middle, across = (a + b) / 2, (b - a) * (1, 0, 1)
    apart = float(np.linalg.norm(across))
    offset = (across / apart if apart > 1e-6 else np.array([1.0, 0.0, 0.0])) * span / 2
    moved = [
        replace(seat, position=(float(middle[0] + s * offset[0]), float(p[1]), float(middle[2] + s * offset[2])))
        for seat, p, s in zip(seats, (a, b), (-1, 1), strict=True)
    ]
    return moved[0], moved[1]
