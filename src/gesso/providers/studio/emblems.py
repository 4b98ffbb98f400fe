"""Emblems: stars, hearts, gems, swords, shields, guitars, keys."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look
from gesso.providers.studio.noise import Array
from gesso.providers.studio.solids import (
    box,
    bump,
    cut,
    cylinder,
    extrude,
    limb,
    meet,
    mirror,
    move,
    sphere,
    stretch,
    torus,
    turn,
    union,
)


def star_outline(outer: float, inner: float, points: int = 5) -> list[tuple[float, float]]:
    """The corners of a star about the origin, one of them on top."""
    angles = np.pi / 2 + np.arange(2 * points) * np.pi / points
    return [
        (
            (outer if n % 2 == 0 else inner) * float(np.cos(a)),
            (outer if n % 2 == 0 else inner) * float(np.sin(a)),
        )
        for n, a in enumerate(angles)
    ]


def star(look: Look) -> Figure:
    """A puffed five-pointed star."""
    puff = look.dice.between(0.26, 0.36)
    flat = extrude(star_outline(1.05, 0.5), puff, 0.16)
    return Figure((look.part(move(flat, (0, 1.0, 0)), 0, "#f4c22e", "#f6d04a", gloss=0.75),))


def heart(look: Look) -> Figure:
    """A heart, plump."""
    plump = look.dice.between(0.62, 0.8)

    def body(p: Array) -> Array:
        x = np.abs(p[0])
        y = (p[1] - 0.95) * 1.05
        z = p[2] / plump
        lifted = y - 0.62 * x * np.sqrt(np.maximum(1.25 - x, 0.05)) + 0.12
        distance: Array = (np.sqrt(x * x * 0.86 + lifted * lifted + z * z) - 0.86) * 0.55
        return distance

    return Figure((look.part(body, 0, "#d4203a", "#e0456a", gloss=0.9),))


def gem(look: Look) -> Figure:
    """A brilliant, cut in facets, standing on its point."""
    sides = 8 if look.dice.chance(0.6) else 6

    def facets(p: Array) -> Array:
        wedge = 2 * np.pi / sides
        angle = np.arctan2(p[2], p[0])
        radius = np.sqrt(p[0] ** 2 + p[2] ** 2)
        half = radius * np.cos(angle - wedge * np.round(angle / wedge))
        turned = angle + wedge / 2
        other = radius * np.cos(turned - wedge * np.round(turned / wedge))
        below = half * 0.78 - (p[1] - 0.02) * 0.62
        crown = other * 0.62 + (p[1] - 1.32) * 0.78 - 0.55
        distance: Array = np.maximum(np.maximum(below, crown), np.maximum(p[1] - 1.66, half - 1.02))
        return distance

    return Figure(
        (look.part(facets, 0, "#3aa8d8", "#d03a6a", "#3ab87a", "#8a5ad8", gloss=1.0),), blend=0.0
    )


def sword(look: Look) -> Figure:
    """A sword, point down before us."""
    wide = look.dice.between(0.11, 0.15)
    blade = extrude(
        ((-wide, 1.66), (wide, 1.66), (wide * 0.85, 0.3), (0.0, 0.0), (-wide * 0.85, 0.3)),
        0.045,
        0.02,
    )
    groove = limb((0, 1.6, 0.05), (0, 0.5, 0.05), 0.03)
    guard = union(
        box((0, 1.7, 0), (0.42, 0.06, 0.09), 0.05), mirror(sphere((0.43, 1.7, 0), 0.09)), blend=0.03
    )
    grip = bump(
        limb((0, 1.72, 0), (0, 2.14, 0), 0.07), lambda p: np.asarray(0.008 * np.sin(p[1] * 60))
    )
    pommel = union(sphere((0, 2.24, 0), 0.12), sphere((0, 1.7, 0.09), 0.07))
    return Figure(
        (
            look.part(cut(blade, groove), 3, "#cfd6dc", gloss=0.95),
            look.part(guard, 0, "#d9a83a", "#b0763a", gloss=0.85),
            look.detail(grip, "#4a2a1e", 0.2),
            look.part(pommel, 1, "#b02a3a", "#2a6ab0", gloss=0.9),
        ),
        blend=0.006,
    )


def shield(look: Look) -> Figure:
    """A shield with a cross."""
    outline = (
        (-0.85, 1.85),
        (0.0, 2.0),
        (0.85, 1.85),
        (0.82, 1.1),
        (0.5, 0.45),
        (0.0, 0.05),
        (-0.5, 0.45),
        (-0.82, 1.1),
    )
    plate = extrude(outline, 0.1, 0.05)
    rim = cut(
        extrude(outline, 0.15, 0.04),
        move(
            stretch(extrude(tuple((x, y - 1) for x, y in outline), 0.5, 0.01), (0.88, 0.88, 1)),
            (0, 1, 0),
        ),
    )
    cross = meet(
        extrude(outline, 0.125, 0.02),
        union(box((0, 1, 0), (0.13, 2, 1)), box((0, 1.25, 0), (2, 0.13, 1))),
    )
    return Figure(
        (
            look.part(plate, 0, "#a8282e", "#2a4a8a", "#2f6a4a", gloss=0.5),
            look.part(
                union(rim, sphere((0, 1.25, 0.12), 0.16)), 2, "#c9a24a", "#aab2ba", gloss=0.85
            ),
            look.part(cross, 1, "#efe6d2", gloss=0.4),
        ),
        blend=0.006,
    )


def guitar(look: Look) -> Figure:
    """A guitar, standing."""
    waist = look.dice.between(0.32, 0.38)
    outline = ((0.0, 0.04), (0.42, 0.12), (0.56, 0.42), (waist, 0.76), (0.42, 1.04),
        (0.24, 1.26), (0.0, 1.28), (-0.24, 1.26), (-0.42, 1.04), (-waist, 0.76),
        (-0.56, 0.42), (-0.42, 0.12))  # fmt: skip
    body = extrude(outline, 0.15, 0.04, smooth=True)
    top = extrude(
        tuple((x * 0.93, 0.04 + (y - 0.04) * 0.96) for x, y in outline), 0.165, 0.01, smooth=True
    )
    hole = move(turn(cylinder((0, 0, 0), 0.15, 0.03), "x", 90), (0, 0.86, 0.155))
    rosette = move(turn(torus((0, 0, 0), 0.17, 0.02), "x", 90), (0, 0.86, 0.165))
    neck = union(
        box((0, 1.6, 0.16), (0.065, 0.66, 0.045), 0.02),
        box((0, 2.34, 0.13), (0.11, 0.17, 0.04), 0.02),
    )
    strings = union(
        *(limb((x, 0.42, 0.215), (x, 2.2, 0.215), 0.006) for x in (-0.04, -0.013, 0.013, 0.04))
    )
    pegs = mirror(union(*(sphere((0.14, 2.22 + 0.1 * n, 0.13), 0.035) for n in range(3))))
    return Figure(
        (
            look.part(body, 1, "#6a3a1e", "#3a2218", gloss=0.7),
            look.part(top, 0, "#d89a4a", "#b8562a", "#e0b870", gloss=0.8),
            look.detail(hole, "#140d0a", 0.1),
            look.detail(
                union(rosette, box((0, 0.4, 0.17), (0.17, 0.03, 0.03), 0.01), neck), "#3a2216", 0.4
            ),
            look.detail(union(strings, pegs), "#d8d4c8", 0.9),
        ),
        blend=0.003,
    )


def key(look: Look) -> Figure:
    """An old key."""
    bow = union(
        *(
            move(turn(torus((0, 0, 0), 0.24, 0.075), "x", 90), (x, y, 0))
            for x, y in ((-0.2, 1.72), (0.2, 1.72), (0.0, 2.05))
        ),
        blend=0.05,
    )
    shaft = union(limb((0, 1.6, 0), (0, 0.06, 0), 0.085), torus((0, 1.4, 0), 0.1, 0.05), blend=0.03)
    teeth = union(
        box((0.24, 0.24, 0), (0.2, 0.08, 0.06)),
        box((0.2, 0.5, 0), (0.16, 0.06, 0.06)),
        box((0.3, 0.37, 0), (0.07, 0.18, 0.05)),
    )
    return Figure(
        (look.part(union(bow, shaft, teeth, blend=0.03), 0, "#d8a640", "#b8863a", gloss=0.85),)
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "star": star,
    "heart": heart,
    "gem": gem,
    "sword": sword,
    "shield": shield,
    "guitar": guitar,
    "key": key,
}
