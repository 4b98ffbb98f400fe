"""Animals that need a body of their own, on foot and on the wing."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.noise import Array, smoothstep
from gesso.providers.studio.solids import (
    cut,
    ellipsoid,
    limb,
    mirror,
    move,
    smooth_outline,
    sphere,
    turn,
    union,
)


def _feathers(points: Array) -> Array:
    """Rows of scallops: darker rims, as a potter paints them."""
    row = points[1] * 7.5
    lane = np.floor(row)
    across = np.arctan2(points[0], points[2] + 0.2) * 4.6 + 0.5 * (lane % 2)
    place = across - np.floor(across) - 0.5
    rim = (row - lane) - 0.95 + 2.4 * place * place
    dark = smoothstep(-0.28, 0.0, -np.abs(rim - 0.02) + 0.12)
    shade: Array = np.ones_like(points) * (1 - 0.42 * dark)
    return shade


def owl(look: Look) -> Figure:
    """An owl on its feet, with tufts, a facial disc and wings folded."""
    dice = look.dice
    plump = dice.between(0.92, 1.1)
    big = dice.between(0.155, 0.19)
    body = union(ellipsoid((0, 0.8, 0), (0.6 * plump, 0.78, 0.54 * plump)),
                 ellipsoid((0, 1.45, 0.03), (0.56, 0.47, 0.49)), blend=0.25)  # fmt: skip
    lift = dice.between(0.0, 0.12)
    tufts = mirror(limb((0.3, 1.72, 0.08), (0.47, 2.02 + lift, 0.04), 0.16, 0.03))
    wing = turn(ellipsoid((0, 0, 0), (0.14, 0.58, 0.36)), "z", 7)
    wings = mirror(move(turn(wing, "x", 12), (0.55 * plump, 0.82, -0.04)))
    discs = mirror(ellipsoid((0.215, 1.5, 0.4), (0.25, 0.25, 0.13)))
    whites = mirror(ellipsoid((0.2, 1.5, 0.49), (big, big, 0.09)))
    pupils = mirror(ellipsoid((0.19, 1.5, 0.555), (big * 0.58, big * 0.58, 0.05)))
    beak = limb((0, 1.38, 0.52), (0, 1.24, 0.6), 0.075, 0.02)
    belly = ellipsoid((0, 0.76, 0.2 * plump), (0.4, 0.55, 0.38))
    toes = mirror(
        union(
            *(
                limb((0.22 + x, 0.06, 0.34), (0.22 + 1.6 * x, 0.05, 0.56), 0.065)
                for x in (-0.09, 0.0, 0.09)
            )
        )
    )
    chest = look.part(belly, 1, "#f0e2c8", "#e8d8c0", gloss=0.3)
    return Figure(
        (
            look.part(
                union(body, tufts, blend=0.12), 0, "#9a6a40", "#7a5a44", "#b08a60", gloss=0.3
            ),
            look.part(wings, 2, "#6e4a30", "#5c4638", gloss=0.3),
            Part(chest.shape, chest.colour, chest.finish, _feathers),
            look.part(discs, 1, "#f3e8d4", gloss=0.3),
            look.detail(whites, "#f2b92a" if dice.chance(0.6) else "#f6f2e6", 0.9),
            look.detail(pupils, "#0d0b0c", 1.0),
            look.detail(mirror(sphere((0.16, 1.555, 0.6), 0.026)), "#ffffff", 0.3),
            look.detail(union(beak, toes), "#e0952c", 0.6),
        ),
        blend=0.025,
    )


def penguin(look: Look) -> Figure:
    """A penguin, standing."""
    plump = look.dice.between(0.92, 1.1)
    coat = union(
        ellipsoid((0, 0.85, 0), (0.56 * plump, 0.85, 0.5)), sphere((0, 1.6, 0.03), 0.43), blend=0.2
    )
    flipper = move(
        turn(ellipsoid((0, -0.4, 0), (0.09, 0.5, 0.22)), "z", 16), (0.52 * plump, 1.3, 0)
    )
    front = union(
        ellipsoid((0, 0.76, 0.17), (0.43 * plump, 0.68, 0.39)),
        mirror(ellipsoid((0.15, 1.6, 0.25), (0.19, 0.24, 0.21))),
        blend=0.1,
    )
    feet = mirror(ellipsoid((0.24, 0.06, 0.34), (0.19, 0.08, 0.26)))
    return Figure(
        (
            look.part(union(coat, mirror(flipper), blend=0.06), 0, "#23262e", "#2b3348", gloss=0.4),
            look.part(front, 1, "#f4f2ec", gloss=0.3),
            look.detail(
                union(feet, limb((0, 1.52, 0.4), (0, 1.47, 0.66), 0.09, 0.02)), "#f09a28", 0.5
            ),
            look.detail(mirror(sphere((0.15, 1.66, 0.43), 0.06)), "#0d0c0e", 1.0),
        ),
        blend=0.02,
    )


def duck(look: Look) -> Figure:
    """A duck as it swims in a bath."""
    tilt = look.dice.between(-0.03, 0.06)
    body = union(
        ellipsoid((0, 0.5, -0.1), (0.62, 0.5, 0.85)),
        limb((0, 0.6, -0.7), (0, 1.0, -1.05), 0.25, 0.04),
        blend=0.25,
    )
    head = sphere((0, 1.35 + tilt, 0.38), 0.46)
    wing = mirror(turn(ellipsoid((0.58, 0.58, -0.18), (0.14, 0.3, 0.5)), "x", 8))
    bill = union(
        ellipsoid((0, 1.27, 0.9), (0.22, 0.07, 0.25)), ellipsoid((0, 1.22, 0.84), (0.17, 0.06, 0.2))
    )
    return Figure(
        (
            look.part(union(body, head, blend=0.2), 0, "#f7c72a", "#f5d040", gloss=0.6),
            look.part(wing, 0, "#f2b41e", gloss=0.6),
            look.detail(bill, "#ee7a1e", 0.6),
            look.detail(mirror(sphere((0.25, 1.48, 0.74), 0.075)), "#121014", 1.0),
            look.detail(mirror(sphere((0.255, 1.51, 0.8), 0.02)), "#ffffff", 0.3),
        ),
        blend=0.03,
    )


def frog(look: Look) -> Figure:
    """A frog, crouching."""
    body = union(
        ellipsoid((0, 0.62, 0), (0.72, 0.58, 0.72)),
        ellipsoid((0, 1.0, 0.24), (0.66, 0.42, 0.56)),
        mirror(sphere((0.36, 1.38, 0.3), 0.23)),
        blend=0.14,
    )
    legs = mirror(
        union(
            ellipsoid((0.68, 0.36, -0.1), (0.26, 0.36, 0.46)),
            ellipsoid((0.8, 0.08, 0.34), (0.2, 0.08, 0.3)),
            limb((0.4, 0.6, 0.5), (0.38, 0.08, 0.74), 0.14, 0.12),
            blend=0.06,
        )
    )
    mouth = cut(
        ellipsoid((0, 1.0, 0.245), (0.665, 0.425, 0.565)),
        move(turn(sphere((0, 0, 0), 2.0), "x", 0), (0, 2.92, 0.2)),
    )
    return Figure(
        (
            look.part(union(body, legs, blend=0.05), 0, "#5faa3c", "#7fb84a", gloss=0.6),
            look.part(
                union(mouth, ellipsoid((0, 0.5, 0.3), (0.52, 0.46, 0.48))), 1, "#dfe6a8", gloss=0.5
            ),
            look.detail(mirror(sphere((0.38, 1.42, 0.37), 0.175)), "#f4e9b0", 0.9),
            look.detail(mirror(ellipsoid((0.385, 1.42, 0.5), (0.1, 0.07, 0.06))), "#101010", 1.0),
        ),
        blend=0.02,
    )


def elephant(look: Look) -> Figure:
    """An elephant calf, facing us."""
    curve = smooth_outline(((0.0, 1.3), (0.0, 0.95), (0.1, 0.6), (0.3, 0.5)), closed=False, steps=4)
    trunk = union(
        *(
            limb((0, a[1], 0.62 + a[0]), (0, b[1], 0.62 + b[0]), 0.19 - 0.007 * n)
            for n, (a, b) in enumerate(pairwise(curve))
        ),
        blend=0.03,
    )
    body = union(
        ellipsoid((0, 0.9, -0.35), (0.66, 0.62, 0.8)),
        ellipsoid((0, 1.36, 0.32), (0.5, 0.52, 0.46)),
        mirror(limb((0.36, 0.7, 0.12), (0.38, 0.16, 0.14), 0.22)),
        mirror(limb((0.36, 0.7, -0.75), (0.38, 0.16, -0.78), 0.22)),
        blend=0.14,
    )
    ear = turn(ellipsoid((0.42, 0, 0), (0.46, 0.52, 0.08)), "y", look.dice.between(8, 28))
    inner = turn(ellipsoid((0.44, 0, 0.05), (0.34, 0.4, 0.06)), "y", 18)
    tusk = mirror(limb((0.2, 1.02, 0.62), (0.24, 0.86, 0.9), 0.07, 0.03))
    return Figure(
        (
            look.part(
                union(body, trunk, mirror(move(ear, (0.38, 1.42, 0.2))), blend=0.07),
                0,
                "#8d96a4",
                "#a09aa0",
                gloss=0.25,
            ),
            look.part(mirror(move(inner, (0.38, 1.42, 0.22))), 1, "#d9a8a4", gloss=0.2),
            look.detail(tusk, "#f6efdc", 0.6),
            look.detail(mirror(sphere((0.26, 1.5, 0.72), 0.06)), "#141114", 1.0),
        ),
        blend=0.02,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "owl": owl,
    "penguin": penguin,
    "duck": duck,
    "frog": frog,
    "elephant": elephant,
}
