"""Animals that sit and face us: one body with many heads, and a dragon."""

from collections.abc import Callable
from dataclasses import dataclass

from gesso.providers.studio.figure import Figure, Look, Part
from gesso.providers.studio.solids import (
    Field,
    ellipsoid,
    extrude,
    limb,
    mirror,
    move,
    sphere,
    turn,
    union,
)


@dataclass(frozen=True)
class Kind:
    """What tells one sitting animal from another."""

    fur: tuple[str, ...]
    belly: str
    ears: str
    tail: str
    muzzle: float = 0.2
    nose: str = "#1c1718"
    patches: bool = False


KINDS = {
    "cat": Kind(
        ("#e39a4a", "#7d7a78", "#2e2c30", "#d9c8b4"), "#f6ead8", "pointed", "long", 0.17, "#d98a8a"
    ),
    "dog": Kind(("#c98d4e", "#8a5a34", "#e8d6b8"), "#f7ecdc", "flop", "curl", 0.26),
    "fox": Kind(("#dd6a22", "#d2581c"), "#fbf1e4", "pointed", "fluffy", 0.23),
    "bear": Kind(("#8a5a35", "#6b4630", "#b98a5a"), "#d9b48a", "round", "puff", 0.24),
    "rabbit": Kind(("#e9e4de", "#b9a08a", "#9a9aa2"), "#ffffff", "long", "puff", 0.19, "#dd9a9a"),
    "mouse": Kind(("#a8a6a8", "#c8b8a8"), "#eee6e2", "dish", "long", 0.18, "#e09aa0"),
    "pig": Kind(("#f2a9ae", "#f0b6b2"), "#f7c4c4", "flop", "curl", 0.23, "#e58d96"),
}


def _ears(kind: str, size: float) -> tuple[Field, Field | None]:
    """The right ear and the paler inside of it."""
    if kind == "pointed":
        outer = limb((0.3, 1.68, 0.02), (0.44, 2.04 + size, 0.0), 0.19, 0.03)
        return outer, limb((0.315, 1.72, 0.12), (0.43, 1.96 + size, 0.05), 0.11, 0.01)
    if kind == "round":
        return sphere((0.42, 1.8, 0.0), 0.2), sphere((0.43, 1.8, 0.13), 0.12)
    if kind == "dish":
        return ellipsoid((0.5, 1.84, 0.0), (0.33, 0.33, 0.1)), ellipsoid(
            (0.5, 1.84, 0.07), (0.24, 0.24, 0.06)
        )
    if kind == "long":
        top = 2.35 + 2 * size
        outer = ellipsoid((0.2, top - 0.3, -0.02), (0.13, 0.5, 0.09))
        leaning = turn(move(outer, (0, -1.6, 0)), "z", -8)
        inner = turn(
            move(ellipsoid((0.2, top - 0.3, 0.06), (0.07, 0.4, 0.05)), (0, -1.6, 0)), "z", -8
        )
        return move(leaning, (0, 1.6, 0)), move(inner, (0, 1.6, 0))
    outer = turn(ellipsoid((0, -0.2, 0), (0.15, 0.32, 0.1)), "z", 28)
    return move(outer, (0.48, 1.66, 0.05)), None


def _tail(kind: str) -> tuple[Field, Field | None]:
    if kind == "long":
        first = limb((0.2, 0.14, -0.5), (0.72, 0.16, -0.4), 0.1, 0.09)
        return union(
            first, limb((0.72, 0.16, -0.4), (0.92, 0.5, -0.2), 0.09, 0.07), blend=0.08
        ), None
    if kind == "fluffy":
        first = limb((0.2, 0.2, -0.4), (0.72, 0.3, -0.32), 0.13, 0.24)
        tip = limb((0.8, 0.5, -0.3), (0.86, 0.94, -0.26), 0.24, 0.05)
        return union(first, limb((0.72, 0.3, -0.32), (0.82, 0.6, -0.3), 0.24), blend=0.1), tip
    if kind == "curl":
        return limb((0, 0.4, -0.52), (0.1, 0.72, -0.78), 0.08, 0.06), None
    return sphere((0, 0.3, -0.58), 0.19), None


def _face(kind: Kind, look: Look, gaze: float) -> list[Part]:
    eye = mirror(sphere((0.21, 1.5, 0.535 + gaze), 0.085))
    glint = mirror(sphere((0.19, 1.535, 0.61 + gaze), 0.022))
    muzzle = ellipsoid((0, 1.3, 0.5), (kind.muzzle * 1.15, kind.muzzle * 0.8, kind.muzzle))
    nose = ellipsoid((0, 1.36, 0.5 + kind.muzzle), (0.075, 0.055, 0.05))
    snout = [look.detail(nose, kind.nose)]
    if kind.nose == "#e58d96":
        muzzle = limb((0, 1.32, 0.4), (0, 1.32, 0.68), 0.2)
        snout = [look.detail(mirror(sphere((0.07, 1.32, 0.87), 0.035)), "#a85560")]
    return [
        look.part(muzzle, 1, kind.belly, gloss=0.25),
        *snout,
        look.detail(eye, "#120e10", 1.0),
        look.detail(glint, "#ffffff", 0.4),
    ]


def sitting(kind: Kind) -> Callable[[Look], Figure]:
    """A maker of that kind of animal, seated and facing us."""

    def make(look: Look) -> Figure:
        dice = look.dice
        plump = dice.between(0.92, 1.12) + 0.1 * ("wide" in look.brief.traits)
        size = dice.between(-0.05, 0.07)
        body = ellipsoid((0, 0.62, -0.02), (0.52 * plump, 0.66, 0.5 * plump))
        skull = ellipsoid((0, 1.44, 0.06), (0.6, 0.52, 0.54))
        arm = limb((0.24, 0.75, 0.36), (0.22, 0.12, 0.5), 0.13, 0.12)
        paws = mirror(union(arm, ellipsoid((0.22, 0.09, 0.56), (0.13, 0.09, 0.17)), blend=0.06))
        thigh = ellipsoid((0.42 * plump, 0.3, 0.05), (0.24, 0.3, 0.34))
        foot = ellipsoid((0.46, 0.09, 0.36), (0.15, 0.09, 0.22))
        haunch = mirror(union(thigh, foot, blend=0.08))
        ear, inner = _ears(kind.ears, size)
        tail, tip = _tail(kind.tail)
        coat = look.part(
            union(body, skull, paws, haunch, mirror(ear), tail, blend=0.1), 0, *kind.fur, gloss=0.25
        )
        chest = ellipsoid((0, 0.66, 0.24 * plump), (0.3, 0.42, 0.31))
        parts = [coat, look.part(chest, 1, kind.belly, gloss=0.2), *_face(kind, look, 0.0)]
        if inner is not None:
            parts.append(look.part(mirror(inner), 1, "#e9b0a6", gloss=0.2))
        if tip is not None:
            parts.append(look.part(tip, 1, kind.belly, gloss=0.2))
        return Figure(tuple(parts), blend=0.02)

    return make


def dragon(look: Look) -> Figure:
    """A small dragon, seated, with wings and a crest."""
    scales = Kind(("#3f8a5a", "#8a3a3a", "#4a6aa8"), "#e8d088", "pointed", "long", 0.27, "#2a3a30")
    seated = sitting(scales)(look)
    span = look.dice.between(0.95, 1.25)
    outline = (
        (0.0, 0.0),
        (0.3, 0.55),
        (span, 0.75),
        (span - 0.12, 0.35),
        (0.62, 0.28),
        (0.5, 0.0),
        (0.25, 0.05),
    )
    wing = move(turn(extrude(outline, 0.04, 0.02), "y", 22), (0.32, 0.95, -0.4))
    crest = union(
        *(
            limb((0, y, z), (0, y + 0.2, z - 0.16), 0.1, 0.01)
            for y, z in ((1.9, 0.05), (1.72, -0.36), (1.15, -0.42), (0.75, -0.5))
        )
    )
    return Figure(
        (
            *seated.parts,
            look.part(mirror(wing), 2, "#e0a04a", "#d0705a", gloss=0.3),
            look.part(crest, 2, "#e8b050", gloss=0.4),
        ),
        blend=0.02,
    )


MAKERS: dict[str, Callable[[Look], Figure]] = {
    **{name: sitting(kind) for name, kind in KINDS.items()},
    "dragon": dragon,
}
