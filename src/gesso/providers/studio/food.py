"""What is baked and fried: cakes, doughnuts, ices and burgers."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.noise import Array, waves
from gesso.providers.studio.solids import (
    around,
    bump,
    cylinder,
    ellipsoid,
    extrude,
    grow,
    lathe,
    limb,
    meet,
    move,
    sphere,
    torus,
    turn,
    union,
)


def donut(look: Look) -> Figure:
    """A glazed ring doughnut with sprinkles, tipped towards us."""
    dice = look.dice
    dough = turn(torus((0, 0, 0), 0.72, 0.4), "x", 0)

    def drip(p: Array) -> Array:
        angle = np.arctan2(p[2], p[0])
        edge: Array = 0.06 - p[1] + 0.07 * np.sin(angle * 5 + 1) + 0.05 * np.sin(angle * 9)
        return edge

    glaze = meet(grow(dough, 0.035), drip)
    grains = []
    codes = ("#f4e04a", "#5ac8e8", "#ffffff", "#8ad85a", "#f06a4a")
    for number in range(5):
        bits = []
        for _ in range(7):
            a, b, s = dice.between(0, 6.28), dice.between(0.5, 2.5), dice.between(0, 6.28)
            r = 0.72 + 0.435 * np.cos(b)
            x, y, z = float(r * np.cos(a)), float(0.435 * np.sin(b)), float(r * np.sin(a))
            dx, dz = 0.055 * float(np.cos(s)), 0.055 * float(np.sin(s))
            bits.append(limb((x - dx, y, z - dz), (x + dx, y, z + dz), 0.026))
        grains.append(look.detail(union(*bits), codes[number], 0.5))
    parts = (
        look.part(dough, 2, "#c98a4a", "#d09a5a", gloss=0.2),
        look.part(glaze, 0, "#f08fb0", "#6a3a22", "#f6e8d0", "#9ad0c8", gloss=0.85),
        *grains,
    )
    return Figure(
        tuple(Part(move(turn(p.shape, "x", 38), (0, 0.95, 0)), p.colour, p.finish) for p in parts),
        blend=0.004,
    )


def cake(look: Look) -> Figure:
    """A birthday cake of two tiers, iced, with candles."""
    low = cylinder((0, 0.42, 0), 1.0, 0.36, 0.06)
    high = cylinder((0, 1.06, 0), 0.66, 0.3, 0.06)
    cream = union(
        around(sphere((0.92, 0.82, 0), 0.11), 18),
        around(sphere((0.6, 1.38, 0), 0.085), 14),
        around(sphere((1.0, 0.12, 0), 0.1), 20),
    )
    candles = around(limb((0.3, 1.36, 0), (0.3, 1.78, 0), 0.045), 5)
    flames = around(ellipsoid((0.3, 1.9, 0), (0.05, 0.1, 0.05)), 5)
    plate = cylinder((0, 0.03, 0), 1.22, 0.035, 0.03)
    return Figure(
        (
            look.part(low, 0, "#f2a6b4", "#8a5236", "#a8d8cc", gloss=0.35),
            look.part(high, 1, "#f8ead4", "#f6c8cc", gloss=0.35),
            look.detail(cream, "#fff6e6", 0.3),
            look.part(candles, 2, "#4aa0d0", "#e8b83a", gloss=0.3),
            look.detail(flames, "#ffb030", 0.0),
            look.detail(plate, "#e6e6e6", 0.8),
        ),
        blend=0.01,
    )


def icecream(look: Look) -> Figure:
    """A cone with two scoops and a cherry."""
    cone = lathe(((0.0, 0.0), (0.06, 0.0), (0.5, 1.12), (0.52, 1.2), (0.0, 1.2)), smooth=False)

    def waffle(points: Array) -> Array:
        angle = np.arctan2(points[2], points[0]) * 3.2
        grid = np.minimum(
            np.abs(np.sin(angle + points[1] * 7)), np.abs(np.sin(angle - points[1] * 7))
        )
        tone: Array = np.ones_like(points) * (0.68 + 0.4 * np.clip(grid * 2.4, 0, 1))
        return tone

    rough = 0.022

    def lump(p: Array) -> Array:
        relief: Array = rough * waves(p, 7.0)
        return relief

    first = bump(
        union(sphere((0, 1.42, 0), 0.56), torus((0, 1.22, 0), 0.44, 0.13), blend=0.08), lump
    )
    second = bump(sphere((0, 2.05, 0), 0.44), lump)
    wafer = look.detail(cone, "#d8984a", 0.15)
    return Figure(
        (
            Part(wafer.shape, wafer.colour, wafer.finish, waffle),
            look.part(first, 0, "#f3a8b8", "#f7e6c0", "#7a4a30", gloss=0.4),
            look.part(second, 1, "#f7ecd0", "#a8d8b8", "#8a5a3c", gloss=0.4),
            look.detail(sphere((0.05, 2.52, 0.05), 0.15), "#c01828", 0.9),
        ),
        blend=0.03,
    )


def burger(look: Look) -> Figure:
    """A burger with everything."""

    def frill(p: Array) -> Array:
        relief: Array = 0.05 * np.sin(np.arctan2(p[2], p[0]) * 13)
        return relief

    top = meet(ellipsoid((0, 1.0, 0), (0.95, 0.66, 0.95)), cylinder((0, 1.5, 0), 2, 0.52, 0.0))
    seeds = [
        (np.cos(n * 2.4) * 0.16 * np.sqrt(n), np.sin(n * 2.4) * 0.16 * np.sqrt(n))
        for n in range(1, 17)
    ]
    grains = union(*(ellipsoid((float(x), 1.0 + 0.66 * float(np.sqrt(max(0.0,
        1 - (x * x + z * z) / 0.9025))), float(z)), (0.05, 0.025, 0.035)) for x,
        z in seeds))  # fmt: skip
    cheese = turn(
        move(
            extrude(((-0.95, -0.95), (0.95, -0.95), (0.95, 0.95), (-0.95, 0.95)), 0.03, 0.02),
            (0, 0, 0),
        ),
        "x",
        90,
    )
    return Figure(
        (
            look.part(
                union(top, cylinder((0, 0.2, 0), 0.94, 0.2, 0.12)),
                0,
                "#d08a3c",
                "#c67a34",
                gloss=0.5,
            ),
            look.detail(grains, "#f6e8c4", 0.2),
            look.detail(bump(cylinder((0, 0.9, 0), 0.98, 0.045, 0.03), frill), "#6aa838", 0.4),
            look.detail(cylinder((0, 0.8, 0), 0.9, 0.06, 0.04), "#c8342a", 0.7),
            look.detail(move(turn(cheese, "y", 20), (0, 0.7, 0)), "#f2b42a", 0.5),
            look.detail(cylinder((0, 0.53, 0), 0.99, 0.14, 0.09), "#5a3420", 0.3),
        ),
        blend=0.01,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "donut": donut,
    "cake": cake,
    "icecream": icecream,
    "burger": burger,
}
