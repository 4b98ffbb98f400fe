"""From a figure to a mesh: the same distances as its picture, so the same object."""

from collections.abc import Callable

import numpy as np
from skimage import measure

from gesso.providers.studio.figure import Figure, Volume
from gesso.providers.studio.lighting import normals
from gesso.providers.studio.march import Progress
from gesso.providers.studio.mesh import Mesh, Skin
from gesso.providers.studio.noise import Array

TRIANGLES = 38_000
"""About what a cast has: below 1.5 MB, and smooth enough to be held up to the light."""


def cast(figure: Figure, progress: Progress, *, triangles: int = TRIANGLES) -> tuple[Mesh, Skin]:
    """The closed mesh of a figure in its colours; long figures get larger cells."""
    rough = Volume(figure, 36)
    progress(0.15)
    count = len(_surface(rough).triangles)
    cells = int(np.clip(36 * np.sqrt(triangles / max(count, 1)), 24, 150))
    volume = Volume(figure, cells)
    progress(0.5)
    mesh = _surface(volume)
    points = np.ascontiguousarray(mesh.vertices.T.astype(np.float32))
    progress(0.6)
    points, normal = _settle(figure, points, volume.cell)
    progress(0.8)
    surface = figure.surface(points)
    progress(0.9)
    metal = float(surface.metal.mean())
    skin = Skin(
        roughness=float(np.clip(0.95 - 0.75 * surface.gloss.mean(), 0.12, 1)),
        metallic=1.0 if metal > 0.5 else 0.0,
        colours=surface.albedo.T,
    )
    return Mesh(points.T, normal.T, mesh.triangles), skin


def _surface(volume: Volume) -> Mesh:
    # Exact zeros would make triangles without area; a hair's breadth moves them off the corners.
    grid = np.where(np.abs(volume.grid) < 1e-5, np.float32(1e-5), volume.grid)
    march: Callable[..., tuple[Array, ...]] = measure.marching_cubes
    found = march(grid, 0.0, gradient_direction="descent")
    vertices = np.asarray(found[0]) * volume.cell + volume.low
    return Mesh(vertices, np.asarray(found[2]), np.asarray(found[1]))


def _settle(figure: Figure, points: Array, cell: float) -> tuple[Array, Array]:
    """The points drawn onto the exact surface by one short step, and the exact normals there."""
    normal = normals(figure, points, step=cell * 0.3)
    step = np.clip(figure.distance(points), -0.25 * cell, 0.25 * cell)
    settled = points - normal * step
    return settled, normals(figure, settled, step=cell * 0.3)
