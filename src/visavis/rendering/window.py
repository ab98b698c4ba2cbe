"""A hidden window, and the cameras that fill parts of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.rendering.offscreen import use_offscreen
from visavis.scene.cameras import Camera

OVERSAMPLING = 1.5


class Window:
    """A picture in the making.

    Args:
        size: Width and height of the picture in pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        use_offscreen()
        # VTK itself: a pyvista plotter brings along Matplotlib, whose import takes longer than building a stage.
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (without it, there is nothing that draws)
        from vtkmodules.vtkRenderingCore import vtkRenderWindow

        self.size = size
        self._window: Any = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.SetSize(*(round(OVERSAMPLING * side) for side in size))

    def view(self, camera: Camera, box: tuple[int, int, int, int], background: tuple[float, float, float]) -> Any:
        """A VTK renderer that fills a part of the picture.

        Args:
            camera: From where.
            box: Pixels from the left and from the top, width and height.
            background: Red, green and blue, 0 to 1.
        """
        from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer

        width, height = self.size
        x, y, wide, high = box
        renderer = vtkRenderer()
        renderer.SetViewport(x / width, 1 - (y + high) / height, (x + wide) / width, 1 - y / height)
        renderer.SetBackground(*background)
        eye = renderer.GetActiveCamera()
        eye.SetPosition(*camera.position)
        eye.SetFocalPoint(*camera.target)
        eye.SetViewUp(0, 1, 0)
        eye.SetViewAngle(camera.fov_deg)
        eye.SetClippingRange(0.2, 40)
        # The shader has its own lights; VTK only passes normals on when there is one.
        renderer.AutomaticLightCreationOff()
        renderer.AddLight(vtkLight())
        self._window.AddRenderer(renderer)
        return renderer

    def draw(self) -> NDArray[np.uint8]:
        """The picture, uint8 (height, width, 3)."""
        self.render()
        return self.pixels()

    def render(self) -> None:
        """Draws, one and a half times as large as asked for."""
        self._window.Render()

    def pixels(self) -> NDArray[np.uint8]:
        """What was drawn, reduced to the size asked for: the cheapest way to smooth edges here."""
        from PIL import Image
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        width, height = self._window.GetSize()
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        large = Image.fromarray(np.ascontiguousarray(vtk_to_numpy(pixels).reshape(height, width, 3)[::-1]))
        return np.array(large.resize(self.size, Image.Resampling.BILINEAR))

    def close(self) -> None:
        """Frees the window."""
        for renderer in list(self._window.GetRenderers()):
            self._window.RemoveRenderer(renderer)
        self._window.Finalize()
