"""Off-screen rendering."""

from __future__ import annotations

import os
import sys


def use_offscreen() -> None:
    """Makes VTK draw through EGL where there is no display; call before VTK is imported.

    VTK would find the same by itself, after trying the X server and complaining about it.
    """
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
