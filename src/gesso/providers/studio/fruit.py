"""What is picked: apples, pears, pumpkins, mushrooms and eggs."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.noise import Array, waves
from gesso.providers.studio.solids import (
    Field,
    bump,
    cut,
    ellipsoid,
    extrude,
    grow,
    lathe,
    limb,
    meet,
    mirror,
    move,
    sphere,
    turn,
    union,
)


def apple(look: Look) -> Figure:
    """An apple with its stalk and a leaf."""
    dice = look.dice
    wide = dice.between(0.82, 0.94)
    body = lathe(((0.0, 1.32), (0.12, 1.36), (0.32, 1.58), (wide * 0.8, 1.52), (wide, 1.05),
                  (wide * 0.8, 0.42), (0.42, 0.06), (0.22, 0.02), (0.0, 0.14)))  # fmt: skip
    stalk = limb((0, 1.3, 0), (0.1, 1.86, 0.02), 0.05, 0.06)
    leaf = ellipsoid((0.28, 0, 0), (0.34, 0.045, 0.16))
    leaf = move(
        turn(turn(leaf, "z", dice.between(15, 40)), "y", dice.between(-50, 20)), (0.08, 1.66, 0.02)
    )

    def blush(points: Array) -> Array:
        streaks = 0.06 * np.sin(np.arctan2(points[2], points[0]) * 26 + 2 * waves(points, 3))
        pale = np.clip(waves(points, 1.6) * 0.3 + (points[1] - 1.1) * 0.5, 0, 0.5)
        tone: Array = 1 + streaks + pale * np.array([[0.1], [0.7], [0.3]])
        return tone

    skin = look.part(body, 0, "#c4201c", "#b3221f", "#c8c23a", gloss=0.75)
    return Figure(
        (
            Part(skin.shape, skin.colour, skin.finish, blush),
            look.detail(stalk, "#4a3020", 0.2),
            look.part(leaf, 1 if len(look.brief.colours) > 1 else 3, "#4a8a2c", gloss=0.4),
        ),
        blend=0.02,
    )


def pear(look: Look) -> Figure:
    """A pear."""
    neck = look.dice.between(0.26, 0.36)
    body = lathe(
        (
            (0.0, 1.86),
            (0.16, 1.86),
            (neck, 1.6),
            (neck + 0.16, 1.2),
            (0.76, 0.66),
            (0.62, 0.2),
            (0.24, 0.02),
            (0.0, 0.06),
        )
    )
    return Figure(
        (
            look.part(body, 0, "#b9c23a", "#d0b040", gloss=0.6),
            look.detail(limb((0, 1.8, 0), (0.1, 2.15, 0), 0.045), "#4a3020", 0.2),
        ),
        blend=0.02,
    )


def pumpkin(look: Look) -> Figure:
    """A ribbed pumpkin; a gloomy prompt carves a face into it."""
    lobes = 8 + int(look.dice.rng.integers(4))
    flat = look.dice.between(0.72, 0.86)

    def ribs(p: Array) -> Array:
        angle = np.arctan2(p[2], p[0])
        relief: Array = 0.1 * (np.abs(np.cos(angle * lobes / 2)) ** 0.7 - 0.75)
        return relief

    body = bump(cut(ellipsoid((0, 0.8, 0), (1.0, flat, 1.0)), ellipsoid((0, 1.62, 0),
        (0.3, 0.2, 0.3))), ribs)  # fmt: skip
    stalk = union(limb((0, 1.35, 0), (0.06, 1.72, 0), 0.13, 0.09), limb((0.06, 1.72,
        0), (0.2, 1.86, 0), 0.09, 0.1), blend=0.04)  # fmt: skip
    skin = look.part(
        cut(body, _grin()) if "dark" in look.brief.traits else body, 0, "#e0741a", gloss=0.4
    )
    parts = [skin, look.detail(stalk, "#5a6a2c", 0.2)]
    if "dark" in look.brief.traits:
        parts.append(look.detail(ellipsoid((0, 0.8, 0), (0.8, flat - 0.2, 0.8)), "#ffc83a", 0.0))
    return Figure(tuple(parts), blend=0.01)


def _grin() -> Field:
    eye = extrude(((0, 0.18), (0.17, -0.1), (-0.17, -0.1)), 0.5, 0.02)
    lips = ((-0.5, 0.12), (-0.25, -0.06), (0.25, -0.06), (0.5, 0.12), (0.3, -0.22), (-0.3, -0.22))
    mouth = move(extrude(lips, 0.5, 0.02), (0, 0.58, 0.9))
    return union(mirror(move(eye, (0.34, 0.98, 0.9))), mouth)


def egg(look: Look) -> Figure:
    """An egg, speckled."""
    body = lathe(((0.0, 1.95), (0.34, 1.78), (0.62, 1.25), (0.72, 0.72), (0.52, 0.2), (0.0, 0.0)))

    def speckle(points: Array) -> Array:
        spots: Array = np.ones_like(points) * (1 - 0.5 * (waves(points, 23) > 0.55))
        return spots

    shell = look.part(body, 0, "#e8d4b4", "#cfe0dc", "#f0ece2", gloss=0.4)
    return Figure((Part(shell.shape, shell.colour, shell.finish, speckle),))


def _cap(w: float, h: float, y: float) -> Field:
    return lathe(
        (
            (0.0, y + h),
            (w * 0.5, y + h * 0.88),
            (w * 0.94, y + h * 0.25),
            (w, y),
            (w * 0.9, y - 0.08),
            (w * 0.5, y + 0.04),
            (0.0, y + 0.08),
        )
    )


def mushroom(look: Look) -> Figure:
    """A toadstool, its cap spotted, with a small one beside it."""
    dice = look.dice
    wide, dome = dice.between(0.8, 1.05), dice.between(0.55, 0.75)
    head, small = _cap(wide, dome, 1.25), move(_cap(0.4, 0.32, 0.52), (0.78, 0, 0.38))
    stems = union(
        lathe(((0.0, 0.0), (0.34, 0.0), (0.38, 0.12), (0.24, 0.6), (0.22, 1.3), (0.0, 1.3))),
        move(
            lathe(((0.0, 0.0), (0.16, 0.0), (0.12, 0.3), (0.1, 0.55), (0.0, 0.56))), (0.78, 0, 0.38)
        ),
    )
    skirt = lathe(((0.0, 1.0), (0.24, 1.02), (0.42, 0.86), (0.4, 0.84), (0.22, 0.94), (0.0, 0.96)))
    spots = []
    for number in range(13):
        a, t = number * 2.4 + dice.between(0, 0.5), 0.12 + 0.78 * ((number + 0.5) / 13) ** 0.6
        spots.append(
            sphere(
                (
                    float(wide * t * np.cos(a)),
                    1.25 + dome * float(np.sqrt(1 - t**2.3)) - 0.03,
                    float(wide * t * np.sin(a)),
                ),
                dice.between(0.075, 0.13),
            )
        )
    dots = meet(union(*spots), grow(head, 0.02))
    return Figure(
        (
            look.part(union(head, small), 0, "#c8281e", "#b8452a", "#8a5a9a", gloss=0.75),
            look.part(stems, 1, "#f1e6d0", gloss=0.2),
            look.part(skirt, 1, "#e8dac0", gloss=0.2),
            look.detail(dots, "#f8f2e4", 0.3),
        ),
        blend=0.015,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "apple": apple,
    "pear": pear,
    "pumpkin": pumpkin,
    "egg": egg,
    "mushroom": mushroom,
}
