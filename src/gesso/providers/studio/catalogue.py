"""Every object that the studio can make, by name, and what it makes of a word it does not know."""

from collections.abc import Callable

from gesso.providers.studio import (
    abstracts,
    animals,
    buildings,
    creatures,
    emblems,
    food,
    fruit,
    furniture,
    machines,
    plants,
    swimmers,
    toys,
    treasures,
    vehicles,
    vessels,
)
from gesso.providers.studio.figure import Figure, Look
from gesso.providers.studio.words import Brief

MAKERS: dict[str, Callable[[Look], Figure]] = {
    **animals.MAKERS,
    **buildings.MAKERS,
    **creatures.MAKERS,
    **emblems.MAKERS,
    **food.MAKERS,
    **fruit.MAKERS,
    **furniture.MAKERS,
    **machines.MAKERS,
    **plants.MAKERS,
    **swimmers.MAKERS,
    **toys.MAKERS,
    **treasures.MAKERS,
    **vehicles.MAKERS,
    **vessels.MAKERS,
    "knot": abstracts.knot,
}


def figure_of(brief: Brief, seed: int) -> Figure:
    """The figure of a prompt: the same parts, sizes and colours for its picture and its model."""
    look = Look(brief, brief.dice(seed=seed, purpose="object"))
    maker = MAKERS.get(brief.subject or "")
    return maker(look) if maker else abstracts.sculpture(look)
