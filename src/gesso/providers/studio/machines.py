"""Robots, and things that float: saucers and balloons."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.noise import Array
from gesso.providers.studio.solids import (
    around,
    box,
    cut,
    cylinder,
    ellipsoid,
    lathe,
    limb,
    mirror,
    move,
    sphere,
    turn,
    union,
)


def ufo(look: Look) -> Figure:
    """A flying saucer above the floor."""
    high = look.dice.between(0.9, 1.1)
    disc = lathe(
        (
            (0.0, high + 0.26),
            (0.5, high + 0.22),
            (1.05, high + 0.02),
            (1.1, high - 0.04),
            (0.7, high - 0.22),
            (0.0, high - 0.28),
        )
    )
    dome = ellipsoid((0, high + 0.2, 0), (0.48, 0.46, 0.48))
    lamps = around(sphere((0.88, high + 0.09, 0), 0.075), 10)
    legs = around(limb((0.4, high - 0.2, 0), (0.66, 0.06, 0), 0.045), 3)
    feet = around(ellipsoid((0.68, 0.05, 0), (0.13, 0.05, 0.13)), 3)
    return Figure(
        (
            look.part(disc, 0, "#a9b1ba", "#8f9aa8", gloss=0.85),
            look.part(dome, 1, "#6fd0c4", "#7fc4f0", gloss=1.0),
            look.detail(lamps, "#ffd34a", 0.9),
            look.part(union(legs, feet), 2, "#6b727a", gloss=0.6),
        ),
        blend=0.04,
    )


def robot(look: Look) -> Figure:
    """A friendly robot of boxes and joints."""
    dice = look.dice
    wide = dice.between(0.4, 0.5)
    head = box((0, 1.62, 0), (0.44, 0.34, 0.36), 0.12)
    trunk = box((0, 0.88, 0), (wide, 0.38, 0.32), 0.1)
    lift = dice.between(0.5, 0.8)
    arm = union(
        limb((wide + 0.06, 1.1, 0), (wide + 0.26, lift, 0.12), 0.09),
        sphere((wide + 0.28, lift - 0.08, 0.14), 0.14),
        blend=0.04,
    )
    leg = union(
        limb((0.2, 0.55, 0), (0.2, 0.16, 0), 0.1),
        box((0.21, 0.09, 0.06), (0.17, 0.09, 0.25), 0.07),
        blend=0.03,
    )
    visor = box((0, 1.64, 0.32), (0.34, 0.2, 0.08), 0.06)
    panel = box((0, 0.92, 0.3), (0.26, 0.18, 0.05), 0.03)
    knobs = union(*(sphere((x, 0.98, 0.35), 0.05) for x in (-0.13, 0.0, 0.13)))
    aerial = union(limb((0, 1.9, 0), (0, 2.2, 0), 0.028), sphere((0, 2.24, 0), 0.075))
    ears = mirror(move(turn(cylinder((0, 0, 0), 0.13, 0.07, 0.03), "z", 90), (0.48, 1.62, 0)))
    return Figure(
        (
            look.part(union(head, trunk), 0, "#d9dde0", "#5aa3a8", "#e8b23a", "#d86a4a", gloss=0.6),
            look.part(mirror(union(arm, leg)), 1, "#8d98a2", "#6f7a86", gloss=0.6),
            look.detail(visor, "#14202a", 1.0),
            look.detail(mirror(sphere((0.15, 1.65, 0.385), 0.065)), "#6ff0ff", 0.6),
            look.part(union(ears, aerial, panel), 2, "#f0a034", "#e05a3c", gloss=0.6),
            look.detail(knobs, "#f7f0e2", 0.7),
            look.detail(limb((0, 1.3, 0), (0, 1.24, 0), 0.16), "#4a5058", 0.5),
        ),
        blend=0.015,
    )


def balloon(look: Look) -> Figure:
    """A hot-air balloon with a basket."""
    skin = lathe(
        ((0.0, 2.4), (0.45, 2.32), (0.78, 1.85), (0.72, 1.4), (0.4, 0.95), (0.2, 0.75), (0.0, 0.75))
    )
    gores = 12 if look.dice.chance(0.5) else 16

    def stripes(points: Array) -> Array:
        angle = np.arctan2(points[2], points[0])
        pick = np.sin(angle * gores / 2) > 0
        other = np.array(look.colour(1, "#f6ead0"), np.float32) / np.maximum(
            np.array(skinned.colour), 0.03
        )
        colours: Array = np.where(pick, 1.0, other[:, None])
        return colours

    skinned = look.part(skin, 0, "#dd4a34", "#e89a2c", "#3f86b8", gloss=0.35)
    basket = cut(
        box((0, 0.2, 0), (0.22, 0.17, 0.22), 0.05), box((0, 0.36, 0), (0.17, 0.18, 0.17), 0.03)
    )
    ropes = around(limb((0.19, 0.34, 0.0), (0.22, 0.82, 0.0), 0.018), 4)
    return Figure(
        (
            Part(skinned.shape, skinned.colour, skinned.finish, stripes),
            look.detail(basket, "#9a6a3a", 0.15),
            look.detail(turn(ropes, "y", 45), "#4a3a2a", 0.1),
        ),
        blend=0.01,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "ufo": ufo,
    "robot": robot,
    "balloon": balloon,
}
