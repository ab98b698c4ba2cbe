"""Where the two people sit or stand."""

from __future__ import annotations

import numpy as np

from visavis.motion import Seat


def draw_seats(rng: np.random.Generator) -> tuple[Seat, Seat]:
    """Two seats: across from each other, round a corner or side by side, 0.5 to 3 m apart, seated or standing.

    The torsos face forward along their chairs and turn partly toward the partner (Kendon's F-formations: vis-a-vis,
    L-shape, side-by-side).
    """
    distance = float(np.clip(np.exp(rng.normal(np.log(1.15), 0.40)), 0.5, 3.0))
    formation = rng.choice(["across", "corner", "beside"], p=[0.64, 0.25, 0.11])
    # Angle by which each chair is turned away from the partner; opposite signs open toward the same side.
    away = {"across": 0.0, "corner": np.pi / 4, "beside": np.radians(80)}[str(formation)]
    if formation == "beside":
        distance = min(distance, 1.5)
    side = float(rng.choice([-1.0, 1.0]))
    toward_partner = rng.uniform(0.15, 0.8, 2)
    both_sit = rng.random() < 0.6
    seated = (both_sit, both_sit) if rng.random() < 0.92 else (both_sit, not both_sit)
    heading = float(rng.normal(0.0, 0.15)) + np.pi / 2  # of the line from A to B, about +Y
    line = np.array([np.sin(heading), np.cos(heading)])
    seats = []
    for person, sign in ((0, -1.0), (1, 1.0)):
        height = rng.normal(1.16, 0.045) if seated[person] else rng.normal(1.55, 0.08)
        height = float(np.clip(height, 1.0 if seated[person] else 1.35, 1.35 if seated[person] else 1.8))
        x, z = sign * distance / 2 * line
        facing = heading if person == 0 else heading + np.pi
        turned = side * (-sign) * away * (1 - toward_partner[person]) + rng.normal(0.0, 0.08)
        yaw = float((facing + turned + np.pi) % (2 * np.pi) - np.pi)
        seats.append(Seat((float(x), height, float(z)), yaw, bool(seated[person])))
    return seats[0], seats[1]
