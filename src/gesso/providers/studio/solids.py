"""Solids by signed distance: primitives and operators over points given as an array (3, N)."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from scipy import ndimage

from gesso.providers.studio.noise import Array

Vector: TypeAlias = tuple[float, float, float]
Field: TypeAlias = Callable[[Array], Array]
Outline: TypeAlias = Sequence[tuple[float, float]]


def _offset(p: Array, centre: Vector) -> tuple[Array, Array, Array]:
    return p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]


def _length(*parts: Array) -> Array:
    total = parts[0] * parts[0]
    for part in parts[1:]:
        total = total + part * part
    result: Array = np.sqrt(total)
    return result


def sphere(centre: Vector, radius: float) -> Field:
    """A ball."""
    return lambda p: _length(*_offset(p, centre)) - radius


def ellipsoid(centre: Vector, radii: Vector) -> Field:
    """A ball with three radii; the distance is a close bound, after Quilez."""

    def distance(p: Array) -> Array:
        x, y, z = _offset(p, centre)
        a, b, c = radii
        near = _length(x / a, y / b, z / c)
        slope = _length(x / a**2, y / b**2, z / c**2)
        bound: Array = near * (near - 1) / np.maximum(slope, 1e-4)
        return bound

    return distance


def box(centre: Vector, half: Vector, rounding: float = 0.02) -> Field:
    """A box of half extents `half`, its edges rounded inside them."""

    def distance(p: Array) -> Array:
        x, y, z = _offset(p, centre)
        qx = np.abs(x) - (half[0] - rounding)
        qy = np.abs(y) - (half[1] - rounding)
        qz = np.abs(z) - (half[2] - rounding)
        outside = _length(np.maximum(qx, 0), np.maximum(qy, 0), np.maximum(qz, 0))
        return outside + np.minimum(np.maximum(np.maximum(qx, qy), qz), 0) - rounding

    return distance


def limb(start: Vector, end: Vector, radius: float, tip: float | None = None) -> Field:
    """A capsule from start to end, which may taper from `radius` to `tip`."""
    axis = tuple(e - s for s, e in zip(start, end, strict=True))
    square = max(sum(a * a for a in axis), 1e-9)
    last = radius if tip is None else tip

    def distance(p: Array) -> Array:
        x, y, z = _offset(p, start)
        along = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / square, 0, 1)
        span = _length(x - along * axis[0], y - along * axis[1], z - along * axis[2])
        return span - (radius + (last - radius) * along)

    return distance


def cylinder(centre: Vector, radius: float, half: float, rounding: float = 0.02) -> Field:
    """An upright cylinder, its rims rounded."""

    def distance(p: Array) -> Array:
        x, y, z = _offset(p, centre)
        q = _length(x, z) - (radius - rounding)
        h = np.abs(y) - (half - rounding)
        outside = _length(np.maximum(q, 0), np.maximum(h, 0))
        return outside + np.minimum(np.maximum(q, h), 0) - rounding

    return distance


def torus(centre: Vector, radius: float, tube: float) -> Field:
    """A ring that lies flat."""

    def distance(p: Array) -> Array:
        x, y, z = _offset(p, centre)
        return _length(_length(x, z) - radius, y) - tube

    return distance


def smooth_outline(points: Outline, *, closed: bool, steps: int = 9) -> list[tuple[float, float]]:
    """The Catmull-Rom curve through the points."""
    places = np.array(points, float)
    ends = (places[-1:], places[:2]) if closed else (places[:1], places[-1:])
    padded = np.concatenate([ends[0], places, ends[1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        pieces.append(0.5 * (2 * b + (c - a) * t + bend))
    curve = np.concatenate([*pieces, padded[-2:-1]] if not closed else pieces)
    return [(float(x), float(y)) for x, y in curve]


def _polygon(u: Array, v: Array, points: Outline) -> Array:
    nearest = np.full(u.shape, 1e9, np.float32)
    sign = np.ones(u.shape, np.float32)
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        ex, ey = bx - ax, by - ay
        wx, wy = u - ax, v - ay
        along = np.clip((wx * ex + wy * ey) / max(ex * ex + ey * ey, 1e-12), 0, 1)
        nearest = np.minimum(nearest, (wx - ex * along) ** 2 + (wy - ey * along) ** 2)
        if ey != 0:
            crosses = ((v >= ay) != (v >= by)) & ((wx * ey < wy * ex) == (ey > 0))
            sign = np.where(crosses, -sign, sign)
    signed: Array = np.sqrt(nearest) * sign
    return signed


def _table(points: Outline) -> Callable[[Array, Array], Array]:
    """The polygon's signed distance, looked up in a table: many edges for the price of none."""
    corners = np.array(points)
    low = corners.min(0) - 0.08
    coarse = float(np.ptp(corners, axis=0).max() + 0.16) / 110
    counts = np.ceil((corners.max(0) + 0.08 - low) / coarse).astype(int) + 1
    u, v = np.meshgrid(*(low[i] + coarse * np.arange(counts[i]) for i in (0, 1)), indexing="ij")
    grid = _polygon(u.astype(np.float32), v.astype(np.float32), points)
    # Linear reading of a cubic table four times as fine: smooth normals, and still quick.
    sizes = [4 * (count - 1) + 1 for count in grid.shape]
    grid = ndimage.zoom(grid, [n / m for n, m in zip(sizes, grid.shape, strict=True)], order=3)
    cell = coarse / 4

    high = [edge + cell * (size - 1) for edge, size in zip(low, sizes, strict=True)]

    def read(x: Array, y: Array) -> Array:
        held_x, held_y = np.clip(x, low[0], high[0]), np.clip(y, low[1], high[1])
        places = np.stack([(held_x - low[0]) / cell, (held_y - low[1]) / cell])
        near = ndimage.map_coordinates(
            grid, places, np.float32, order=1, mode="nearest", prefilter=False
        )
        apart = (x - held_x) ** 2 + (y - held_y) ** 2
        # Outside of the table the outline is at least as far as both legs of the way to it.
        far: Array = np.where(apart > 0, np.sqrt(near * near + apart), near)
        return far

    return read


def lathe(profile: Outline, *, smooth: bool = True) -> Field:
    """The profile of (radius, height) pairs, turned about the upright axis and closed to it."""
    curve = smooth_outline(profile, closed=False) if smooth else list(profile)
    curve = [(max(r, 0.0), y) for r, y in curve]
    # The mirrored half makes the axis an inside place, so the tips have no dent.
    read = _table(curve + [(-r, y) for r, y in reversed(curve)])
    return lambda p: read(_length(p[0], p[2]), p[1])


def extrude(
    outline: Outline, half: float, rounding: float = 0.03, *, smooth: bool = False
) -> Field:
    """A flat (x, y) outline given a thickness of twice `half`."""
    curve = smooth_outline(outline, closed=True) if smooth else list(outline)
    read = _table(curve)

    def distance(p: Array) -> Array:
        flat = read(p[0], p[1]) + rounding
        deep = np.abs(p[2]) - (half - rounding)
        outside = _length(np.maximum(flat, 0), np.maximum(deep, 0))
        result: Array = outside + np.minimum(np.maximum(flat, deep), 0) - rounding
        return result

    return distance


def union(*fields: Field, blend: float = 0.0) -> Field:
    """All of them; `blend` is the width of the fillet where
    they meet (polynomial, after Quilez).
    """

    def distance(p: Array) -> Array:
        nearest = fields[0](p)
        for field in fields[1:]:
            other = field(p)
            if blend > 0:
                h = np.maximum(blend - np.abs(nearest - other), 0) / blend
                nearest = np.minimum(nearest, other) - h * h * (blend / 4)
            else:
                nearest = np.minimum(nearest, other)
        return nearest

    return distance


def cut(body: Field, *tools: Field) -> Field:
    """The body without the tools."""
    tool = union(*tools)
    return lambda p: np.maximum(body(p), -tool(p))


def meet(*fields: Field) -> Field:
    """Only what all of them share."""
    return lambda p: np.maximum.reduce([field(p) for field in fields])


def grow(field: Field, by: float) -> Field:
    """The field with a skin of that thickness."""
    return lambda p: field(p) - by


def move(field: Field, by: Vector) -> Field:
    """The field, moved."""
    shift = np.array(by, np.float32)[:, None]
    return lambda p: field(p - shift)


def rotation(axis: str, degrees: float) -> Array:
    """The matrix that turns points about x, y or z, right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3, dtype=np.float32)
    matrix[first, first] = matrix[second, second] = c
    matrix[first, second], matrix[second, first] = -s, s
    return matrix


def turn(field: Field, axis: str, degrees: float) -> Field:
    """The field, turned about an axis through the origin."""
    back = rotation(axis, -degrees)
    return lambda p: field(back @ p)


def stretch(field: Field, factors: Vector) -> Field:
    """The field, scaled by a factor for each axis."""
    inverse = (1 / np.array(factors, np.float32))[:, None]
    least = min(factors)
    return lambda p: field(p * inverse) * least


def mirror(field: Field) -> Field:
    """The field and its mirror image in the plane x = 0; give the half with positive x."""
    return lambda p: field(np.stack([np.abs(p[0]), p[1], p[2]]))


def around(field: Field, count: int) -> Field:
    """Copies about the upright axis; the first one lies along +x."""

    def distance(p: Array) -> Array:
        wedge = 2 * np.pi / count
        angle = np.arctan2(p[2], p[0])
        angle = angle - wedge * np.round(angle / wedge)
        radius = _length(p[0], p[2])
        return field(np.stack([radius * np.cos(angle), p[1], radius * np.sin(angle)]))

    return distance


def twist(field: Field, degrees: float) -> Field:
    """The field, wrung about the upright axis by so many degrees for each unit of height."""

    def distance(p: Array) -> Array:
        angle = p[1] * np.float32(np.radians(degrees))
        c, s = np.cos(angle), np.sin(angle)
        return field(np.stack([c * p[0] - s * p[2], p[1], s * p[0] + c * p[2]])) * 0.7

    return distance


def bump(field: Field, relief: Callable[[Array], Array]) -> Field:
    """The field, raised by `relief` (keep it small: distances are only bounds then)."""
    return lambda p: field(p) - relief(p)
