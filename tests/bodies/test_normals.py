"""Normals of meshes whose normals are known."""

import numpy as np
import pytest

from visavis.bodies.normals import VertexNormals, vertex_normals

TETRAHEDRON = np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]], np.float32)
OUTWARD = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def test_normals_of_a_tetrahedron_point_out():
    assert np.allclose(vertex_normals(TETRAHEDRON, OUTWARD), TETRAHEDRON / np.sqrt(3), atol=1e-6)


def test_one_mesh_in_several_poses():
    normals = VertexNormals(OUTWARD, 4)
    turned = TETRAHEDRON[:, [1, 2, 0]]  # about the space diagonal
    assert np.allclose(normals(turned), normals(TETRAHEDRON)[:, [1, 2, 0]], atol=1e-6)


def test_large_triangles_count_more():
    points = np.array([[0.0, 0, 0], [3, 0, 0], [0, 3, 0], [0, 0, 1]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])  # areas 4.5 along +z and 1.5 along +x
    assert vertex_normals(points, faces)[0] == pytest.approx(np.array([3, 0, 9]) / np.hypot(3, 9))


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_precision_is_kept_and_a_triangle_without_area_has_no_normal(precision):
    made = vertex_normals(np.zeros((3, 3), precision), np.array([[0, 1, 2]]))
    assert made.dtype == precision
    assert not made.any()
