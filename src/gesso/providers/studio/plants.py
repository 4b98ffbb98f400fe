"""What grows: trees, firs, palms, cacti and flowers."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look
from gesso.providers.studio.noise import Array, waves
from gesso.providers.studio.solids import (
    Field,
    around,
    bump,
    cylinder,
    ellipsoid,
    grow,
    lathe,
    limb,
    move,
    sphere,
    turn,
    union,
)


def _leafy(p: Array) -> Array:
    relief: Array = 0.035 * waves(p, 9.0) + 0.03 * waves(p, 19.0, 1.0)
    return relief


def tree(look: Look) -> Figure:
    """A round tree with a branching trunk."""
    dice = look.dice
    crowns = [ellipsoid((0, 1.6, 0), (0.62, 0.55, 0.6))]
    for number in range(7):
        a = number * 0.9 + dice.between(0, 0.7)
        crowns.append(
            sphere(
                (0.5 * float(np.cos(a)), dice.between(1.3, 1.85), 0.48 * float(np.sin(a))),
                dice.between(0.3, 0.42),
            )
        )
    trunk = union(
        lathe(((0.0, 0.0), (0.3, 0.0), (0.17, 0.2), (0.12, 0.8), (0.1, 1.3), (0.0, 1.4))),
        limb((0, 0.75, 0), (0.35, 1.2, 0.1), 0.07, 0.05),
        limb((0, 0.65, 0), (-0.34, 1.15, -0.05), 0.07, 0.05),
        blend=0.06,
    )
    return Figure(
        (
            look.part(
                bump(union(*crowns, blend=0.12), _leafy),
                0,
                "#4f8a34",
                "#6a9a3a",
                "#3c7a3c",
                "#d88a3a",
                gloss=0.15,
            ),
            look.detail(trunk, "#6a4428", 0.1),
        ),
        blend=0.02,
    )


def pine(look: Look) -> Figure:
    """A fir in tiers; a Christmas tree gets its star and baubles."""
    tiers = 4 + int(look.dice.rng.integers(2))
    cones = []
    for n in range(tiers):
        y, w = 0.42 + n * 1.55 / tiers, 0.86 * (1 - 0.72 * n / tiers)
        cones.append(
            lathe(
                (
                    (0.0, y + 0.75),
                    (w * 0.4, y + 0.36),
                    (w, y + 0.02),
                    (w * 0.93, y - 0.05),
                    (0.0, y + 0.12),
                )
            )
        )
    bauble = [sphere((0.86 * (1 - 0.72 * n / tiers) * 0.94 * float(np.cos(a)),
        0.42 + n * 1.55 / tiers,
        0.86 * (1 - 0.72 * n / tiers) * 0.94 * float(np.sin(a))),
        0.075) for n in range(tiers) for a in np.arange(5) * 1.257 + n * 0.6]  # fmt: skip
    parts = [
        look.part(
            bump(union(*cones, blend=0.04), _leafy), 0, "#2f6a3c", "#3a7a44", "#2a5a4a", gloss=0.15
        ),
        look.detail(cylinder((0, 0.2, 0), 0.14, 0.22), "#5a3a24", 0.1),
    ]
    if "christmas" in look.brief.prompt.casefold():
        parts += [
            look.detail(union(*bauble), "#d0302a", 0.9),
            look.detail(sphere((0, 2.55 - 0.2 * (5 - tiers), 0), 0.13), "#f8d04a", 0.8),
        ]
    return Figure(tuple(parts), blend=0.02)


def palm(look: Look) -> Figure:
    """A palm on its patch of sand."""
    lean = look.dice.between(0.15, 0.4)
    trunk = union(
        *(
            limb(
                (lean * (n / 6) ** 2, 0.1 + n * 0.27, 0),
                (lean * ((n + 1) / 6) ** 2, 0.1 + (n + 1) * 0.27, 0),
                0.13 - 0.008 * n,
                0.1 - 0.008 * n,
            )
            for n in range(6)
        )
    )
    frond = union(
        ellipsoid((0.34, 0.06, 0), (0.4, 0.06, 0.14)),
        turn(move(ellipsoid((0.3, 0, 0), (0.38, 0.05, 0.12)), (0.0, 0, 0)), "z", 0),
        blend=0.05,
    )
    bent = union(
        turn(frond, "z", 12),
        move(turn(ellipsoid((0.26, 0, 0), (0.32, 0.05, 0.1)), "z", -42), (0.58, 0.1, 0)),
        blend=0.08,
    )
    top = move(around(bent, 7), (lean, 1.75, 0))
    nuts = move(around(sphere((0.12, -0.06, 0), 0.1), 3), (lean, 1.68, 0))
    sand = ellipsoid((0.1, 0.0, 0), (0.85, 0.16, 0.75))
    return Figure(
        (
            look.part(top, 0, "#3f8a3a", "#5a9a3a", gloss=0.3),
            look.detail(trunk, "#a07a4a", 0.1),
            look.detail(nuts, "#5a3a20", 0.3),
            look.detail(sand, "#e8cf9a", 0.05),
        ),
        blend=0.02,
    )


def cactus(look: Look) -> Figure:
    """A cactus in a pot."""
    dice = look.dice

    def ribs(p: Array) -> Array:
        relief: Array = 0.022 * np.cos(np.arctan2(p[2], p[0]) * 12)
        return relief

    body = bump(limb((0, 0.7, 0), (0, 1.85, 0), 0.3, 0.27), ribs)
    y1, y2 = dice.between(1.0, 1.2), dice.between(1.2, 1.4)
    arms = union(
        limb((0.2, y1, 0), (0.56, y1 + 0.06, 0), 0.14),
        limb((0.56, y1 + 0.06, 0), (0.58, y1 + 0.45, 0), 0.14, 0.13),
        limb((-0.2, y2, 0), (-0.5, y2 + 0.05, 0), 0.12),
        limb((-0.5, y2 + 0.05, 0), (-0.52, y2 + 0.4, 0), 0.12, 0.11),
        blend=0.1,
    )
    pot = lathe(((0.0, 0.0), (0.36, 0.0), (0.48, 0.5), (0.54, 0.5), (0.54, 0.64),
        (0.46, 0.64), (0.44, 0.55), (0.0, 0.55)), smooth=False)  # fmt: skip
    bloom = move(
        union(
            around(ellipsoid((0.1, 0.05, 0), (0.11, 0.045, 0.06)), 6), sphere((0, 0.06, 0), 0.06)
        ),
        (0, 2.12, 0),
    )
    return Figure(
        (
            look.part(union(body, arms, blend=0.1), 0, "#4c8a4a", "#5f9a54", gloss=0.25),
            look.part(grow(pot, 0.01), 1, "#c46a45", "#d88a5a", gloss=0.2),
            look.detail(cylinder((0, 0.56, 0), 0.44, 0.03), "#4a3424", 0.0),
            look.part(bloom, 2, "#f06a8a", "#f4b83a", gloss=0.3),
        ),
        blend=0.01,
    )


def _faced(field: Field) -> Field:
    return move(turn(field, "x", 62), (0, 1.72, 0.1))


def flower(look: Look) -> Figure:
    """A flower of many petals on its stalk, facing us."""
    dice = look.dice
    count = 8 + int(dice.rng.integers(6))
    petal = ellipsoid((0.46, 0.05, 0), (0.34, 0.06, 0.62 * 2.4 / count))
    ring = union(
        around(turn(petal, "z", 12), count),
        turn(around(turn(petal, "z", 24), count), "y", 180 / count),
    )
    stalk = union(
        limb((0, 0.0, -0.05), (0.03, 0.9, -0.02), 0.055),
        limb((0.03, 0.9, -0.02), (0, 1.7, 0.06), 0.055),
        blend=0.05,
    )
    leaf = ellipsoid((0.36, 0, 0), (0.4, 0.035, 0.15))
    leaves = union(
        move(turn(leaf, "z", 38), (0.02, 0.5, 0)),
        move(turn(turn(leaf, "z", 30), "y", 170), (0, 0.75, 0)),
    )
    earth = ellipsoid((0, 0.0, -0.04), (0.4, 0.12, 0.36))
    return Figure(
        (
            look.part(_faced(ring), 0, "#e8486a", "#f2b632", "#f4f0ea", "#8a6ad0", gloss=0.2),
            look.part(
                _faced(ellipsoid((0, 0.06, 0), (0.2, 0.13, 0.2))),
                1,
                "#e8a82a",
                "#6a4020",
                gloss=0.1,
            ),
            look.detail(union(stalk, leaves, blend=0.04), "#4a8a3a", 0.25),
            look.detail(earth, "#5a3e2a", 0.0),
        ),
        blend=0.01,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "tree": tree,
    "pine": pine,
    "palm": palm,
    "cactus": cactus,
    "flower": flower,
}
