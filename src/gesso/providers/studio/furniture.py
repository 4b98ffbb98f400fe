"""Things of the house: lamps, candles, lanterns, chairs, tables and books."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.noise import Array
from gesso.providers.studio.solids import (
    box,
    cut,
    cylinder,
    ellipsoid,
    lathe,
    limb,
    mirror,
    move,
    torus,
    turn,
    union,
)


def lamp(look: Look) -> Figure:
    """A table lamp with a glowing shade."""
    dice = look.dice
    wide, knob = dice.between(0.62, 0.78), dice.between(0.22, 0.34)
    foot = lathe(
        (
            (0.0, 0.0),
            (0.42, 0.0),
            (0.4, 0.08),
            (0.14, 0.16),
            (knob, 0.48),
            (0.1, 0.86),
            (0.06, 1.2),
            (0.0, 1.25),
        )
    )
    cone = lathe(((0.0, 1.12), (wide, 1.12), (wide * 0.62, 1.98), (0.0, 1.98)), smooth=False)
    hollow = lathe(
        ((0.0, 1.0), (wide - 0.02, 1.06), (wide * 0.58, 1.92), (0.0, 1.92)), smooth=False
    )
    rims = union(torus((0, 1.12, 0), wide, 0.02), torus((0, 1.98, 0), wide * 0.62, 0.02))

    def glow(points: Array) -> Array:
        lift = np.exp(-((points[1] - 1.5) ** 2) * 4)
        warm: Array = 0.85 + 0.5 * lift * np.array([[1.0], [0.8], [0.45]])
        return warm

    shade = look.part(cut(cone, hollow), 1, "#f6dfae", "#f2d8b8", gloss=0.05)
    return Figure(
        (
            look.part(foot, 0, "#2f6f78", "#b0572f", "#caa04a", "#33415a", gloss=0.8),
            Part(shade.shape, shade.colour, shade.finish, glow),
            look.detail(rims, "#b08a48", 0.7),
        ),
        blend=0.01,
    )


def candle(look: Look) -> Figure:
    """A burning candle in a dish."""
    tall = look.dice.between(1.2, 1.6)
    drips = union(
        *(
            limb(
                (0.27 * np.cos(a), tall, 0.27 * np.sin(a)),
                (0.3 * np.cos(a), tall - d, 0.3 * np.sin(a)),
                0.05,
            )
            for a, d in ((0.4, 0.5), (1.6, 0.3), (2.7, 0.62), (4.6, 0.4))
        )
    )
    wax = union(
        cut(
            cylinder((0, tall / 2 + 0.05, 0), 0.29, tall / 2, 0.04),
            ellipsoid((0, tall + 0.1, 0), (0.22, 0.1, 0.22)),
        ),
        drips,
        blend=0.06,
    )
    dish = lathe(((0.0, 0.0), (0.5, 0.0), (0.72, 0.16), (0.7, 0.19), (0.48, 0.07), (0.0, 0.06)))
    flame = lathe(
        (
            (0.0, tall + 0.62),
            (0.05, tall + 0.48),
            (0.12, tall + 0.28),
            (0.08, tall + 0.14),
            (0.0, tall + 0.1),
        )
    )
    return Figure(
        (
            look.part(wax, 0, "#f4ead2", "#d8463a", "#5a7a9a", gloss=0.4),
            look.part(dish, 1, "#b98a3a", "#4a5058", gloss=0.8),
            look.detail(limb((0, tall, 0), (0, tall + 0.16, 0), 0.025), "#1c1614", 0.1),
            look.detail(flame, "#ffb52a", 0.0),
        ),
        blend=0.012,
    )


def lantern(look: Look) -> Figure:
    """A paper lantern, ribbed and tasselled."""
    plump = look.dice.between(0.68, 0.85)
    paper = ellipsoid((0, 1.15, 0), (plump, 0.66, plump))

    def ribs(points: Array) -> Array:
        band: Array = np.ones_like(points) * (0.86 + 0.2 * np.abs(np.cos(points[1] * 15)))
        return band

    skin = look.part(paper, 0, "#d8281e", "#e0641e", gloss=0.3)
    caps = union(cylinder((0, 1.8, 0), 0.28, 0.07), cylinder((0, 0.5, 0), 0.28, 0.07))
    tassel = union(
        limb((0, 0.45, 0), (0, 0.3, 0), 0.03), limb((0, 0.28, 0), (0, 0.04, 0), 0.07, 0.11)
    )
    loop = move(turn(torus((0, 0, 0), 0.13, 0.03), "x", 90), (0, 1.98, 0))
    return Figure(
        (
            Part(skin.shape, skin.colour, skin.finish, ribs),
            look.part(union(caps, tassel, loop), 1, "#d9a83a", gloss=0.8),
        ),
        blend=0.015,
    )


def chair(look: Look) -> Figure:
    """A wooden chair, seen from the front."""
    dice = look.dice
    back = dice.between(1.75, 2.05)
    legs = union(
        *(
            limb((x * 0.42, 0.82, z * 0.4), (x * 0.5, 0.04, z * 0.48), 0.06, 0.045)
            for x in (-1, 1)
            for z in (-1, 1)
        )
    )
    posts = mirror(limb((0.42, 0.85, -0.42), (0.46, back, -0.56), 0.055))
    rails = union(
        *(
            limb((-0.44, y, -0.42 - (y - 0.85) * 0.14), (0.44, y, -0.42 - (y - 0.85) * 0.14), 0.05)
            for y in (back - 0.06, back - 0.34, back - 0.62)
        )
    )
    seat = box((0, 0.86, 0), (0.54, 0.06, 0.52), 0.05)
    pad = box((0, 0.95, 0.01), (0.48, 0.07, 0.46), 0.07)
    wood = look.part(
        union(legs, posts, rails, seat), 0, "#a8713f", "#7a4c2c", "#d0a06a", gloss=0.35
    )
    parts = (wood, look.part(pad, 1, "#c8563c", "#3a7a80", "#e0b44a", gloss=0.05))
    return Figure(tuple(p.turned("y", -24) for p in parts), blend=0.02)


def table(look: Look) -> Figure:
    """A table, round or square."""
    dice = look.dice
    top = (
        cylinder((0, 1.12, 0), 1.15, 0.06, 0.04)
        if dice.chance(0.5)
        else box((0, 1.12, 0), (1.2, 0.06, 0.8), 0.04)
    )
    legs = union(
        *(
            limb((x * 0.7, 1.1, z * 0.55), (x * 0.82, 0.04, z * 0.66), 0.09, 0.05)
            for x in (-1, 1)
            for z in (-1, 1)
        )
    )
    return Figure(
        (
            look.part(top, 0, "#b27a45", "#8a5a34", "#d8b080", gloss=0.5),
            look.part(legs, 1, "#7a4c2c", "#3a3a3e", gloss=0.4),
        ),
        blend=0.03,
    )


def book(look: Look) -> Figure:
    """A stack of two books."""
    parts: list[Part] = []
    for level, (angle, size) in enumerate(
        ((look.dice.between(-12, 12), 1.0), (look.dice.between(10, 40), 0.86))
    ):
        base = 0.24 + level * 0.46
        pages = box((0.02, base, 0), (0.86 * size, 0.165, 0.62 * size), 0.01)
        boards = union(
            *(box((0, base + y, 0), (0.92 * size, 0.03, 0.68 * size), 0.02) for y in (-0.19, 0.19)),
            box((-0.9 * size, base, 0), (0.04, 0.21, 0.68 * size), 0.03),
        )
        cover = look.part(
            turn(boards, "y", angle),
            level,
            ("#9a2f2a", "#2a5a78")[level],
            ("#3a6a4a", "#c99a3a")[level],
            gloss=0.4,
        )
        parts += [cover, look.detail(turn(pages, "y", angle), "#f1e6cc", 0.05)]
    return Figure(tuple(parts), blend=0.004)


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "lamp": lamp,
    "candle": candle,
    "lantern": lantern,
    "chair": chair,
    "table": table,
    "book": book,
}
