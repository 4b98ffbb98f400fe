"""Where a model is looked at from, and how its points come to stand on the screen."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from gesso.infra.inspect.scene import Floats, Ints, Part

# Seen from the front right, a little from above; glTF models face +z with +y up.
_YAW: Final = float(np.radians(-32.0))
_PITCH: Final = float(np.radians(20.0))

# Distance of the eye and extent of the picture, in radii of the model and edges of the picture.
_DISTANCE: Final = 3.6
_FILL: Final = 0.80


@dataclass(frozen=True, slots=True)
class Mesh:
    """All parts of a scene under one numbering; `owners` tells for each face its part."""

    points: Floats
    faces: Ints
    owners: Ints
    low: Floats
    high: Floats

    @property
    def radius(self) -> float:
        """Half the diagonal of the box around everything, never zero."""
        return max(float(np.linalg.norm(self.high - self.low)) / 2, 1e-12)


@dataclass(frozen=True, slots=True)
class Camera:
    """A perspective view, framed so that the model fills the same share of every picture."""

    center: Floats
    radius: float
    rotation: Floats
    middle: Floats
    scale: float

    def place(self, points: Floats) -> Floats:
        """World to camera space: x right, y up, z to the viewer, the model within radius 1."""
        space: Floats = ((points - self.center) / self.radius) @ self.rotation.T
        return space

    def project(self, space: Floats, edge: int) -> Floats:
        """Camera space to pixels of a square picture, with a depth from 0 (near) to 1."""
        screen = np.empty_like(space)
        screen[:, :2] = (_flat(space) - self.middle) * [self.scale, -self.scale]
        screen[:, :2] = (screen[:, :2] + 0.5) * edge
        screen[:, 2] = (1.1 - space[:, 2]) / 2.2
        return screen


def join(parts: list[Part]) -> Mesh:
    """One mesh of all parts; each of them must have a face."""
    starts = np.cumsum([0, *(len(part.points) for part in parts[:-1])])
    points = np.concatenate([part.points for part in parts])
    faces = np.concatenate([p.faces + start for p, start in zip(parts, starts, strict=True)])
    used = points[np.unique(faces)]
    owners = np.repeat(np.arange(len(parts)), [len(part.faces) for part in parts])
    return Mesh(points, faces, owners, used.min(axis=0), used.max(axis=0))


def aim(mesh: Mesh) -> Camera:
    """The camera that shows the whole mesh, a little above the middle to leave its shadow room."""
    rotation = _rotation()
    center = (mesh.low + mesh.high) / 2
    used = mesh.points[np.unique(mesh.faces)]
    flat = _flat(((used - center) / mesh.radius) @ rotation.T)
    low, high = flat.min(axis=0), flat.max(axis=0)
    scale = _FILL / max(float((high - low).max()), 1e-9)
    middle = (low + high) / 2 - [0.0, 0.02 / scale]
    return Camera(center, mesh.radius, rotation, middle, scale)


def _flat(space: Floats) -> Floats:
    flat: Floats = space[:, :2] / np.maximum(_DISTANCE - space[:, 2:], 0.1)
    return flat


def _rotation() -> Floats:
    sin_y, cos_y, sin_p, cos_p = np.sin(_YAW), np.cos(_YAW), np.sin(_PITCH), np.cos(_PITCH)
    yaw = np.array([[cos_y, 0, sin_y], [0, 1, 0], [-sin_y, 0, cos_y]])
    pitch = np.array([[1, 0, 0], [0, cos_p, -sin_p], [0, sin_p, cos_p]])
    rotation: Floats = pitch @ yaw
    return rotation
