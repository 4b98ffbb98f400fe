"""Things that go: rockets, cars, boats and aeroplanes."""

from collections.abc import Callable

import numpy as np

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.solids import (
    Field,
    around,
    box,
    cut,
    cylinder,
    ellipsoid,
    extrude,
    grow,
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


def wheel(centre: tuple[float, float, float], radius: float, half: float) -> Field:
    """A wheel whose axle lies along z."""
    return move(turn(cylinder((0, 0, 0), radius, half, 0.05), "x", 90), centre)


def rocket(look: Look) -> Figure:
    """A rocket on its fins, with a porthole."""
    dice = look.dice
    belly = dice.between(0.38, 0.48)
    hull = lathe(
        (
            (0.0, 2.35),
            (0.1, 2.22),
            (0.27, 1.85),
            (belly, 1.2),
            (belly * 0.92, 0.7),
            (0.26, 0.36),
            (0.0, 0.34),
        )
    )
    nose = meet(grow(hull, 0.012), box((0, 2.4, 0), (1, 0.68, 1)))
    band = meet(grow(hull, 0.02), box((0, 0.66, 0), (1, 0.05, 1)))
    reach = dice.between(0.78, 0.92)
    fin = extrude(((0.25, 0.95), (0.5, 0.82), (reach, 0.35), (reach - 0.02, 0.0),
        (reach - 0.14, 0.02), (0.55, 0.34), (0.25, 0.42)), 0.06, 0.04)  # fmt: skip
    nozzle = lathe(((0.0, 0.4), (0.2, 0.38), (0.28, 0.16), (0.0, 0.2)), smooth=False)
    port = move(turn(torus((0, 0, 0), 0.17, 0.05), "x", 90), (0, 1.38, belly * 0.93))
    pane = ellipsoid((0, 1.38, belly * 0.86), (0.16, 0.16, 0.1))
    count = 4 if dice.chance(0.5) else 3
    return Figure(
        (
            look.part(hull, 0, "#f0ece4", "#e6e8ea", gloss=0.6),
            look.part(
                union(nose, turn(around(fin, count), "y", 45)), 1, "#d33a2c", "#e0542a", gloss=0.6
            ),
            look.part(union(band, port), 2, "#3a4048", "#c9a04a", gloss=0.7),
            look.detail(pane, "#5fc3e4", 1.0),
            look.detail(nozzle, "#3a3a40", 0.6),
        ),
        blend=0.02,
    )


def _windows(cabin: tuple[tuple[float, float], ...]) -> Field:
    """The side windows in their two halves, and those in front and behind."""
    side = extrude(
        [(x * 0.84 - 0.02, y * 0.84 + 0.134) for x, y in cabin], 0.515, 0.02, smooth=True
    )
    halves = union(box((-0.42, 1, 0), (0.3, 1, 1)), box((0.27, 1, 0), (0.3, 1, 1)))
    ends = extrude([(x * 1.015, y + 0.005) for x, y in cabin], 0.4, 0.08, smooth=True)
    return union(meet(side, halves), meet(ends, box((0.1, 0.98, 0), (2, 0.14, 0.38))))


def car(look: Look) -> Figure:
    """A rounded little car."""
    dice = look.dice
    roof = dice.between(1.05, 1.2)
    side = extrude(((-1.3, 0.3), (-1.34, 0.62), (-1.15, 0.8), (-0.3, 0.88), (0.6,
        0.86), (1.22, 0.74), (1.36, 0.55), (1.32, 0.3), (0.0, 0.26)), 0.6, 0.14,
        smooth=True)  # fmt: skip
    cabin_outline = (
        (-0.95, 0.78),
        (-0.78, roof - 0.08),
        (-0.4, roof + 0.08),
        (0.2, roof + 0.06),
        (0.5, roof - 0.1),
        (0.78, 0.78),
    )
    cabin = extrude(cabin_outline, 0.5, 0.12, smooth=True)
    arches = union(*(wheel((x, 0.3, z), 0.36, 0.2) for x in (-0.8, 0.82) for z in (-0.55, 0.55)))
    tyres = union(*(wheel((x, 0.28, z), 0.28, 0.12) for x in (-0.8, 0.82) for z in (-0.5, 0.5)))
    hubs = union(*(wheel((x, 0.28, z), 0.15, 0.14) for x in (-0.8, 0.82) for z in (-0.5, 0.5)))
    glass = _windows(cabin_outline)
    lamps = union(*(sphere((1.26, 0.6, z), 0.12) for z in (-0.4, 0.4)))
    tails = union(*(sphere((-1.27, 0.62, z), 0.09) for z in (-0.42, 0.42)))
    bumper = union(
        box((1.33, 0.36, 0), (0.06, 0.07, 0.52), 0.05),
        box((-1.31, 0.36, 0), (0.06, 0.07, 0.52), 0.05),
    )
    body = cut(union(side, cabin, blend=0.08), arches)
    return Figure(tuple(p.turned("y", -32) for p in (look.part(body, 0, "#d23b30",
        "#2f7fc0", "#e8b93a", "#5aa88a", gloss=0.85), look.detail(glass, "#1c2a36",
        1.0), look.detail(tyres, "#1d1c1e", 0.2), look.part(union(hubs, bumper), 2,
        "#d4d8dc", gloss=0.9), look.detail(lamps, "#fff3c8", 1.0), look.detail(tails,
        "#b01818", 0.9))), blend=0.012)  # fmt: skip


def boat(look: Look) -> Figure:
    """A small boat under sail."""
    dice = look.dice
    lean = dice.between(-0.06, 0.06)
    outside = ellipsoid((0, 0.62, 0), (1.15, 0.62, 0.46))
    hull = meet(
        cut(outside, ellipsoid((0, 0.74, 0), (1.02, 0.5, 0.37))), box((0, 0.3, 0), (2, 0.32, 2))
    )
    deck = meet(outside, box((0, 0.5, 0), (2, 0.04, 2)))
    mast = limb((0.08, 0.5, 0), (0.08 + lean, 2.4, 0), 0.045, 0.03)
    bulge = dice.between(0.1, 0.2)

    def billow(field: Field) -> Field:
        return lambda p: (
            field(np.stack([p[0], p[1], p[2] - bulge * np.cos((p[1] - 1.4) * 1.3)])) * 0.8
        )

    main = extrude(((0.0, 0.82), (-0.92, 0.86), (-0.5, 1.6), (0.03, 2.32)), 0.03, 0.025)
    jib = extrude(((0.2, 2.15), (0.18, 0.84), (1.0, 0.76)), 0.03, 0.025)
    stripe = meet(ellipsoid((0, 0.62, 0), (1.165, 0.635, 0.475)), box((0, 0.5, 0), (2, 0.05, 2)))
    flag = extrude(((0.08, 2.38), (0.42, 2.28), (0.08, 2.18)), 0.025, 0.02)
    return Figure(
        (
            look.part(hull, 0, "#b3522e", "#2f6a9a", "#c23a34", gloss=0.6),
            look.part(deck, 2, "#c99a62", gloss=0.3),
            look.part(billow(union(main, jib)), 1, "#f6f1e4", "#f3e3c8", gloss=0.1),
            look.detail(union(mast, limb((0.1, 0.78, 0), (-0.9, 0.82, 0), 0.035)), "#7a5230", 0.3),
            look.part(stripe, 1, "#f4efe4", gloss=0.5),
            look.part(flag, 0, "#d8382c", gloss=0.2),
        ),
        blend=0.01,
    )


def plane(look: Look) -> Figure:
    """A toy aeroplane with one propeller."""
    hull = turn(
        lathe(((0.0, 1.15), (0.22, 1.05), (0.34, 0.5), (0.3, -0.2), (0.1, -1.15), (0.0, -1.2))),
        "x",
        90,
    )
    span = look.dice.between(1.25, 1.42)
    wing = box((0, -0.02, 0.25), (span, 0.06, 0.3), 0.055)
    tail = union(
        box((0, 0.08, -1.02), (0.5, 0.045, 0.18), 0.04),
        turn(extrude(((0.8, 0.05), (1.2, 0.05), (1.22, 0.5), (1.05, 0.5)), 0.05), "y", 90),
    )
    blades = union(
        box((0, 0, 1.2), (0.05, 0.46, 0.025), 0.02), box((0, 0, 1.2), (0.46, 0.05, 0.025), 0.02)
    )
    feet = mirror(
        union(
            limb((0.28, -0.1, 0.4), (0.42, -0.48, 0.45), 0.05),
            turn(wheel((-0.45, -0.55, 0.42), 0.17, 0.07), "y", 90),
        )
    )
    wheels = mirror(move(turn(cylinder((0, 0, 0), 0.17, 0.07, 0.04), "z", 90), (0.43, -0.52, 0.45)))
    parts = (
        look.part(hull, 0, "#d9402f", "#e8b030", "#3a86c0", gloss=0.75),
        look.part(union(wing, tail), 1, "#f2ead8", "#f4f0e6", gloss=0.6),
        look.detail(
            union(sphere((0, 0, 1.16), 0.12), meet(feet, box((0, -0.3, 0.4), (1, 0.3, 0.12)))),
            "#3a3c42",
            0.6,
        ),
        look.detail(ellipsoid((0, 0.28, 0.28), (0.19, 0.2, 0.34)), "#243848", 1.0),
        look.detail(blades, "#caa06a", 0.4),
        look.detail(wheels, "#1f1e20", 0.2),
    )
    return Figure(
        tuple(Part(turn(move(p.shape, (0, 0.72, 0)), "y", 42), p.colour, p.finish) for p in parts),
        blend=0.015,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    "rocket": rocket,
    "car": car,
    "boat": boat,
    "plane": plane,
}
