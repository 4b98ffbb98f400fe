"""What swims: fish, whales, turtles and octopuses."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.noise import Array
from gesso.providers.studio.solids import (
    Field,
    box,
    bump,
    ellipsoid,
    extrude,
    limb,
    meet,
    mirror,
    move,
    sphere,
    turn,
    union,
)


def fish(look: Look) -> Figure:
    """A fish in the side view, held by nothing."""
    high = look.dice.between(0.92, 1.15)
    body = ellipsoid((0.1, 1.0, 0), (0.95, 0.58 * high, 0.34))
    tail = extrude(
        ((-0.62, 1.0), (-1.0, 1.48), (-1.5, 1.72), (-1.3, 1.0), (-1.5, 0.3), (-1.0, 0.52)),
        0.06,
        smooth=True,
    )
    fin = extrude(
        ((0.5, 1.4), (0.1, 2.0), (-0.4, 2.06), (-0.35, 1.4), (0.1, 1.25)), 0.05, smooth=True
    )
    low = extrude(((0.3, 0.6), (0.0, 0.1), (-0.4, 0.12), (-0.2, 0.62)), 0.05, smooth=True)
    side = move(turn(ellipsoid((-0.2, 0, 0), (0.26, 0.13, 0.05)), "y", 28), (0.22, 0.84, 0.3))
    both = union(side, meet(side, side))

    def stripes(points: Array) -> Array:
        wave = np.sin((points[0] - 0.3) * 5.2 + 0.5)
        rows = np.sin(points[1] * 34) * np.sin(
            points[0] * 30 + np.floor(points[1] * 34 / np.pi) * np.pi / 2
        )
        bands: Array = np.ones_like(points) * (1 - 0.1 * (rows > 0.3))
        bands[:, wave > 0.62] = np.array([[1.4], [1.6], [1.9]])
        return bands

    coat = look.part(body, 0, "#ef7a22", "#2f86c8", "#e8a02a", gloss=0.8)
    return Figure(
        (
            Part(coat.shape, coat.colour, coat.finish, stripes),
            look.part(union(tail, fin, low, both), 1, "#f2a63a", "#e06a3c", gloss=0.6),
            look.detail(sphere((0.66, 1.13, 0.22), 0.13), "#fbf7ea", 0.9),
            look.detail(sphere((0.69, 1.13, 0.28), 0.085), "#0e0c10", 1.0),
        ),
        blend=0.05,
    )


def octopus(look: Look) -> Figure:
    """An octopus on its eight arms."""
    head = union(
        ellipsoid((0, 1.35, -0.02), (0.62, 0.7, 0.6)),
        ellipsoid((0, 0.75, 0), (0.48, 0.4, 0.48)),
        blend=0.2,
    )
    curl = look.dice.between(0.1, 0.35)
    arm: Field = union(
        limb((0.3, 0.55, 0), (0.75, 0.16, 0), 0.18, 0.14),
        limb((0.75, 0.16, 0), (1.12, 0.12, curl), 0.14, 0.09),
        limb((1.12, 0.12, curl), (1.25, 0.34, curl + 0.1), 0.09, 0.05),
        blend=0.1,
    )
    arms = union(*(turn(arm, "y", a + 22.5) for a in range(0, 360, 45)), blend=0.06)
    cups = union(
        *(
            turn(sphere((0.78 + 0.16 * n, 0.28 - 0.03 * n, curl * n / 2.4), 0.05), "y", a + 22.5)
            for a in range(0, 360, 45)
            for n in range(2)
        )
    )
    eyes = mirror(sphere((0.24, 1.25, 0.5), 0.16))
    return Figure(
        (
            look.part(
                union(head, arms, blend=0.12),
                0,
                "#d8505a",
                "#8a5ac0",
                "#e88a4a",
                "#3a8aa0",
                gloss=0.6,
            ),
            look.part(cups, 1, "#f4c8b8", gloss=0.4),
            look.detail(eyes, "#faf6ee", 0.9),
            look.detail(mirror(sphere((0.25, 1.26, 0.6), 0.085)), "#121018", 1.0),
        ),
        blend=0.015,
    )


def turtle(look: Look) -> Figure:
    """A turtle under its shell."""
    shell = meet(ellipsoid((0, 0.42, 0), (0.95, 0.72, 0.85)), box((0, 1.3, 0), (2, 0.92, 2), 0.0))

    def plates(points: Array) -> Array:
        a = np.abs(np.sin(points[0] * 4.4)) * np.abs(
            np.sin(points[2] * 4.4 + np.floor(points[0] * 4.4 / np.pi) * 1.57)
        )
        tone: Array = np.ones_like(points) * (0.5 + 0.65 * np.clip(a * 4, 0, 1))
        return tone

    skin = union(
        sphere((0.0, 0.72, 1.12), 0.3),
        limb((0, 0.5, 0.7), (0, 0.66, 1.05), 0.2),
        mirror(ellipsoid((0.68, 0.2, 0.5), (0.26, 0.18, 0.24))),
        mirror(ellipsoid((0.68, 0.2, -0.5), (0.26, 0.18, 0.24))),
        limb((0, 0.3, -0.8), (0, 0.24, -1.1), 0.1, 0.03),
        blend=0.08,
    )
    cover = look.part(shell, 0, "#5a7a34", "#7a5a34", gloss=0.5)
    parts = (
        Part(cover.shape, cover.colour, cover.finish, plates),
        look.part(
            union(skin, ellipsoid((0, 0.36, 0), (0.98, 0.14, 0.88))),
            1,
            "#a8c060",
            "#c8b070",
            gloss=0.3,
        ),
        look.detail(mirror(sphere((0.16, 0.82, 1.32), 0.06)), "#101010", 1.0),
    )
    return Figure(
        tuple(p.turned("y", 38) for p in parts),
        blend=0.01,
    )


def whale(look: Look) -> Figure:
    """A whale, smiling, with its spout."""
    body = union(
        ellipsoid((0.15, 0.8, 0), (1.0, 0.72, 0.72)),
        limb((-0.5, 0.75, 0), (-1.15, 1.2, 0), 0.4, 0.14),
        blend=0.3,
    )
    fluke = union(move(turn(turn(ellipsoid((0, 0, 0.24), (0.2, 0.06, 0.34)), "y", -28),
        "z", -40), (-1.2, 1.3, 0)), move(turn(turn(ellipsoid((0, 0, -0.24), (0.2, 0.06,
        0.34)), "y", 28), "z", -40), (-1.2, 1.3, 0)), blend=0.06)  # fmt: skip
    fins = union(
        *(turn(ellipsoid((0.3, 0.42, 0.72 * s), (0.32, 0.08, 0.26)), "x", 24 * s) for s in (-1, 1))
    )
    belly = meet(
        ellipsoid((0.17, 0.77, 0), (1.0, 0.72, 0.73)),
        bump(
            box((0.3, 0.1, 0), (1.4, 0.52, 1), 0.1), lambda p: np.asarray(0.012 * np.sin(p[2] * 40))
        ),
    )
    spout = union(
        limb((0.3, 1.45, 0), (0.3, 1.85, 0), 0.06),
        *(
            limb((0.3, 1.85, 0), (0.3 + x, 1.98, z), 0.06, 0.09)
            for x, z in ((0.2, 0), (-0.2, 0), (0, 0.2), (0, -0.2))
        ),
        blend=0.05,
    )
    eyes = union(*(sphere((0.72, 0.86, 0.58 * s), 0.075) for s in (-1, 1)))
    parts = (
        look.part(union(body, fluke, fins, blend=0.1), 0, "#3a6a9a", "#4a86b0", gloss=0.5),
        look.part(belly, 1, "#e6eef2", gloss=0.4),
        look.detail(spout, "#a8e0f4", 0.9),
        look.detail(eyes, "#0e0e14", 1.0),
    )
    return Figure(tuple(p.turned("y", -28) for p in parts), blend=0.015)


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "fish": fish,
    "octopus": octopus,
    "turtle": turtle,
    "whale": whale,
}
