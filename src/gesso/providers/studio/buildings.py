"""What is built: houses, castles, towers, lighthouses and windmills."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.noise import Array, waves
from gesso.providers.studio.solids import (
    Field,
    around,
    box,
    bump,
    cut,
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


def house(look: Look) -> Figure:
    """A cottage with a pitched roof, chimney, door and windows."""
    dice = look.dice
    high = dice.between(0.85, 1.05)
    walls = box((0, high / 2, 0), (0.8, high / 2, 0.62), 0.02)
    gable = turn(
        extrude(((-0.62, high - 0.02), (0.62, high - 0.02), (0, high + 0.62)), 0.79, 0.01), "y", 90
    )
    pitch = ((-0.82, high - 0.14), (0, high + 0.72), (0.82, high - 0.14), (0.82,
        high - 0.28), (0, high + 0.56), (-0.82, high - 0.28))  # fmt: skip
    roof = turn(extrude(pitch, 0.94, 0.02), "y", 90)
    chimney = box((0.42, high + 0.55, -0.2), (0.11, 0.34, 0.11), 0.02)
    panes = union(
        *(box((x, 0.56, 0.62), (0.15, 0.16, 0.03), 0.01) for x in (-0.48, 0.48)),
        *(box((0.8, 0.56, z), (0.03, 0.16, 0.14), 0.01) for z in (-0.25, 0.25)),
        *(box((-0.8, 0.56, z), (0.03, 0.16, 0.14), 0.01) for z in (-0.25, 0.25)),
    )
    frames = union(*(cut(box((x, 0.56, 0.62), (0.2, 0.21, 0.045), 0.01), box((x, 0.56,
        0.62), (0.15, 0.16, 0.2), 0)) for x in (-0.48, 0.48)), *(box((x, 0.56, 0.65),
        (0.015, 0.18, 0.015), 0.0) for x in (-0.48, 0.48)))  # fmt: skip
    door = union(
        box((0, 0.34, 0.63), (0.17, 0.33, 0.035), 0.02),
        meet(
            move(turn(cylinder((0, 0, 0), 0.17, 0.035), "x", 90), (0, 0.66, 0.63)),
            box((0, 0.8, 0.6), (0.3, 0.15, 0.3)),
        ),
    )
    base = cylinder((0, 0.0, 0.05), 1.25, 0.06, 0.03)
    parts = (
        look.part(union(walls, gable), 0, "#f1e4cc", "#e6c9a0", "#cfdce0", gloss=0.1),
        look.part(roof, 1, "#b0432e", "#4a5a6a", "#7a4a34", gloss=0.2),
        look.part(door, 2, "#2f6a6a", "#8a3a2a", "#3a5a8a", gloss=0.5),
        look.detail(panes, "#ffd98a" if look.brief.time == "night" else "#5a8aa8", 0.9),
        look.detail(union(frames, sphere((0.1, 0.36, 0.68), 0.025)), "#faf6ec", 0.3),
        look.detail(chimney, "#9a5a44", 0.1),
        look.detail(base, "#6f9a4a", 0.0),
    )
    return Figure(tuple(p.turned("y", -26) for p in parts), blend=0.004)


def _crenels(radius: float, y: float, count: int) -> Field:
    wall = cut(
        cylinder((0, y, 0), radius, 0.1, 0.01), cylinder((0, y + 0.02, 0), radius - 0.09, 0.2, 0.0)
    )
    return cut(
        wall, around(box((radius, y + 0.1, 0), (0.2, 0.1, radius * 1.5 / count), 0.0), count)
    )


def _turret(x: float, z: float, radius: float, high: float) -> tuple[Field, Field]:
    stone = move(
        union(
            cylinder((0, high / 2, 0), radius, high / 2, 0.01),
            cylinder((0, high, 0), radius + 0.05, 0.06, 0.01),
        ),
        (x, 0, z),
    )
    roof = lathe(
        ((0.0, high + radius * 2.9), (radius + 0.09, high + 0.05), (0.0, high + 0.05)), smooth=False
    )
    return stone, move(roof, (x, 0, z))


def castle(look: Look) -> Figure:
    """A castle: a keep, four corner towers with cone roofs, walls and a gate."""
    dice = look.dice
    tall = dice.between(1.0, 1.2)
    turrets = [
        _turret(x * 0.82, z * 0.7, 0.24, tall + 0.12 * n)
        for n, (x, z) in enumerate(((-1, 1), (1, 1), (1, -1), (-1, -1)))
    ]
    keep = _turret(0.0, -0.15, 0.36, 1.5 + dice.between(0, 0.15))
    walls = cut(box((0, 0.36, 0), (0.82, 0.36, 0.7), 0.01), box((0, 0.6, 0), (0.7, 0.4, 0.58), 0.0))
    merlons = cut(
        box((0, 0.78, 0), (0.86, 0.1, 0.74), 0.01),
        union(
            box((0, 0.8, 0), (0.72, 0.3, 0.6), 0.0),
            *(box((x, 0.86, 0), (0.06, 0.1, 2), 0.0) for x in (-0.48, -0.24, 0.0, 0.24, 0.48)),
            *(box((0, 0.86, z), (2, 0.1, 0.06), 0.0) for z in (-0.36, -0.12, 0.12, 0.36)),
        ),
    )
    arch = union(
        box((0, 0.2, 0.7), (0.17, 0.2, 0.08), 0.0),
        move(turn(cylinder((0, 0, 0), 0.17, 0.08, 0.0), "x", 90), (0, 0.4, 0.7)),
    )
    windows = union(
        box((0, 1.2, 0.2), (0.05, 0.11, 0.04), 0.02),
        *(box((x * 0.82, tall * 0.72, 0.93), (0.04, 0.09, 0.03), 0.02) for x in (-1, 1)),
    )
    flag = union(
        limb((0, 2.5, -0.15), (0, 2.85, -0.15), 0.015),
        move(extrude(((0, 0), (0.26, -0.06), (0, -0.14)), 0.02, 0.01), (0.0, 2.84, -0.15)),
    )
    return Figure((look.part(union(walls, merlons, keep[0], *(t[0] for t in turrets)),
        0, "#c9bca4", "#a8a6a0", "#d8c8b0", gloss=0.1), look.part(union(keep[1],
        *(t[1] for t in turrets)), 1, "#3f5f8a", "#a8433a", "#4a7a6a", gloss=0.3),
        look.detail(grow(arch, 0.006), "#4a2e1c", 0.1), look.detail(windows, "#2a2a34",
        0.4), look.part(flag, 2, "#d8342c", gloss=0.1), look.detail(cylinder((0, -0.02,
        0), 1.2, 0.06, 0.03), "#7a9a54", 0.0)), blend=0.003)  # fmt: skip


def tower(look: Look) -> Figure:
    """A round tower with battlements."""
    wide = look.dice.between(0.42, 0.55)
    shaft = lathe(
        (
            (0.0, 0.0),
            (wide + 0.14, 0.0),
            (wide + 0.02, 0.3),
            (wide, 1.75),
            (wide + 0.12, 1.95),
            (wide + 0.12, 2.05),
            (0.0, 2.05),
        ),
        smooth=False,
    )
    slits = union(
        *(
            turn(box((0, y, wide), (0.05, 0.13, 0.1), 0.02), "y", a)
            for y, a in ((0.8, -20), (1.3, 25), (1.45, -60), (0.9, 70))
        )
    )
    door = union(
        box((0, 0.24, wide + 0.04), (0.16, 0.24, 0.14), 0.02), sphere((0, 0.48, wide + 0.02), 0.16)
    )
    flag = union(
        limb((0, 2.0, 0), (0, 2.62, 0), 0.025),
        move(extrude(((0, 0), (0.4, -0.1), (0, -0.22)), 0.02, 0.01), (0.02, 2.6, 0)),
    )
    return Figure((look.part(union(shaft, _crenels(wide + 0.12, 2.14, 9)), 0,
        "#b8ad9c", "#9a9a98", "#c9b08a", gloss=0.1), look.detail(slits, "#26242a",
        0.2), look.detail(door, "#5a3820", 0.2), look.part(flag, 1, "#c8342c",
        "#3a6ab0", gloss=0.1)), blend=0.006)  # fmt: skip


def lighthouse(look: Look) -> Figure:
    """A banded lighthouse upon a rock."""
    dice = look.dice
    bands = 3 + int(dice.rng.integers(3))
    shaft = lathe(((0.0, 0.3), (0.4, 0.3), (0.24, 1.8), (0.0, 1.8)), smooth=False)
    coat = look.part(shaft, 0, "#c8302a", "#2f5a8a", "#c8302a", gloss=0.4)

    def stripes(points: Array) -> Array:
        pale = np.sin((points[1] - 0.3) / 1.5 * np.pi * (2 * bands - 1)) < 0
        white = np.array([[0.9], [0.88], [0.84]]) / np.maximum(np.array(coat.colour)[:, None], 0.02)
        paint: Array = np.where(pale, white, 1.0)
        return paint

    gallery = union(
        cylinder((0, 1.84, 0), 0.36, 0.04),
        torus((0, 2.02, 0), 0.33, 0.016),
        around(limb((0.33, 1.84, 0), (0.33, 2.02, 0), 0.014), 12),
    )
    lantern = cylinder((0, 2.03, 0), 0.17, 0.16)
    cap = lathe(
        ((0.0, 2.52), (0.03, 2.46), (0.06, 2.4), (0.25, 2.2), (0.25, 2.17), (0.0, 2.17)),
        smooth=False,
    )

    def crag(p: Array) -> Array:
        relief: Array = 0.09 * waves(p, 4.0, dice_shift) + 0.05 * waves(p, 11.0)
        return relief

    dice_shift = dice.between(0, 6)
    rock = bump(ellipsoid((0.05, 0.08, 0), (1.05, 0.4, 0.9)), crag)
    door = union(
        box((0, 0.56, 0.36), (0.09, 0.16, 0.08), 0.02),
        sphere((0, 0.72, 0.34), 0.09),
        box((0, 1.2, 0.3), (0.05, 0.08, 0.04), 0.02),
    )
    return Figure((Part(coat.shape, coat.colour, coat.finish, stripes),
        look.detail(gallery, "#2c2e34", 0.5), look.detail(lantern, "#ffe08a", 1.0),
        look.part(cap, 1 if len(look.brief.colours) > 1 else 0, "#a82a26", "#2c3e54",
        gloss=0.5), look.detail(door, "#3a2a22", 0.3), Part(rock, (0.16, 0.145, 0.13),
        look.detail(rock, "#6a645c", 0.1).finish)), blend=0.006)  # fmt: skip


def windmill(look: Look) -> Figure:
    """A windmill, its sails at some angle."""
    shaft = lathe(((0.0, 0.0), (0.56, 0.0), (0.36, 1.4), (0.0, 1.4)), smooth=False)
    cap = union(
        ellipsoid((0, 1.42, 0), (0.42, 0.34, 0.42)), limb((0, 1.5, 0.2), (0, 1.5, 0.56), 0.06)
    )
    vane = union(
        box((0.5, 0, 0), (0.5, 0.022, 0.022), 0.01), box((0.6, 0.1, 0), (0.38, 0.085, 0.014), 0.01)
    )
    sails = union(*(turn(vane, "z", a) for a in (0, 90, 180, 270)))
    sails = move(turn(sails, "z", look.dice.between(10, 80)), (0, 1.5, 0.56))
    windows = union(
        box((0, 0.95, 0.44), (0.08, 0.11, 0.06), 0.02),
        box((0, 0.22, 0.52), (0.14, 0.22, 0.06), 0.02),
    )
    return Figure(
        (
            look.part(shaft, 0, "#efe6d6", "#d8c4a4", gloss=0.1),
            look.part(cap, 1, "#8a4030", "#3f5a6a", gloss=0.3),
            look.part(sails, 2, "#f6f0e0", "#8a5a38", gloss=0.1),
            look.detail(windows, "#3a2c24", 0.3),
            look.detail(cylinder((0, -0.01, 0), 0.9, 0.05), "#7a9a4a", 0.0),
        ),
        blend=0.006,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "house": house,
    "castle": castle,
    "tower": tower,
    "lighthouse": lighthouse,
    "windmill": windmill,
}
