"""A figure: coloured parts that together make one object, and its distances kept in a grid."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from gesso.providers.studio.noise import Array, waves
from gesso.providers.studio.solids import Field, rotation, turn, union
from gesso.providers.studio.words import Brief, Colour, Dice, linear, mix, tint

REACH = 1.75
"""Figures are built inside this many units from the point (0, 1, 0)."""


@dataclass(frozen=True)
class Finish:
    """How a surface takes light: gloss 0..1, metal 0..1, clear 0..1, and its grain's name."""

    gloss: float = 0.45
    metal: float = 0.0
    clear: float = 0.0
    grain: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of a figure: a distance, a colour (linear light) and a finish."""

    shape: Field
    colour: Colour
    finish: Finish = field(default_factory=Finish)
    paint: Callable[[Array], Array] | None = None
    """Multiplies the colour at points (3, N)."""

    def turned(self, axis: str, degrees: float) -> "Part":
        """The part, its paint with it, turned about an axis through the origin."""
        paint, back = self.paint, rotation(axis, -degrees)
        shape = turn(self.shape, axis, degrees)
        if paint is None:
            return replace(self, shape=shape)
        return replace(self, shape=shape, paint=lambda p: paint(back @ p))


@dataclass(frozen=True)
class Surface:
    """The look of surface points: albedo (3, N), and gloss, metal and clearness (N)."""

    albedo: Array
    gloss: Array
    metal: Array
    clear: Array


@dataclass(frozen=True)
class Figure:
    """Parts joined with fillets of width `blend`."""

    parts: tuple[Part, ...]
    blend: float = 0.03

    def distance(self, points: Array) -> Array:
        """The signed distance of points (3, N) to the figure."""
        return union(*(part.shape for part in self.parts), blend=self.blend)(points)

    def surface(self, points: Array) -> Surface:
        """The look at points near the surface; parts melt into one another over a hair's width."""
        depths = np.stack([part.shape(points) for part in self.parts])
        weights = np.exp(-np.minimum((depths - depths.min(0)) / 0.006, 60))
        weights /= weights.sum(0)
        albedo = np.zeros(points.shape, np.float32)
        rest = np.zeros((3, points.shape[1]), np.float32)
        for part, weight in zip(self.parts, weights, strict=True):
            near = np.flatnonzero(weight > 0.004)
            if not near.size:
                continue
            here = points[:, near]
            own = np.array(part.colour, np.float32)[:, None] * np.ones_like(here)
            if part.paint:
                own *= part.paint(here)
            albedo[:, near] += grained(own, here, part.finish.grain) * weight[near]
            finish = (part.finish.gloss, part.finish.metal, part.finish.clear)
            rest[:, near] += np.array(finish, np.float32)[:, None] * weight[near]
        return Surface(np.clip(albedo, 0, 1), rest[0], rest[1], rest[2])


def grained(albedo: Array, points: Array, grain: str) -> Array:
    """The albedo with the grain of its material: wood, stone, marble, clay, felt or glaze."""
    if grain == "wood":
        stretched = points * np.array([[1.0], [0.22], [1.0]], np.float32)
        rings = waves(stretched, 3.0) * 9 + waves(points, 26.0) * 0.5
        return albedo * (0.82 + 0.2 * np.sin(rings))
    if grain == "stone":
        return albedo * (0.86 + 0.14 * waves(points, 9.0) + 0.14 * waves(points, 41.0, 2.0))
    if grain == "marble":
        veins = 1 - np.abs(np.sin(waves(points, 2.3) * 5 + points[0] * 2 + points[1] * 3))
        result: Array = albedo * (1 - 0.55 * np.clip(veins, 0, 1) ** 6)
        return result
    if grain == "clay":
        return albedo * (0.93 + 0.07 * waves(points, 13.0) + 0.04 * waves(points, 50.0, 1.0))
    if grain == "felt":
        return albedo * (0.88 + 0.16 * waves(points, 70.0) * waves(points, 31.0, 3.0))
    if grain == "glaze":
        return albedo * (0.96 + 0.1 * waves(points, 3.1) + 0.04 * waves(points, 23.0))
    return albedo


class Volume:
    """A figure's distances in a grid about its bounding box: cheap, and a hand's breadth wide."""

    def __init__(self, figure: Figure, cells: int) -> None:
        self.low, self.high, self._wide = _bounds(figure)
        margin = float((self.high - self.low).max()) * 0.09
        self.low, self.high = self.low - margin, self.high + margin
        self.cell = float((self.high - self.low).max()) / cells
        counts = np.ceil((self.high - self.low) / self.cell).astype(int) + 1
        self.high = self.low + self.cell * (counts - 1)
        self.grid = _sample(figure, self.low, self.cell, counts)
        self.low_column = self.low.astype(np.float32)[:, None]
        self.high_column = self.high.astype(np.float32)[:, None]
        self.size = float((self.high - self.low).max())
        floors = self.grid.min((0, 2))
        first = int(np.argmax(floors < self.cell))
        self.ground = float(self.low[1]) + first * self.cell + float(floors[first])
        """The height of the figure's lowest point."""

    def distance(self, points: Array) -> Array:
        """The interpolated distance; outside of the box it is that of the box's nearest place."""
        places = (points - self.low_column) / np.float32(self.cell)
        found: Array = ndimage.map_coordinates(
            self.grid, places, np.float32, order=1, mode="nearest", prefilter=False
        )
        return found

    def gap(self, points: Array) -> Array:
        """The distance of points anywhere, coarser outside of the box."""
        low, high = self.low_column, self.high_column
        within = ((points > low) & (points < high)).all(0)
        gap = np.empty(points.shape[1], np.float32)
        gap[within] = self.distance(points[:, within])
        outer = points[:, ~within]
        edge = np.array([[0.0], [1.0], [0.0]], np.float32)
        held = np.clip(outer, edge - REACH, edge + REACH)
        apart = outer - held
        places = (held - (edge - REACH)) / np.float32(_WIDE_CELL)
        gap[~within] = ndimage.map_coordinates(
            self._wide, places, np.float32, order=1, mode="nearest", prefilter=False
        ) + np.sqrt((apart * apart).sum(0))
        return gap


_WIDE_CELL = 2 * REACH / 44


def _sample(figure: Figure, low: Array, cell: float, counts: Array) -> Array:
    nx, ny, nz = (int(count) for count in counts)
    axes = [(low[i] + cell * np.arange(counts[i])).astype(np.float32) for i in range(3)]
    grid = np.empty((nx, ny, nz), np.float32)
    step = max(1, 60_000 // (ny * nz))
    for start in range(0, nx, step):
        slab = np.meshgrid(axes[0][start : start + step], axes[1], axes[2], indexing="ij")
        points = np.stack([axis.ravel() for axis in slab])
        grid[start : start + step] = figure.distance(points).reshape(-1, ny, nz)
    return grid


def _bounds(figure: Figure) -> tuple[Array, Array, Array]:
    """The corners of a snug box, and the coarse grid of the whole reach that they come from."""
    low = np.array([-REACH, 1 - REACH, -REACH])
    grid = _sample(figure, low, _WIDE_CELL, np.array([45, 45, 45]))
    inside = np.argwhere(grid < _WIDE_CELL * 0.6)
    if not len(inside):
        raise ValueError("This object has no volume.")
    first, last = inside.min(0) - 0.7, inside.max(0) + 0.7
    return low + first * _WIDE_CELL, low + last * _WIDE_CELL, grid


class Look:
    """The colours and finishes that a prompt and a seed give to an object."""

    def __init__(self, brief: Brief, dice: Dice) -> None:
        self.brief = brief
        self.dice = dice
        self.material = brief.material
        self.finish = FINISHES.get(brief.material or "", Finish())
        stock = STOCK.get(brief.material or "")
        self._stock = dice.colour(*map(linear, stock)) if stock else None

    def colour(self, slot: int, *usual: str) -> Colour:
        """The colour of a slot: the prompt's own, else the material's, else a usual one."""
        asked = self.brief.colours
        own = self.dice.colour(*map(linear, usual))
        if slot < len(asked):
            return tint(asked[slot], self.dice.between(0.92, 1.08))
        if self._stock is not None:
            base = asked[0] if asked else self._stock
            return tint(base, (1.0, 0.62, 1.5, 0.8)[slot % 4])
        if asked and slot < 2:
            return mix(asked[0], own, 0.75)
        return own

    def part(self, shape: Field, slot: int, *usual: str, gloss: float | None = None) -> Part:
        """A part in a slot's colour and in the prompt's material; `gloss` counts without one."""
        finish = self.finish
        if gloss is not None and self.material is None:
            finish = Finish(gloss=gloss)
        return Part(shape, self.colour(slot, *usual), finish)

    def detail(self, shape: Field, code: str, gloss: float = 0.7) -> Part:
        """A part that keeps its own colour, whatever the prompt says: an eye, a window."""
        return Part(shape, linear(code), Finish(gloss=gloss))


FINISHES = {
    "ceramic": Finish(gloss=0.9, grain="glaze"),
    "gold": Finish(gloss=0.85, metal=1.0),
    "silver": Finish(gloss=0.85, metal=1.0),
    "copper": Finish(gloss=0.78, metal=1.0),
    "glass": Finish(gloss=1.0, clear=0.8),
    "ice": Finish(gloss=0.95, clear=0.6),
    "wood": Finish(gloss=0.3, grain="wood"),
    "stone": Finish(gloss=0.12, grain="stone"),
    "marble": Finish(gloss=0.75, grain="marble"),
    "clay": Finish(gloss=0.15, grain="clay"),
    "plastic": Finish(gloss=0.7),
    "felt": Finish(gloss=0.0, grain="felt"),
}

STOCK = {
    "ceramic": ("#ece6da", "#8fb89a", "#3565a8", "#c46a45", "#2f8a8a", "#e8c9b8"),
    "gold": ("#ffcb55", "#f5be4a"),
    "silver": ("#d8dade", "#c8ccd2"),
    "copper": ("#e09468", "#d98a5c"),
    "glass": ("#bfe6e8", "#cfe8d8", "#c9d6f2", "#f0d2c8"),
    "ice": ("#cbe8f6", "#d8eff8"),
    "wood": ("#b07a48", "#9a6236", "#c89660"),
    "stone": ("#9c9a94", "#8a8c90", "#a89c8c"),
    "marble": ("#f0ede8", "#e6e4e2"),
    "clay": ("#c4714a", "#b86040", "#d28b62"),
}
