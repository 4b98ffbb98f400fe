"""Light: the lamps of the studio, what they do to a surface, and the film's response."""

from dataclasses import dataclass

import numpy as np

from gesso.providers.studio.figure import Figure, Surface, Volume
from gesso.providers.studio.noise import Array, smoothstep
from gesso.providers.studio.words import Colour


@dataclass(frozen=True)
class Light:
    """A key lamp (unit direction to it, colour) between a sky and a ground that shine softly."""

    key: tuple[float, float, float]
    colour: Colour
    sky: Colour
    ground: Colour

    def surroundings(self, directions: Array, gloss: Array) -> Array:
        """What a mirror sees that way (3, N): soft boxes, blurred where there is less gloss."""
        blur = 1 - gloss * 0.92
        up = smoothstep(-0.7, 0.9, directions[1])
        sky, ground = (np.array(c, np.float32)[:, None] for c in (self.sky, self.ground))
        field = ground * (1 - up) + sky * up
        for toward, size, power in self._boxes():
            facing = (
                toward[0] * directions[0] + toward[1] * directions[1] + toward[2] * directions[2]
            )
            edge = 0.05 + 0.5 * blur
            glow = smoothstep(size - edge, size + edge * 0.4, facing) * power / (1 + 5 * blur)
            field = field + glow * np.array(self.colour, np.float32)[:, None]
        dark = smoothstep(0.05, -0.25, directions[1]) * 0.55
        result: Array = field * (1 - dark)
        return result

    def _boxes(self) -> tuple[tuple[tuple[float, float, float], float, float], ...]:
        x, y, z = self.key
        return (
            ((x, y, z), 0.93, 3.2),
            ((-0.92 * np.sign(x), 0.25, 0.3), 0.95, 1.4),
            ((0.0, 0.55, -0.83), 0.9, 1.0),
        )

    def on_floor(self, volume: Volume, points: Array) -> Array:
        """The share of light that floor points get, from the key lamp and from the sky."""
        lamp = shadow(volume, points, self.key, softness=7.0)
        sky = np.ones(points.shape[1], np.float32)
        for height, weight in ((0.05, 0.3), (0.14, 0.3), (0.34, 0.3), (0.7, 0.25)):
            above = points + np.array([[0], [height], [0]], np.float32)
            sky -= weight * np.clip(1 - volume.gap(above) / height, 0, 1)
        return (
            0.26
            + 0.74 * (0.55 * lamp + 0.45 * np.clip(sky, 0, 1))
            - 0.26 * (1 - np.clip(sky, 0, 1))
        )


def shadow(volume: Volume, points: Array, toward: Colour, softness: float) -> Array:
    """How much of a lamp is seen, 0..1: the penumbra by the nearest miss, after Quilez."""
    way = np.array(toward, np.float32)[:, None]
    seen = np.ones(points.shape[1], np.float32)
    t = np.full(points.shape[1], volume.cell * 1.6, np.float32)
    live = np.arange(points.shape[1])
    reach = volume.size * 1.5
    for _ in range(26):
        if not live.size:
            break
        gap = volume.gap(points[:, live] + way * t)
        seen[live] = np.minimum(seen[live], np.clip(softness * gap / t + 0.08, 0, 1))
        t = t + np.clip(gap, volume.cell * 0.7, 0.3)
        keep = (seen[live] > 0.02) & (t < reach)
        live, t = live[keep], t[keep]
    return seen * seen * (3 - 2 * seen)


def normals(figure: Figure, points: Array, step: float = 0.004) -> Array:
    """Unit normals (3, N) by four distances at the corners of a tetrahedron."""
    total = np.zeros_like(points)
    for signs in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        corner = np.array(signs, np.float32)[:, None]
        total += corner * figure.distance(points + corner * np.float32(step))
    unit: Array = total / np.maximum(np.sqrt((total * total).sum(0)), 1e-9)
    return unit


def occlusion(volume: Volume, points: Array, normal: Array) -> Array:
    """How open the surroundings of surface points are, 0..1."""
    closed = np.zeros(points.shape[1], np.float32)
    for step, weight in ((0.04, 1.0), (0.09, 0.8), (0.18, 0.6), (0.34, 0.35)):
        gap = volume.gap(points + normal * np.float32(step))
        closed += np.clip(step - gap, 0, step) / step * weight
    floor = points[1] - volume.ground
    result: Array = np.clip(1 - 0.42 * closed, 0.06, 1) * (
        0.55 + 0.45 * smoothstep(0.05, 0.7, floor)
    )
    return result


@dataclass(frozen=True)
class Spots:
    """Surface points as the light finds them: place, normal, look and openness to the sky."""

    points: Array
    normal: Array
    surface: Surface
    openness: Array


def spots(figure: Figure, volume: Volume, points: Array) -> Spots:
    """What does not change with the light or the view."""
    normal = normals(figure, points)
    return Spots(points, normal, figure.surface(points), occlusion(volume, points, normal))


def shade(figure: Figure, volume: Volume, points: Array, rays: Array, light: Light) -> Array:
    """The linear colours (3, N) of surface points seen along rays."""
    found = spots(figure, volume, points)
    return illuminate(found, rays, light, lamplight(found, volume, light.key))


def lamplight(found: Spots, volume: Volume, key: Colour) -> Array:
    """How much of the key lamp falls on each spot, 0..1, shadows and slant counted."""
    facing = (found.normal * np.array(key, np.float32)[:, None]).sum(0)
    lamp = np.clip(facing, 0, 1)
    lit = np.flatnonzero(lamp > 0)
    lamp[lit] *= shadow(volume, found.points[:, lit] + found.normal[:, lit] * 0.01, key, 9.0)
    result: Array = lamp
    return result


def illuminate(found: Spots, rays: Array, light: Light, lamp: Array) -> Array:
    """Linear colours (3, N): Lambert under lamp and dome, and a mirror by Schlick's Fresnel."""
    normal, surface, openness = found.normal, found.surface, found.openness
    key, sky, ground = (_column(c) for c in (light.colour, light.sky, light.ground))
    dome = ground + (sky - ground) * (0.5 + 0.5 * normal[1])
    diffuse = surface.albedo * (key * (lamp * 1.75) + dome * (0.95 * openness))
    cosine = np.clip(-(normal * rays).sum(0), 0, 1)
    mirrored = rays + 2 * cosine * normal
    seen = light.surroundings(mirrored, surface.gloss) * (0.25 + 0.75 * openness)
    base = 0.04 + (surface.albedo - 0.04) * surface.metal
    grazing = base + (1 - base) * (1 - cosine) ** 5 * (0.15 + 0.85 * surface.gloss)
    strength = np.where(surface.metal > 0.5, 1.15, surface.gloss)
    opaque = diffuse * (1 - surface.metal) + seen * grazing * strength
    bright = sky * (0.35 + 0.65 * cosine)
    through = surface.albedo ** (0.6 + 1.4 * (1 - cosine)) * bright * (0.5 + 0.5 * openness)
    mixed: Array = opaque + (through + seen * grazing - opaque) * surface.clear
    return mixed


def _column(colour: Colour) -> Array:
    return np.array(colour, np.float32)[:, None]


def develop(picture: Array, exposure: float = 1.0) -> Array:
    """Linear light to the 0..1 of sRGB, with a film's shoulder (fitted by Narkowicz to ACES)."""
    # A table by the square root of the light: a tenth of the time of the powers themselves.
    place = np.sqrt(np.clip(picture * (0.72 * exposure), 0, 15.9)) * 1024
    return _RESPONSE[place.astype(np.int32)]


def _response() -> Array:
    x = (np.arange(4096, dtype=np.float32) / 1024) ** 2
    filmed = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    curved = 1.055 * np.maximum(filmed, 1e-6) ** (1 / 2.4) - 0.055
    encoded: Array = np.where(filmed <= 0.0031308, filmed * 12.92, curved).astype(np.float32)
    return encoded


_RESPONSE = _response()
