"""Land: a field of heights seen from above the ground, column by column, as far as the haze."""

from dataclasses import dataclass

import numpy as np

from gesso.providers.studio.noise import Array, band, clouds, lookup, ridges, smoothstep
from gesso.providers.studio.sky import Hour
from gesso.providers.studio.words import Brief, Colour, Dice, linear

TILE = 512


@dataclass(frozen=True)
class Ground:
    """A tile of land: heights, and colours already lit (TILE, TILE, 3), repeated for ever."""

    heights: Array
    colours: Array
    stretch: float
    """How many cells of the tile are one unit of distance."""
    wet: bool
    """Whether what lies below zero is under water."""


@dataclass(frozen=True)
class Prospect:
    """What a camera sees of the land: colours, whether there is land or water, and how far."""

    colour: Array
    land: Array
    water: Array
    far: Array


def ground(brief: Brief, dice: Dice, hour: Hour) -> Ground | None:
    """The land of a setting; None for those without any."""
    makers = {"mountains": _alps, "lake": _alps, "snow": _alps, "volcano": _alps, "mars": _waste,
              "moon": _waste, "desert": _dunes, "field": _hills, "island": _isles, "beach": _isles,
              "forest": _hills}  # fmt: skip
    maker = makers.get(brief.setting or "")
    if maker is None:
        return None
    heights, colours, wet = maker(brief, dice)
    return Ground(heights, _lit(heights, colours, hour, brief), 10.0, wet)


def _slope(heights: Array) -> tuple[Array, Array]:
    dy = (np.roll(heights, -1, 0) - np.roll(heights, 1, 0)) * 5
    dx = (np.roll(heights, -1, 1) - np.roll(heights, 1, 1)) * 5
    return dy, dx


def _lit(heights: Array, colours: Array, hour: Hour, brief: Brief) -> Array:
    """The colours under a low side light, hollows darker than crests."""
    dy, dx = _slope(heights)
    length = np.sqrt(1 + dx * dx + dy * dy)
    side = np.clip((0.62 * dx - 0.25 * dy + 0.58) / length, 0, 1.2)
    dome = 0.55 + 0.45 / length
    light = np.array(hour.light, np.float32) * side[..., None] * 1.25
    shade = np.array(hour.shade, np.float32) * dome[..., None] * 1.1
    if brief.setting == "volcano":
        return np.where(colours[..., :1] > 1.2, colours, colours * (light + shade))
    result: Array = colours * (light + shade)
    return result


def _paint(weights: Array, low: Colour, high: Colour) -> Array:
    bottom, top = np.array(low, np.float32), np.array(high, np.float32)
    result: Array = bottom + (top - bottom) * np.clip(weights, 0, 1)[..., None]
    return result


def _alps(brief: Brief, dice: Dice) -> tuple[Array, Array, bool]:
    """Ridged mountains with snow where it can lie; a lake floods the valleys."""
    heights = ridges(dice.rng, TILE, 3.0) ** 1.25
    lake = brief.setting == "lake"
    heights = heights * dice.between(4.6, 6.4) - (1.9 if lake else 0.35)
    rough = clouds(dice.rng, TILE, 24, 4)
    dy, dx = _slope(heights)
    steep = np.hypot(dx, dy)
    grass = _paint(0.5 + 0.3 * rough, linear("#2f4a26"), linear("#6a7a3c"))
    rock = _paint(0.5 + 0.35 * rough, linear("#4a4644"), linear("#857d76"))
    if brief.setting == "volcano":
        streams = np.abs(clouds(dice.rng, TILE, 7, 3)) < 0.035 * smoothstep(4.5, 0.5, heights)
        glowing = streams & (rough > -0.6)
        rock = _paint(0.5 + 0.4 * rough, linear("#15110f"), linear("#3c332f"))
        return (
            heights,
            np.where(glowing[..., None], np.array([4.5, 0.9, 0.12], np.float32), rock),
            False,
        )
    cover = smoothstep(0.4, 1.6, heights + 0.35 * rough)
    colours = grass * (1 - cover[..., None]) + rock * cover[..., None]
    line = -1.2 if brief.setting == "snow" or "snowy" in brief.traits else dice.between(1.9, 2.6)
    snow = smoothstep(line, line + 0.7, heights + 0.3 * rough) * smoothstep(2.6, 1.3, steep)
    colours = (
        colours * (1 - snow[..., None]) + np.array((0.88, 0.92, 0.98), np.float32) * snow[..., None]
    )
    return heights, colours, lake


def _hills(brief: Brief, dice: Dice) -> tuple[Array, Array, bool]:
    """Soft hills under grass, striped by mowing and dotted with flowers."""
    heights = clouds(dice.rng, TILE, 3.2, 3) * dice.between(0.3, 0.5)
    grain = clouds(dice.rng, TILE, 40, 4)
    patches = clouds(dice.rng, TILE, 6, 4)
    low, high = ("#3c6a24", "#a8b84a") if brief.setting == "field" else ("#26401f", "#4f6a34")
    colours = _paint(0.5 + 0.22 * grain + 0.25 * patches, linear(low), linear(high))
    if brief.setting == "field":
        bloom = (
            brief.colours[0]
            if brief.colours
            else linear(dice.choose("#e8d04a", "#b07ad0", "#e05a4a", "#f2f0e4"))
        )
        dots = (smoothstep(1.25, 1.9, grain) * smoothstep(-0.3, 0.8, patches))[..., None]
        colours = colours * (1 - dots) + np.array(bloom, np.float32) * dots
    if "snowy" in brief.traits or brief.setting == "snow":
        colours = _paint(0.5 + 0.2 * patches, (0.7, 0.78, 0.88), (0.92, 0.95, 1.0))
    return heights + 0.015 * grain, colours, False


def _dunes(brief: Brief, dice: Dice) -> tuple[Array, Array, bool]:
    """Dunes: waves with sharp crests, finely rippled."""
    swell = clouds(dice.rng, TILE, 2, 3)
    y, x = np.mgrid[0:TILE, 0:TILE].astype(np.float32) / TILE * 2 * np.pi
    lean = np.sin(3 * y + 2 * x + 1.3 * swell)
    crest = (1 - np.abs(lean)) ** 1.6
    ripple = np.sin(60 * y + 18 * x + 6 * swell) * 0.012
    heights = crest * dice.between(1.7, 2.3) + 0.45 * swell + ripple
    grain = clouds(dice.rng, TILE, 60, 3)
    sand = (
        brief.colours[0] if brief.colours else linear(dice.choose("#e0a868", "#d89458", "#e8c088"))
    )
    dark = (sand[0] * 0.72, sand[1] * 0.62, sand[2] * 0.55)
    return heights, _paint(0.55 + 0.3 * crest - 0.1 + 0.08 * grain, dark, sand), False


def _waste(brief: Brief, dice: Dice) -> tuple[Array, Array, bool]:
    """A dry world of mesas and craters: red for Mars, grey for the moon."""
    rough = clouds(dice.rng, TILE, 4, 6)
    heights = 0.35 * rough
    if brief.setting == "mars":
        mesa = smoothstep(0.75, 1.0, clouds(dice.rng, TILE, 3, 4)) * dice.between(1.6, 2.6)
        heights = heights + mesa
    heights = heights + _craters(dice, 26 if brief.setting == "moon" else 8)
    stones = smoothstep(1.6, 2.1, band(dice.rng, TILE, 60)) * 0.09
    low, high = ("#6a2c1c", "#d0804c") if brief.setting == "mars" else ("#55565c", "#b4b4b4")
    strata = 0.15 * np.sin(heights * 16) * (heights > 0.8)
    return heights + stones, _paint(0.5 + 0.25 * rough + strata, linear(low), linear(high)), False


def _craters(dice: Dice, count: int) -> Array:
    y, x = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    total = np.zeros((TILE, TILE), np.float32)
    for _ in range(count):
        row, column = dice.between(0, TILE), dice.between(0, TILE)
        radius = dice.between(6, 26)
        dy = np.minimum(np.abs(y - row), TILE - np.abs(y - row))
        dx = np.minimum(np.abs(x - column), TILE - np.abs(x - column))
        away = np.hypot(dx, dy) / radius
        total += (
            radius
            / 40
            * (0.6 * np.exp(-(((away - 1) * 4) ** 2)) - 0.8 * smoothstep(1.0, 0.5, away))
        )
    return total


def _isles(brief: Brief, dice: Dice) -> tuple[Array, Array, bool]:
    """Islands with beaches; the shore of a beach begins before the camera."""
    shape = clouds(dice.rng, TILE, 4, 6)
    heights = (shape - 1.15) * dice.between(1.0, 1.5)
    sandy = brief.colours[0] if brief.colours else linear("#ecd6a2")
    rough = clouds(dice.rng, TILE, 30, 4)
    green = _paint(0.5 + 0.3 * rough, linear("#24501f"), linear("#6f8f3a"))
    sand = np.array(sandy, np.float32)
    grown = smoothstep(0.06, 0.2, heights + 0.03 * rough)[..., None]
    return heights + 0.05 * rough * (heights > 0.15), sand * (1 - grown) + green * grown, True


def survey(
    tile: Ground, camera: tuple[float, float, float], shape: tuple[int, int, int]
) -> Prospect:
    """The land from (x, height, z); shape is the picture's height, width and its horizon's row.

    Each column keeps the running skyline of its samples, so the first that rises above wins.
    """
    height, width, horizon = shape
    focal = 0.95 * min(max(width, height), 1.6 * min(width, height))
    depths = np.geomspace(0.9, 70, max(160, min(420, height // 2 + 100))).astype(np.float32)
    across = (np.arange(width, dtype=np.float32) - width / 2) / focal
    rows = (camera[2] + depths)[:, None] * tile.stretch + np.zeros_like(across)
    columns = (camera[0] + depths[:, None] * across) * tile.stretch
    raised = lookup(tile.heights, rows, columns)
    shown = np.maximum(raised, 0) if tile.wet else raised
    lines = horizon - (shown - camera[1]) * focal / depths[:, None]
    skyline = np.minimum.accumulate(lines, axis=0)
    first = np.clip(np.ceil(skyline), 0, height).astype(np.int64)
    counts = np.bincount((first * width + np.arange(width)).ravel(), minlength=(height + 1) * width)
    covered = np.cumsum(counts.reshape(-1, width)[:height], axis=0)
    land = covered > 0
    index = np.clip(len(depths) - covered, 0, len(depths) - 1)
    far = _depth_between(depths, skyline, index)
    columns = (camera[0] + far * across) * tile.stretch
    rows = (camera[2] + far) * tile.stretch
    colour = np.zeros((height, width, 3), np.float32)
    water = np.zeros_like(land)
    rows, columns = rows[land], columns[land]
    colour[land] = np.stack([lookup(tile.colours[..., c], rows, columns) for c in range(3)], -1)
    if tile.wet:
        water[land] = lookup(tile.heights, rows, columns) < 0
    return Prospect(colour, land, water, far)


def _depth_between(depths: Array, skyline: Array, index: Array) -> Array:
    """Depths between samples, where the ground runs on unbroken from one to the next."""
    before = np.maximum(index - 1, 0)
    row = np.arange(index.shape[0], dtype=np.float32)[:, None]
    here, there = (np.take_along_axis(skyline, number, axis=0) for number in (index, before))
    share = np.clip((there - row) / np.maximum(there - here, 1e-3), 0, 1)
    result: Array = depths[before] + (depths[index] - depths[before]) * share
    return result
