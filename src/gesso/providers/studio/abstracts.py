"""Sculptures for words that have no object of their own: chosen and shaped by the dice."""

from itertools import pairwise

import numpy as np

from gesso.providers.studio.figure import Figure, Look
from gesso.providers.studio.noise import Array
from gesso.providers.studio.solids import (
    Field,
    box,
    bump,
    cylinder,
    ellipsoid,
    limb,
    meet,
    move,
    sphere,
    torus,
    turn,
    twist,
    union,
)

PALETTES = (
    ("#e2583e", "#f3d9b1", "#2f4858"),
    ("#2a6f77", "#f2a65a", "#f4ead5"),
    ("#5b4b8a", "#e8b4bc", "#f2efe9"),
    ("#d98324", "#443627", "#efdcab"),
    ("#3f7d58", "#efefef", "#ec5228"),
    ("#32465f", "#d7c9aa", "#b04a5a"),
)


def sculpture(look: Look) -> Figure:
    """One of five kinds of sculpture."""
    makers = (knot, pebbles, column, lattice, bloom)
    return makers[int(look.dice.rng.integers(len(makers)))](look)


def _palette(look: Look) -> tuple[str, str, str]:
    return PALETTES[int(look.dice.rng.integers(len(PALETTES)))]


def knot(look: Look) -> Figure:
    """A torus knot, after the usual (p, q) curve."""
    dice, colours = look.dice, _palette(look)
    p, q = ((2, 3), (3, 2), (2, 5), (3, 4))[int(dice.rng.integers(4))]
    t = np.linspace(0, 2 * np.pi, 56)
    radius = 0.72 + 0.28 * np.cos(q * t)
    curve = np.stack([radius * np.cos(p * t), 1.1 + radius * np.sin(p * t), 0.34 * np.sin(q * t)])
    tube = dice.between(0.13, 0.17)
    bodies: list[Field] = []
    for third in range(2):
        span = range(third * 28, min(third * 28 + 28, 55))
        steps = [tuple(map(float, curve[:, n])) for n in (*span, span[-1] + 1)]
        pieces = [limb((a[0], a[1], a[2]), (b[0], b[1], b[2]), tube) for a, b in pairwise(steps)]
        bodies.append(union(*pieces, blend=0.02))
    return Figure(
        (
            look.part(bodies[0], 0, colours[0], gloss=0.8),
            look.part(bodies[1], 1, colours[1], gloss=0.8),
        ),
        blend=0.01,
    )


def pebbles(look: Look) -> Figure:
    """Stones balanced on each other."""
    dice, colours = look.dice, _palette(look)
    height, parts = 0.0, []
    for level in range(4 + int(dice.rng.integers(2))):
        size = (0.75 - 0.1 * level) * dice.between(0.85, 1.1)
        thick = size * dice.between(0.38, 0.62)
        lean = dice.between(-0.1, 0.1)
        stone = turn(
            ellipsoid((0, 0, 0), (size, thick, size * dice.between(0.75, 1))),
            "z",
            dice.between(-7, 7),
        )
        parts.append(
            look.part(
                move(stone, (lean, height + thick * 0.94, 0)),
                level % 3,
                colours[level % 3],
                gloss=0.55,
            )
        )
        height += thick * 1.8
    return Figure(tuple(parts), blend=0.01)


def column(look: Look) -> Figure:
    """A wrung column on a plinth."""
    dice, colours = look.dice, _palette(look)
    wide = dice.between(0.36, 0.5)
    shaft = twist(move(box((0, 0, 0), (wide, 0.9, wide), 0.1), (0, 1.2, 0)), dice.between(50, 120))
    ball = sphere((0, 2.25, 0), dice.between(0.22, 0.34))
    return Figure(
        (
            look.part(shaft, 0, colours[0], gloss=0.7),
            look.part(ball, 1, colours[1], gloss=0.9),
            look.part(cylinder((0, 0.14, 0), 0.72, 0.14, 0.05), 2, colours[2], gloss=0.4),
        ),
        blend=0.02,
    )


def lattice(look: Look) -> Figure:
    """A ball cut from a gyroid, with a core that shines through."""
    dice, colours = look.dice, _palette(look)
    pitch = dice.between(5.2, 7.0)

    def gyroid(p: Array) -> Array:
        x, y, z = p[0] * pitch, (p[1] - 1) * pitch, p[2] * pitch
        wave = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
        shell: Array = np.abs(wave) / pitch * 0.62 - 0.045
        return shell

    ball = sphere((0, 1.0, 0), 1.0)
    return Figure(
        (
            look.part(meet(gyroid, ball), 0, colours[0], gloss=0.6),
            look.part(sphere((0, 1, 0), 0.52), 1, colours[1], gloss=0.9),
        ),
        blend=0.02,
    )


def bloom(look: Look) -> Figure:
    """A rippled blob in a ring."""
    dice, colours = look.dice, _palette(look)
    waves, depth = dice.between(3.5, 6.5), dice.between(0.05, 0.09)
    turns = dice.between(0, 6)

    def ripple(p: Array) -> Array:
        wave: Array = (
            depth
            * np.sin(p[0] * waves + turns)
            * np.sin((p[1] - 1) * waves)
            * np.sin(p[2] * waves + 1)
        )
        return wave

    blob = bump(sphere((0, 1.05, 0), 0.72), ripple)
    hoop = move(turn(torus((0, 0, 0), 1.0, 0.09), "x", dice.between(15, 75)), (0, 1.1, 0))
    return Figure(
        (look.part(blob, 0, colours[0], gloss=0.8), look.part(hoop, 1, colours[1], gloss=0.8)),
        blend=0.02,
    )
