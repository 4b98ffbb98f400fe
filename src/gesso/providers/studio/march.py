"""The photographer of figures: sphere tracing after Hart, with soft shadow and occlusion."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import ndimage

from gesso.providers.studio.figure import Figure, Volume
from gesso.providers.studio.lighting import Light, shade
from gesso.providers.studio.noise import Array
from gesso.providers.studio.words import luminance

Progress: TypeAlias = Callable[[float], None]

CHUNK = 24_000
"""Rays at a time: small enough for the processor's cache, large enough for numpy."""


@dataclass(frozen=True)
class Camera:
    """Where the photographer stands: eye, the matrix of right, up and back, and the lens."""

    eye: Array
    axes: Array
    tangent: float
    width: int
    height: int

    def rays(self, x: Array, y: Array) -> Array:
        """The unit directions (3, N) through the given places of the picture, in pixels."""
        scale = 2 * self.tangent / min(self.width, self.height)
        right = (x - self.width / 2) * scale
        up = (self.height / 2 - y) * scale
        rays = self.axes.T @ np.stack([right, up, -np.ones_like(right)]).astype(np.float32)
        directions: Array = rays / np.sqrt((rays * rays).sum(0))
        return directions

    def project(self, points: Array) -> Array:
        """The places (2, N) in the picture, in pixels, of points in space."""
        seen = self.axes @ (points - self.eye[:, None])
        scale = min(self.width, self.height) / (2 * self.tangent)
        x = self.width / 2 + seen[0] / -seen[2] * scale
        y = self.height / 2 - seen[1] / -seen[2] * scale
        return np.stack([x, y])


def corners(volume: Volume) -> Array:
    """The eight corners (3, 8) of the volume's box."""
    sides = np.stack([volume.low, volume.high])
    picks = [
        [sides[i, 0], sides[j, 1], sides[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)
    ]
    return np.array(picks, np.float32).T


def frame(volume: Volume, *, turn: float, tilt: float, size: tuple[int, int]) -> Camera:
    """A camera at so many degrees around and above, as near as the whole figure allows."""
    azimuth, elevation = np.radians(turn), np.radians(tilt)
    back = np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ]
    )
    right = np.array([np.cos(azimuth), 0, -np.sin(azimuth)])
    axes = np.stack([right, np.cross(back, right), back]).astype(np.float32)
    centre = (volume.low + volume.high) / 2
    tangent = float(np.tan(np.radians(14)))
    seen = axes @ (corners(volume) - centre[:, None])
    reach = np.array([max(1.0, size[0] / size[1]), max(1.0, size[1] / size[0])]) * 1.02 * tangent
    distance = float(
        max(
            (seen[2] + np.abs(seen[0]) / reach[0]).max(),
            (seen[2] + np.abs(seen[1]) / reach[1]).max(),
        )
    )
    eye = (centre + back * distance).astype(np.float32)
    return Camera(eye, axes, tangent, *size)


@dataclass(frozen=True)
class Exposure:
    """A figure alone: colour times cover (H, W, 3), cover (H, W) and the light on the floor."""

    colour: Array
    cover: Array
    floor: Array


@dataclass(frozen=True)
class Scene:
    """A figure with its grid, before a camera, under a light."""

    figure: Figure
    volume: Volume
    camera: Camera
    light: Light

    def expose(self, samples: int, progress: Progress) -> Exposure:
        """Photograph the figure; edges get `samples` more rays for each pixel."""
        height, width = self.camera.height, self.camera.width
        picture = np.zeros((height * width, 4), np.float32)
        wanted = self._silhouette()
        for done, chunk in _chunks(wanted):
            picture[chunk] = self._look(chunk % width + 0.5, chunk // width + 0.5).T
            progress(0.75 * done)
        if samples:
            edges = _edges(picture.reshape(height, width, 4))
            for done, chunk in _chunks(edges):
                total = picture[chunk]
                for dx, dy in _OFFSETS[:samples]:
                    total += self._look(chunk % width + 0.5 + dx, chunk // width + 0.5 + dy).T
                picture[chunk] = total / (samples + 1)
                progress(0.75 + 0.2 * done)
        whole = picture.reshape(height, width, 4)
        colour, cover = (whole[..., :3], whole[..., 3]) if samples else soften(whole)
        floor = self._floor()
        progress(1.0)
        return Exposure(colour, cover, floor)

    def _silhouette(self) -> Array:
        """The pixels that can see the box, as flat numbers."""
        places = self.camera.project(corners(self.volume))
        left, top = np.maximum(np.floor(places.min(1)).astype(int), 0)
        right, bottom = np.ceil(places.max(1)).astype(int) + 1
        columns = np.arange(left, min(int(right), self.camera.width))
        rows = np.arange(top, min(int(bottom), self.camera.height))
        return (rows[:, None] * self.camera.width + columns).ravel()

    def _look(self, x: Array, y: Array) -> Array:
        """Colour times cover, and cover, (4, N) along the rays through places in the picture."""
        rays = self.camera.rays(x, y)
        seen = np.zeros((4, rays.shape[1]), np.float32)
        travelled, hit = trace(self.figure, self.volume, self.camera.eye, rays)
        if hit.size:
            rays = rays[:, hit]
            points = self.camera.eye[:, None] + rays * travelled
            seen[:3, hit] = np.minimum(shade(self.figure, self.volume, points, rays, self.light), 4)
            seen[3, hit] = 1
        return seen

    def _floor(self) -> Array:
        """How much light reaches the floor at each pixel: 1 is all of it, and above the horizon."""
        height, width = self.camera.height, self.camera.width
        reduced = max(1, min(height, width) // 256)
        y, x = np.mgrid[0:height:reduced, 0:width:reduced].astype(np.float32)
        rays = self.camera.rays(x.ravel() + reduced / 2, y.ravel() + reduced / 2)
        lit = np.ones(rays.shape[1], np.float32)
        drop = self.volume.ground - self.camera.eye[1]
        down = np.flatnonzero(rays[1] < -0.02)
        points = self.camera.eye[:, None] + rays[:, down] * (drop / rays[1, down])
        middle = (self.volume.low + self.volume.high)[:, None] / 2
        near = np.abs(points - middle).max(0) < 4 * self.volume.size
        lit[down[near]] = self.light.on_floor(self.volume, points[:, near])
        small = lit.reshape(x.shape)
        if reduced == 1:
            return small
        zoomed: Array = ndimage.zoom(
            small,
            (height / small.shape[0], width / small.shape[1]),
            order=1,
            grid_mode=True,
            mode="nearest",
        )
        return zoomed


_OFFSETS = (
    (-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375),
    (-0.25, 0.25), (0.25, -0.25), (0.3, 0.4), (-0.4, -0.4),
)  # fmt: skip


def trace(figure: Figure, volume: Volume, eye: Array, rays: Array) -> tuple[Array, Array]:
    """How far the rays that hit the figure travel, and which rays they are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (volume.low_column - eye[:, None]) / rays
        second = (volume.high_column - eye[:, None]) / rays
    enter = np.minimum(first, second).max(0)
    leave = np.maximum(first, second).min(0)
    live = np.flatnonzero(leave > np.maximum(enter, 0))
    t = np.maximum(enter[live], 0) + 1e-4
    hits: list[Array] = []
    lengths: list[Array] = []
    for _ in range(3):
        live, t = _coarse(volume, eye, (rays, leave), (live, t))
        live, t, done = _fine(figure, volume.cell, eye, (rays, leave), (live, t))
        hits.append(live[done])
        lengths.append(t[done])
        live, t = live[~done], t[~done]
        if not live.size:
            break
    return np.concatenate(lengths), np.concatenate(hits)


def _coarse(
    volume: Volume, eye: Array, rays: tuple[Array, Array], state: tuple[Array, Array]
) -> tuple[Array, Array]:
    """March through the grid to within a cell of the surface; rays that leave the box drop out."""
    live, t = state
    near_live: list[Array] = []
    near_t: list[Array] = []
    for _ in range(40):
        if not live.size:
            break
        gap = volume.distance(eye[:, None] + rays[0][:, live] * t)
        near = gap < 0.6 * volume.cell
        near_live.append(live[near])
        near_t.append(t[near])
        t = t + np.maximum(gap * 0.9, volume.cell * 0.3)
        keep = ~near & (t < rays[1][live])
        live, t = live[keep], t[keep]
    return np.concatenate([*near_live, live]), np.concatenate([*near_t, t])


def _fine(
    figure: Figure, cell: float, eye: Array, rays: tuple[Array, Array], state: tuple[Array, Array]
) -> tuple[Array, Array, Array]:
    """March by the exact distance; done are those at the surface, the rest has passed it by."""
    live, t = state
    done = np.zeros(live.size, bool)
    moving = np.arange(live.size)
    for _ in range(14):
        if not moving.size:
            break
        gap = figure.distance(eye[:, None] + rays[0][:, live[moving]] * t[moving])
        t[moving] += gap * 0.95
        done[moving] = gap < 0.002
        moving = moving[(gap >= 0.002) & (gap < 1.6 * cell)]
    t[~done] += cell * 0.5
    keep = done | (t < rays[1][live])
    return live[keep], t[keep], done[keep]


def soften(picture: Array) -> tuple[Array, Array]:
    """Colour and cover of (H, W, 4) with a soft outline: pixels at the edge take of both sides."""
    rows = np.flatnonzero(picture[..., 3].any(1))
    columns = np.flatnonzero(picture[..., 3].any(0))
    if rows.size:
        top, left = max(rows[0] - 2, 0), max(columns[0] - 2, 0)
        part = picture[top : rows[-1] + 3, left : columns[-1] + 3]
        blurred = ndimage.convolve1d(ndimage.convolve1d(part, _TAPS, 0), _TAPS, 1)
        edge = (blurred[..., 3] > 0.01) & (blurred[..., 3] < 0.99)
        part[edge] = blurred[edge]
    return picture[..., :3], picture[..., 3]


_TAPS = np.array([0.22, 0.56, 0.22], np.float32)


def _chunks(numbers: Array) -> Iterator[tuple[float, Array]]:
    for start in range(0, numbers.size, CHUNK):
        chunk = numbers[start : start + CHUNK]
        yield (start + chunk.size) / numbers.size, chunk


def _edges(picture: Array) -> Array:
    """The pixels that differ from a neighbour enough to show a stair."""
    value = np.stack([np.sqrt(luminance(picture) + 1e-4), picture[..., 3]])
    contrast = ndimage.maximum_filter(value, (1, 3, 3)) - ndimage.minimum_filter(value, (1, 3, 3))
    return np.flatnonzero((contrast[0] > 0.09) | (contrast[1] > 0))
