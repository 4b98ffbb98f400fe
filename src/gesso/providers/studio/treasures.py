"""Things on a shelf of honour: crowns, trophies, rings, bells and hats."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.emblems import star_outline
from gesso.providers.studio.figure import Figure, Look
from gesso.providers.studio.noise import Array
from gesso.providers.studio.solids import (
    around,
    box,
    cut,
    ellipsoid,
    extrude,
    lathe,
    limb,
    meet,
    mirror,
    move,
    sphere,
    torus,
    turn,
    union,
)


def crown(look: Look) -> Figure:
    """A crown with jewels."""
    points = 5 + int(look.dice.rng.integers(3))
    wall = cut(
        lathe(((0.0, 0.1), (0.72, 0.1), (0.9, 1.3), (0.0, 1.3)), smooth=False),
        lathe(((0.0, 0.0), (0.65, 0.05), (0.84, 1.35), (0.0, 1.35)), smooth=False),
    )

    def teeth(p: Array) -> Array:
        share = np.abs(((np.arctan2(p[2], p[0]) * points / (2 * np.pi)) % 1) - 0.5) * 2
        distance: Array = (p[1] - 0.55 - 0.68 * share) * 0.55
        return distance

    tips = around(sphere((0.88, 1.26, 0), 0.1), points)
    jewels = around(ellipsoid((0.76, 0.34, 0), (0.06, 0.11, 0.09)), points * 2)
    band = union(torus((0, 0.14, 0), 0.71, 0.07), torus((0, 0.52, 0), 0.77, 0.045))
    lining = lathe(((0.0, 0.85), (0.45, 0.75), (0.66, 0.4), (0.62, 0.15), (0.0, 0.15)))
    return Figure(
        (
            look.part(union(meet(wall, teeth), tips, band), 0, "#f0b83a", gloss=0.92),
            look.part(jewels, 1, "#c8203a", "#2a6ad0", gloss=1.0),
            look.part(lining, 2, "#8a1a3a", "#3a2a6a", gloss=0.0),
        ),
        blend=0.012,
    )


def trophy(look: Look) -> Figure:
    """A two-handled cup upon a plinth."""
    bowl_shape = lathe(((0.0, 0.95), (0.1, 0.9), (0.34, 1.1), (0.56, 1.6), (0.6, 2.05),
        (0.54, 2.05), (0.48, 1.6), (0.26, 1.22), (0.0, 1.15)))  # fmt: skip
    stem = lathe(
        (
            (0.0, 0.38),
            (0.32, 0.38),
            (0.28, 0.48),
            (0.09, 0.6),
            (0.14, 0.78),
            (0.08, 0.96),
            (0.0, 1.0),
        )
    )
    ears = mirror(
        cut(
            move(turn(torus((0, 0, 0), 0.28, 0.06), "x", 90), (0.66, 1.64, 0)),
            lathe(((0.0, 1.0), (0.3, 1.1), (0.52, 1.6), (0.56, 2.2), (0.0, 2.2))),
        )
    )
    star = move(extrude(star_outline(0.22, 0.1), 0.04, 0.02), (0, 1.62, 0.53))
    gold = "#f0b73a"
    return Figure(
        (
            look.part(union(bowl_shape, stem, ears, blend=0.04), 0, gold, "#f2c25a", gloss=0.9),
            look.part(star, 1, "#fbe6a0", gloss=0.8),
            look.detail(box((0, 0.19, 0), (0.44, 0.19, 0.44), 0.04), "#3a2820", 0.6),
        ),
        blend=0.01,
    )


def ring(look: Look) -> Figure:
    """A finger ring with a cut stone."""
    hoop = move(turn(torus((0, 0, 0), 0.72, 0.1), "x", 90), (0, 0.82, 0))
    claws = around(limb((0.16, 1.52, 0), (0.27, 1.86, 0), 0.04), 4)
    stone = lathe(((0.0, 1.5), (0.33, 1.85), (0.22, 2.0), (0.0, 2.0)), smooth=False)
    gold = look.part(union(hoop, claws), 0, "#f2c05a", "#d8dade", gloss=0.95)
    return Figure(
        tuple(
            p.turned("y", 35)
            for p in (gold, look.part(stone, 1, "#c23a5a", "#3a8ad0", "#e9f6fa", gloss=1.0))
        ),
        blend=0.02,
    )


def bell(look: Look) -> Figure:
    """A bell with its clapper."""
    wide = look.dice.between(0.72, 0.86)
    shell = lathe(
        (
            (0.0, 1.6),
            (0.25, 1.56),
            (0.46, 1.2),
            (0.52, 0.7),
            (wide, 0.28),
            (wide + 0.04, 0.2),
            (wide - 0.08, 0.22),
            (0.42, 0.7),
            (0.0, 1.4),
        )
    )
    ring = move(turn(torus((0, 0, 0), 0.17, 0.055), "x", 90), (0, 1.78, 0))
    return Figure(
        (
            look.part(union(shell, ring, blend=0.04), 0, "#d9a03a", "#c88a3a", gloss=0.9),
            look.detail(
                union(sphere((0, 0.2, 0), 0.17), limb((0, 0.2, 0), (0, 1.4, 0), 0.04)),
                "#5a4020",
                0.7,
            ),
        ),
        blend=0.01,
    )


def hat(look: Look) -> Figure:
    """A top hat with its ribbon."""
    tall = look.dice.between(1.1, 1.35)
    body = lathe(
        (
            (0.0, tall),
            (0.58, tall),
            (0.62, tall - 0.06),
            (0.52, 0.5),
            (0.54, 0.14),
            (1.0, 0.1),
            (1.08, 0.16),
            (1.1, 0.1),
            (1.0, 0.03),
            (0.0, 0.03),
        )
    )
    band = lathe(((0.0, 0.2), (0.56, 0.2), (0.545, 0.5), (0.0, 0.5)), smooth=False)
    return Figure(
        (
            look.part(body, 0, "#24242a", "#3a2a4a", gloss=0.3),
            look.part(band, 1, "#b8283a", "#c9a04a", gloss=0.3),
        ),
        blend=0.01,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "crown": crown,
    "trophy": trophy,
    "ring": ring,
    "bell": bell,
    "hat": hat,
}
