"""An object that turns before the camera, lit anew at every step."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from gesso.providers.studio.casting import cast
from gesso.providers.studio.lighting import Spots, illuminate, lamplight, spots
from gesso.providers.studio.march import Camera, Progress, frame, soften
from gesso.providers.studio.mesh import Mesh
from gesso.providers.studio.noise import Array
from gesso.providers.studio.portrait import Sitting
from gesso.providers.studio.raster import draw
from gesso.providers.studio.solids import rotation


@dataclass(frozen=True)
class Turntable:
    """A sitting whose figure has been cast, so that a step of its turn is quick to draw."""

    sitting: Sitting
    mesh: Mesh
    found: Spots
    camera: Camera
    middle: Array

    def show(self, degrees: float) -> tuple[Array, Array, Array]:
        """Colour times cover, cover, and the light on the floor, after so many degrees."""
        matrix = rotation("y", degrees)
        points = matrix @ (self.found.points - self.middle) + self.middle
        normal = matrix @ self.found.normal
        rays = points - self.camera.eye[:, None]
        depth = np.sqrt((rays * rays).sum(0))
        rays = rays / depth
        key = matrix.T @ np.array(self.sitting.light.key, np.float32)
        turned = (float(key[0]), float(key[1]), float(key[2]))
        front = np.flatnonzero((normal * rays).sum(0) < 0.3)
        shown = _pick(self.found, front)
        lamp = lamplight(shown, self.sitting.volume, turned)
        seen = replace(shown, points=points[:, front], normal=normal[:, front])
        colour = np.zeros_like(points)
        colour[:, front] = np.minimum(illuminate(seen, rays[:, front], self.sitting.light, lamp), 4)
        places = self.camera.project(points).T
        picture = self._fill(places, depth, colour.T)
        return (*soften(picture), self._floor(matrix, turned))

    def _fill(self, places: Array, depth: Array, colour: Array) -> Array:
        shape = (self.camera.height, self.camera.width)
        a, b, c = (places[self.mesh.triangles[:, n]] for n in range(3))
        facing = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
        triangles = self.mesh.triangles[facing < 0]
        pixels, owners, second, third = draw(places, depth, triangles, shape)
        first, other, last = (colour[triangles[owners, n]] for n in range(3))
        mixed = first + (other - first) * second[:, None] + (last - first) * third[:, None]
        picture = np.zeros((shape[0] * shape[1], 4), np.float32)
        picture[pixels, :3] = mixed
        picture[pixels, 3] = 1
        return picture.reshape(*shape, 4)

    def _floor(self, matrix: Array, key: tuple[float, float, float]) -> Array:
        height, width = self.camera.height, self.camera.width
        step = max(2, min(height, width) // 72)
        y, x = np.mgrid[0:height:step, 0:width:step].astype(np.float32)
        rays = self.camera.rays(x.ravel() + step / 2, y.ravel() + step / 2)
        lit = np.ones(rays.shape[1], np.float32)
        drop = self.sitting.volume.ground - self.camera.eye[1]
        down = np.flatnonzero(rays[1] < -0.02)
        points = self.camera.eye[:, None] + rays[:, down] * (drop / rays[1, down])
        points = matrix.T @ (points - self.middle) + self.middle
        near = np.abs(points - self.middle).max(0) < 2.5 * self.sitting.volume.size
        light = replace(self.sitting.light, key=key)
        lit[down[near]] = light.on_floor(self.sitting.volume, points[:, near])
        small = lit.reshape(x.shape)
        factors = (height / small.shape[0], width / small.shape[1])
        whole: Array = ndimage.zoom(small, factors, order=1, grid_mode=True, mode="nearest")
        return whole


def _pick(found: Spots, chosen: Array) -> Spots:
    surface = found.surface
    part = replace(
        surface,
        albedo=surface.albedo[:, chosen],
        gloss=surface.gloss[chosen],
        metal=surface.metal[chosen],
        clear=surface.clear[chosen],
    )
    return Spots(found.points[:, chosen], found.normal[:, chosen], part, found.openness[chosen])


def prepare(sitting: Sitting, size: tuple[int, int], progress: Progress) -> Turntable:
    """Cast the sitting's figure and choose a camera that keeps every side of it in view."""
    mesh, _ = cast(sitting.figure, progress, triangles=15_000)
    points = np.ascontiguousarray(mesh.vertices.T.astype(np.float32))
    found = spots(sitting.figure, sitting.volume, points)
    volume = sitting.volume
    middle = ((volume.low + volume.high) / 2).astype(np.float32)[:, None]
    views = (
        frame(volume, turn=sitting.turn + a, tilt=sitting.tilt + 2, size=size)
        for a in (0, 45, 90, 135)
    )
    far = max(float(np.linalg.norm(view.eye[:, None] - middle)) for view in views)
    camera = frame(volume, turn=sitting.turn, tilt=sitting.tilt + 2, size=size)
    eye = middle[:, 0] + (camera.eye - middle[:, 0]) * (
        far / float(np.linalg.norm(camera.eye[:, None] - middle))
    )
    return Turntable(sitting, mesh, found, replace(camera, eye=eye.astype(np.float32)), middle)
