"""Frames for FD on rendered heads: the built-in person, facing the camera, without surroundings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import InputError
from visavis.motion import Motion
from visavis.motion.mapping import project_to_space

SIZE = 299
"""Pixels; what InceptionV3 takes."""


class HeadShots:
    """Draws the face of `arkit` or `arkit-body` motion on the built-in person with neck, head and place at zero."""

    name = "the built-in head, 299 px"

    def __init__(self) -> None:
        """Opens a window without a screen."""
        from visavis.bodies import AnnyBody
        from visavis.rendering.offscreen import use_offscreen

        use_offscreen()
        import pyvista

        pv: Any = pyvista
        self.body = AnnyBody()
        figure = self.body.figure
        head = figure.rest[:, 1] > figure.joints[4, 1] - 0.12
        self._kept = np.flatnonzero(head)
        numbers = np.cumsum(head) - 1
        faces = numbers[figure.faces[head[figure.faces].all(1)]]
        mesh = pv.PolyData.from_regular_faces(np.zeros((len(self._kept), 3), np.float32), faces)
        mesh.point_data["rgb"] = (figure.colours[self._kept] * 255).astype(np.uint8)
        self._mesh = mesh
        self._plotter: Any = pv.Plotter(off_screen=True, window_size=[SIZE, SIZE])
        self._plotter.set_background("white")
        self._plotter.add_mesh(mesh, scalars="rgb", rgb=True, smooth_shading=False, lighting=True)
        self._plotter.camera_position = [(0.0, 0.06, 0.85), (0.0, 0.06, 0.05), (0.0, 1.0, 0.0)]
        self._plotter.camera.view_angle = 24.0
        self._plotter.camera.clipping_range = (0.1, 3.0)

    def __call__(self, motion: Motion) -> NDArray[np.uint8]:
        """uint8 (T, 299, 299, 3).

        Raises:
            InputError: The motion is in another space.
        """
        import torch

        motion = project_to_space(motion, self.body.space)
        if motion.space.columns != self.body.space.columns:
            raise InputError(
                f"frames can only be rendered from 'arkit' motion, not {motion.space.name!r}; map it first"
            )
        still = motion
        for group in ("neck", "head", "translation"):
            still = still.with_columns(group, 0.0)
        pictures = []
        for start in range(0, len(still), 16):
            values = torch.from_numpy(still.values[start : start + 16])
            with torch.inference_mode():
                vertices = self.body.vertices(values, subset=self._kept).numpy()
            for points in vertices:
                self._mesh.points = points
                self._mesh.compute_normals(inplace=True, split_vertices=False)
                self._plotter.render()
                pictures.append(np.asarray(self._plotter.screenshot(return_img=True))[..., :3])
        return np.stack(pictures).astype(np.uint8)
