"""Bodies: motion in, vertices in metres out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from visavis.bodies.anny import AnnyBody
from visavis.bodies.appearance import default_appearances
from visavis.bodies.protocol import BodyModel
from visavis.bodies.showing import needs_model_file, shown_as, shown_by_smplx
from visavis.bodies.smplx import FlameBody, SmplxBody
from visavis.errors import InputError
from visavis.motion.space import MotionSpace

__all__ = [
    "AnnyBody", "BodyModel", "FlameBody", "SmplxBody", "body_for", "default_appearances", "needs_model_file",
    "shown_as",
]  # fmt: skip


def body_for(
    space: MotionSpace,
    appearance: Mapping[str, Any] | None = None,
    *,
    seated: bool = False,
    model_file: Path | str | None = None,
) -> BodyModel:
    """The body that shows a motion space.

    Args:
        space: `arkit` and `arkit-body` show on Anny; `flame` and `emoca56` on FLAME; `smplx-upper117` on SMPL-X;
            so do spaces of another name with the same columns.
        appearance: How an Anny person looks.
        seated: Whether an Anny person sits.
        model_file: The user's FLAME or SMPL-X file.

    Raises:
        InputError: No body shows the space, or its model file is not given.
        MissingExtraError: The body needs a package that is not installed.
    """
    if shown_as(space) is not None:
        return AnnyBody(appearance, seated=seated, space=space)
    if not needs_model_file(space):
        raise InputError(f"no body can show motion space {space.name!r}; map the motion to the arkit space first")
    if model_file is None:
        raise InputError(f"the space {space.name!r} needs your own FLAME or SMPL-X model file; pass its path")
    return SmplxBody(model_file) if shown_by_smplx(space) is not None else FlameBody(model_file, space)
