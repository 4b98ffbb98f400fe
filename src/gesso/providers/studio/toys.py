"""Toys: planets, balls, dice, chessmen, pyramids, snowmen and ghosts."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gesso.providers.studio.figure import Figure, Look
from gesso.providers.studio.noise import Array, waves
from gesso.providers.studio.solids import (
    box,
    cut,
    cylinder,
    ellipsoid,
    lathe,
    limb,
    meet,
    mirror,
    move,
    rotation,
    sphere,
    stretch,
    torus,
    turn,
    union,
)


def planet(look: Look) -> Figure:
    """A banded planet with a ring, or a blue one with clouds."""
    prompt = look.brief.prompt.casefold()
    shift = look.dice.between(0, 9)
    if any(word in prompt for word in ("earth", "地球", "globe", "world")):
        blue = look.part(sphere((0, 1.0, 0), 0.95), 0, "#1a5aa8", gloss=0.5)
        return Figure((replace(blue, paint=lambda points: _continents(points, shift)),))
    giant = look.part(sphere((0, 1.1, 0), 0.82), 0, "#d8a070", "#6a9ac0", "#c86a5a", gloss=0.3)
    wide = stretch(torus((0, 0, 0), 1.2, 0.2), (1.0, 0.14, 1.0))
    rings = union(wide, stretch(torus((0, 0, 0), 1.5, 0.045), (1.0, 0.5, 1.0)))
    tilted = move(turn(turn(rings, "x", 14), "z", 18), (0, 1.1, 0))
    ring = look.part(tilted, 1, "#e8d4a8", "#c8b8a0", gloss=0.3)
    return Figure((replace(giant, paint=lambda points: _bands(points, shift)), ring), blend=0.0)


def _bands(points: Array, shift: float) -> Array:
    local = rotation("z", -18) @ (points - np.array([[0.0], [1.1], [0.0]], np.float32))
    swirl = local[1] * 7 + 0.5 * waves(local, 3.0, shift)
    warm = np.array([[1.0], [0.9], [0.7]])
    stripe: Array = 0.82 + 0.28 * np.sin(swirl) * warm + 0.12 * np.sin(swirl * 2.7 + 1)
    return stripe


def _continents(points: Array, shift: float) -> Array:
    height = waves(points, 2.2, shift) + 0.4 * waves(points, 6.0, shift)
    streaks = waves(points * np.array([[1.0], [2.2], [1.0]], np.float32), 4.0, shift + 3)
    cloud = np.clip(streaks * 2.2 - 0.55, 0, 1)
    ground = np.where(height > 0.16, np.array([[1.6], [1.1], [0.28]]), 1.0)
    paint: Array = ground + (np.array([[12.0], [4.6], [1.7]]) - ground) * cloud
    return paint


def ball(look: Look) -> Figure:
    """A ball in two colours."""
    stripe = meet(sphere((0, 1, 0), 1.008), box((0, 1, 0), (2, 0.24, 2), 0.0))
    tilt = look.dice.between(10, 50)
    return Figure(
        (
            look.part(sphere((0, 1, 0), 1.0), 0, "#d8382e", "#2f7fc0", "#e8b02e", gloss=0.85),
            look.part(
                move(turn(move(stripe, (0, -1, 0)), "z", tilt), (0, 1, 0)), 1, "#f6f0e4", gloss=0.8
            ),
        ),
        blend=0.0,
    )


def cube(look: Look) -> Figure:
    """A die with its pips."""
    body = box((0, 0.8, 0), (0.8, 0.8, 0.8), 0.16)
    faces = {
        "z": ((0, 0),),
        "x": ((-1, -1), (1, 1), (0, 0)),
        "y": ((-1, -1), (1, 1), (-1, 1), (1, -1), (0, 0)),
    }
    pips = []
    for axis, places in faces.items():
        for u, v in places:
            a, b = 0.4 * u, 0.4 * v
            spot = {"z": (a, 0.8 + b, 0.86), "x": (0.86, 0.8 + b, a), "y": (a, 1.66, b)}[axis]
            pips += [sphere(spot, 0.16)]
    hollow = union(*pips)
    parts = (
        look.part(body, 0, "#d8382e", "#f0ebe0", "#2f6fb0", gloss=0.85),
        look.part(
            meet(hollow, box((0, 0.8, 0), (0.806, 0.806, 0.806), 0.16)), 1, "#26262a", gloss=0.4
        ),
    )
    return Figure(tuple(p.turned("y", 32) for p in parts), blend=0.0)


def pyramid(look: Look) -> Figure:
    """A pyramid of courses of stone."""

    def slopes(p: Array) -> Array:
        course = np.floor(p[1] * 11) / 11
        side = np.maximum(np.abs(p[0]), np.abs(p[2]))
        distance: Array = np.maximum(
            (side - 1.15 + 0.84 * course) * 0.62, np.maximum(-p[1], p[1] - 1.32)
        )
        return distance

    parts = (look.part(slopes, 0, "#d8b070", "#c89a58", gloss=0.05),)
    return Figure(tuple(p.turned("y", 38) for p in parts))


def chess(look: Look) -> Figure:
    """A chessman, pawn or bishop."""
    base = (
        (0.0, 0.0),
        (0.62, 0.0),
        (0.62, 0.14),
        (0.46, 0.26),
        (0.3, 0.5),
        (0.2, 1.0),
        (0.2, 1.2),
        (0.38, 1.28),
        (0.2, 1.36),
    )
    pawn = union(lathe((*base, (0.0, 1.4))), sphere((0, 1.62, 0), 0.36), blend=0.03)
    mitre = lathe((*base, (0.3, 1.66), (0.2, 2.0), (0.0, 2.16)))
    bishop = union(
        cut(mitre, turn(move(box((0, 0, 0), (0.4, 0.03, 0.5)), (0.46, 1.78, 0)), "z", 12)),
        sphere((0, 2.2, 0), 0.09),
    )
    body = bishop if "bishop" in look.brief.prompt.casefold() or look.dice.chance(0.4) else pawn
    return Figure((look.part(body, 0, "#efe3c8", "#2a2422", "#8a5a34", gloss=0.8),))


def snowman(look: Look) -> Figure:
    """A snowman with a scarf, a hat and a carrot."""
    body = union(
        sphere((0, 0.5, 0), 0.58), sphere((0, 1.22, 0), 0.42), sphere((0, 1.8, 0), 0.32), blend=0.06
    )
    coal = union(
        *(
            sphere((x, y, z), r)
            for x, y, z, r in (
                (-0.11, 1.88, 0.28, 0.04),
                (0.11, 1.88, 0.28, 0.04),
                (0, 1.36, 0.4, 0.045),
                (0, 1.2, 0.42, 0.045),
                (0, 1.04, 0.38, 0.045),
            )
        )
    )
    scarf = union(
        torus((0, 1.52, 0), 0.29, 0.09),
        limb((0.18, 1.5, 0.28), (0.24, 1.1, 0.42), 0.08),
        blend=0.05,
    )
    top = union(cylinder((0, 2.06, 0), 0.36, 0.03), cylinder((0, 2.24, 0), 0.24, 0.2, 0.03))
    arms = mirror(
        union(
            limb((0.36, 1.3, 0), (0.86, 1.62, 0), 0.03),
            limb((0.7, 1.52, 0), (0.84, 1.48, 0.05), 0.022),
        )
    )
    return Figure(
        (
            look.detail(body, "#eef3f8", 0.15),
            look.detail(coal, "#141416", 0.3),
            look.part(scarf, 0, "#c8282e", "#2f7a5a", "#2a5aa8", gloss=0.0),
            look.part(top, 1, "#22242a", gloss=0.2),
            look.detail(limb((0, 1.8, 0.28), (0.02, 1.78, 0.62), 0.06, 0.01), "#ee7a1e", 0.3),
            look.detail(arms, "#5a3a22", 0.1),
        ),
        blend=0.008,
    )


def ghost(look: Look) -> Figure:
    """A small ghost, its hem waving."""

    def hem(p: Array) -> Array:
        angle = np.arctan2(p[2], p[0])
        distance: Array = 0.22 + 0.1 * np.sin(angle * 6) - p[1]
        return distance

    sheet = lathe(((0.0, 2.05), (0.42, 1.9), (0.6, 1.4), (0.64, 0.7), (0.8, 0.05), (0.0, 0.0)))
    arms = mirror(limb((0.5, 1.15, 0.2), (0.82, 1.3, 0.4), 0.16, 0.1))
    face = union(
        mirror(ellipsoid((0.2, 1.52, 0.5), (0.1, 0.15, 0.1))),
        ellipsoid((0, 1.22, 0.58), (0.1, 0.13, 0.08)),
    )
    return Figure(
        (
            look.part(union(meet(sheet, hem), arms, blend=0.1), 0, "#f2f2f6", "#e4e8f4", gloss=0.2),
            look.detail(face, "#1a1622", 0.8),
        ),
        blend=0.01,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "planet": planet,
    "ball": ball,
    "cube": cube,
    "pyramid": pyramid,
    "chess": chess,
    "snowman": snowman,
    "ghost": ghost,
}
