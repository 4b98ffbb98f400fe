"""A picture of a model: one camera, soft studio light, its own colours, on paper.

Light is added up in linear space; creases are darkened by unsharp masking of the depth buffer
(Luft, Colditz and Deussen 2006).
"""

from typing import Final

import numpy as np
from PIL import Image

from gesso.infra.inspect.camera import Camera, Mesh, aim, join
from gesso.infra.inspect.colors import albedo, blur, by_part, mix, to_linear, to_srgb
from gesso.infra.inspect.raster import Visible, rasterize
from gesso.infra.inspect.scene import Floats, Part

_PAPER_TOP: Final = np.array([0.945, 0.937, 0.922])
_PAPER_BOTTOM: Final = np.array([0.845, 0.830, 0.808])

# Direction towards the lamp in camera space, and its colour.
_LAMPS: Final = (
    (np.array([-0.55, 0.70, 0.62]), np.array([1.00, 0.96, 0.90]) * 0.66),
    (np.array([0.85, 0.15, 0.45]), np.array([0.80, 0.88, 1.00]) * 0.20),
    (np.array([0.20, 0.55, -0.85]), np.array([1.00, 1.00, 1.00]) * 0.22),
)
_SKY: Final = np.array([0.34, 0.35, 0.38])
_GROUND: Final = np.array([0.19, 0.17, 0.155])


def render(parts: list[Part], edge: int) -> Image.Image:
    """Draw the scene as a square picture with edges of `edge` pixels, four samples a pixel."""
    parts = [part for part in parts if len(part.faces)]
    mesh = join(parts)
    camera = aim(mesh)
    fine = edge * 2
    space = camera.place(mesh.points)
    visible = rasterize(camera.project(space, fine), mesh.faces, fine)
    canvas = _paper(fine) * (1 - _shadow(mesh, camera, fine))[..., None]
    color, unlit = albedo(parts, mesh, visible)
    light = _light(_normals(parts, mesh, camera, visible))
    light *= _creases(space, mesh, visible, fine)[:, None]
    canvas[visible.rows, visible.columns] = color * np.where(unlit[:, None], 1.0, light)
    coarse = canvas.reshape(edge, 2, edge, 2, 3).mean(axis=(1, 3))
    return Image.fromarray((to_srgb(coarse) * 255 + 0.5).astype(np.uint8))


def _normals(parts: list[Part], mesh: Mesh, camera: Camera, visible: Visible) -> Floats:
    """Normals in camera space turned to the viewer: the model's own, else those of its faces."""
    corners = camera.place(mesh.points[mesh.faces[visible.faces]].reshape(-1, 3)).reshape(-1, 3, 3)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    for part, chosen, faces in by_part(parts, mesh, visible):
        if part.normals is not None:
            own = mix(part.normals, faces, visible.weights[chosen]) @ camera.rotation.T
            sound = np.isfinite(own).all(axis=1) & (np.abs(own).max(axis=1) > 1e-9)
            normals[chosen[sound]] = own[sound]
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    turned: Floats = np.where(normals[:, 2:] < 0, -normals, normals)
    return turned


def _light(normals: Floats) -> Floats:
    upward = normals[:, 1:2] * 0.5 + 0.5
    light: Floats = _GROUND + (_SKY - _GROUND) * upward
    for direction, color in _LAMPS:
        toward = direction / np.linalg.norm(direction)
        # Wrapped a little round the edge, as from a large soft lamp.
        facing = np.clip((normals @ toward + 0.25) / 1.25, 0, 1)
        light = light + facing[:, None] * color
    return light


def _creases(space: Floats, mesh: Mesh, visible: Visible, edge: int) -> Floats:
    """How much light is left where nearer surfaces stand around a point, 0.45 to 1."""
    depth = (space[mesh.faces[visible.faces], 2] * visible.weights).sum(axis=1)
    # Half the resolution: one of four samples speaks for a pixel.
    half = edge // 2
    rows, columns = visible.rows // 2, visible.columns // 2
    plane = np.zeros((half, half))
    known = np.zeros((half, half))
    plane[rows, columns] = depth
    known[rows, columns] = 1.0
    dark = np.zeros(len(depth))
    for radius, strength in ((half // 96, 3.0), (half // 24, 1.4)):
        around = blur(plane, radius) / np.maximum(blur(known, radius), 1e-6)
        dark += np.clip(around[rows, columns] - depth, 0, 0.12) * strength
    return 1 - np.clip(dark, 0, 0.55)


def _paper(edge: int) -> Floats:
    share = np.linspace(0, 1, edge)[:, None, None]
    column = to_linear(_PAPER_TOP + (_PAPER_BOTTOM - _PAPER_TOP) * share)
    return np.broadcast_to(column, (edge, edge, 3)).copy()


def _shadow(mesh: Mesh, camera: Camera, edge: int) -> Floats:
    """The footprint on the ground as a soft shadow, darker under what is close to it, 0 to 0.6."""
    # It is blurred anyway, so a quarter of the resolution will do.
    coarse = edge // 4
    height = (mesh.points[:, 1] - mesh.low[1]) / mesh.radius
    ground = mesh.points.copy()
    ground[:, 1] = mesh.low[1]
    screen = camera.project(camera.place(ground), coarse)
    screen[:, 2] = np.clip(height / 2, 0, 1)
    seen = rasterize(screen, mesh.faces, coarse)
    above = (height[mesh.faces[seen.faces]] * seen.weights).sum(axis=1)
    plane = np.zeros((coarse, coarse))
    plane[seen.rows, seen.columns] = np.exp(-2.5 * np.maximum(above, 0))
    soft = 0.34 * blur(plane, coarse // 80) + 0.30 * blur(plane, coarse // 20)
    grown = Image.fromarray(soft.astype(np.float32)).resize((edge, edge), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(grown, np.float64), 0, 0.6)
