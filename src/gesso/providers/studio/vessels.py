"""Things to pour from and into: vases, bottles, cups, teapots and bowls."""

from collections.abc import Callable

from gesso.providers.studio.figure import Figure, Look
from gesso.providers.studio.solids import (
    box,
    cut,
    cylinder,
    ellipsoid,
    lathe,
    limb,
    meet,
    move,
    sphere,
    torus,
    turn,
    union,
)


def vase(look: Look) -> Figure:
    """A thrown vase with a band; no two seeds share a profile."""
    dice = look.dice
    belly, neck, lip = dice.between(0.5, 0.85), dice.between(0.2, 0.34), dice.between(0.3, 0.5)
    waist, height = dice.between(0.7, 1.15), dice.between(1.8, 2.2)
    points = ((0.36, 0.0), (0.4, 0.06), (belly, waist), (neck, height - 0.35), (lip, height))
    shell = lathe(
        (
            (0.0, 0.0),
            *points,
            (lip - 0.07, height),
            (neck - 0.07, height - 0.35),
            (neck - 0.08, height - 0.7),
            (0.0, height - 0.8),
        )
    )
    skin = lathe(((0.0, 0.0), *((r + 0.012, y) for r, y in points), (0.0, height)))
    bands = union(
        *(box((0, waist + y, 0), (1, 0.028, 1), 0.0) for y in (-0.2, -0.1, 0.1, 0.2)),
        box((0, waist, 0), (1, 0.07, 1), 0.0),
    )
    glaze = look.part(shell, 0, "#2f6a8a", "#c46a45", "#8fb89a", "#e8e0d0", gloss=0.85)
    return Figure(
        (glaze, look.part(meet(skin, bands), 1, "#f0e4cc", "#2a2e3a", "#c99a4a", gloss=0.8)),
        blend=0.008,
    )


def bottle(look: Look) -> Figure:
    """A corked bottle with a label."""
    wide = look.dice.between(0.4, 0.52)
    body = lathe(
        (
            (0.0, 0.0),
            (wide - 0.08, 0.0),
            (wide, 0.08),
            (wide, 1.1),
            (0.34, 1.4),
            (0.15, 1.62),
            (0.14, 1.98),
            (0.19, 2.0),
            (0.19, 2.08),
            (0.0, 2.08),
        )
    )
    label = meet(
        lathe(((0.0, 0.3), (wide + 0.012, 0.3), (wide + 0.012, 0.95), (0.0, 0.95)), smooth=False),
        box((0, 0.6, 0.6), (1, 0.34, 0.62), 0.0),
    )
    cork = cylinder((0, 2.14, 0), 0.125, 0.12, 0.03)
    return Figure(
        (
            look.part(body, 0, "#2c6a44", "#6a3a1e", "#3a6a9a", gloss=1.0),
            look.part(label, 1, "#f2e8d2", gloss=0.15),
            look.detail(cork, "#c0935c", 0.1),
        ),
        blend=0.006,
    )


def cup(look: Look) -> Figure:
    """A mug of coffee."""
    dice = look.dice
    top, foot = dice.between(0.64, 0.74), dice.between(0.5, 0.66)
    high = dice.between(1.15, 1.4)
    body = lathe(
        (
            (0.0, 0.0),
            (foot - 0.08, 0.0),
            (foot, 0.07),
            (top, high - 0.05),
            (top - 0.03, high),
            (top - 0.08, high - 0.04),
            (foot - 0.09, 0.2),
            (0.0, 0.14),
        )
    )
    ring = move(turn(torus((0, 0, 0), 0.33, 0.085), "x", 90), (top * 0.96 + 0.06, high * 0.52, 0))
    inside = lathe(
        ((0.0, 0.1), (foot - 0.06, 0.1), (top - 0.06, high + 0.2), (0.0, high + 0.2)), smooth=False
    )
    coffee = cylinder((0, high * 0.84, 0), top - 0.05, 0.03, 0.01)
    band = meet(
        lathe(((0.0, 0.0), (foot + 0.01, 0.0), (top + 0.012, high), (0.0, high)), smooth=False),
        box((0, high * 0.16, 0), (1, high * 0.14, 1), 0.0),
    )
    mug = union(body, cut(ring, inside), blend=0.07)
    return Figure(
        tuple(
            part.turned("y", 24)
            for part in (
                look.part(mug, 0, "#e9e2d4", "#c85a3c", "#3f7f8f", "#e0b04a", gloss=0.85),
                look.part(cut(band, inside), 1, "#c9886a", "#35506a", gloss=0.8),
                look.detail(coffee, "#3a1e10", 0.9),
            )
        ),
        blend=0.01,
    )


def teapot(look: Look) -> Figure:
    """A teapot with its lid on."""
    plump = look.dice.between(0.72, 0.84)
    body = lathe(
        ((0.0, 0.0), (0.42, 0.0), (0.46, 0.08), (plump, 0.6), (0.5, 1.12), (0.36, 1.18), (0.0, 1.2))
    )
    lid = union(
        lathe(((0.0, 1.38), (0.2, 1.34), (0.4, 1.2), (0.42, 1.16), (0.0, 1.12))),
        sphere((0, 1.46, 0), 0.12),
        blend=0.04,
    )
    spout = union(
        limb((0.6, 0.5, 0), (0.98, 0.8, 0), 0.19, 0.11),
        limb((0.98, 0.8, 0), (1.18, 1.1, 0), 0.11, 0.09),
        blend=0.06,
    )
    hole = limb((1.15, 1.02, 0), (1.26, 1.26, 0), 0.05)
    handle = cut(
        move(turn(torus((0, 0, 0), 0.36, 0.075), "x", 90), (-plump - 0.05, 0.65, 0)),
        ellipsoid((0, 0.6, 0), (plump * 0.9, 0.62, 0.6)),
    )
    return Figure(
        (
            look.part(
                union(body, cut(spout, hole), handle, blend=0.08),
                0,
                "#3f7f8f",
                "#e4dccb",
                "#c46a45",
                "#5f7f5a",
                gloss=0.9,
            ),
            look.part(lid, 1, "#2f5f70", "#c9a05a", "#8a4a34", gloss=0.9),
        ),
        blend=0.012,
    )


def bowl(look: Look) -> Figure:
    """A bowl with a contrasting inside."""
    wide = look.dice.between(0.95, 1.15)
    outer = ((0.0, 0.0), (0.42, 0.0), (0.42, 0.1), (0.75, 0.3), (wide, 0.78), (wide - 0.05, 0.8))
    shell = lathe((*outer, (0.68, 0.38), (0.0, 0.18)))
    lining = lathe(
        (
            (0.0, 0.17),
            (0.69, 0.37),
            (wide - 0.06, 0.785),
            (wide - 0.055, 0.81),
            (0.67, 0.405),
            (0.0, 0.205),
        )
    )
    return Figure(
        (
            look.part(shell, 0, "#3a4a5a", "#e8ddc8", "#8a4a34", gloss=0.8),
            look.part(lining, 1, "#8fc0b8", "#e9d8b0", "#d8845a", gloss=0.9),
        ),
        blend=0.004,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "vase": vase,
    "bottle": bottle,
    "cup": cup,
    "teapot": teapot,
    "bowl": bowl,
}
