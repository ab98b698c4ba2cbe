"""Layout presets."""

from __future__ import annotations

from visavis.scene.placement import Placement

PRESETS: dict[str, Placement] = {
    "face-to-face": Placement((0, 0, -0.5), (0, 0, 0.5)),
    "close": Placement((0, 0, -0.3), (0, 0, 0.3)),
    "arm's-length": Placement((0, 0, -0.35), (0, 0, 0.35)),
    "across-a-table": Placement((0, -0.42, -0.6), (0, -0.42, 0.6)),
    "interview": Placement((-0.6, -0.42, -0.6), (0.6, -0.42, 0.6)),
    "corner-of-a-table": Placement((-0.4, -0.42, -0.4), (0.4, -0.42, 0.4)),
    "bench": Placement((-0.32, -0.42, 0), (0.32, -0.42, 0)),
    "sofa": Placement((-0.3, -0.5, -0.1), (0.3, -0.5, 0.1)),
    "car": Placement((-0.38, -0.45, 0), (0.38, -0.45, 0)),
    "side-by-side": Placement((-0.3, 0, 0), (0.3, 0, 0)),
    "whisper": Placement((-0.13, 0, -0.12), (0.13, 0, 0.12)),
    "argument": Placement((0, 0, -0.35), (0, 0, 0.35)),
    "standing-over": Placement((0, 0, -0.5), (0, -0.42, 0.5)),
    "across-a-room": Placement((0, 0, -2.0), (0, 0, 2.0)),
}

DEFAULT = "face-to-face"


def preset(name: str) -> Placement | None:
    """The preset called `name`, however it is spaced and capitalised, or None."""
    key = "-".join(name.lower().replace("_", " ").replace("-", " ").split())
    return PRESETS.get(key)
