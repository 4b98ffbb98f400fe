"""The makers as worker processes call them: a commission in, the path of the result out."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gesso.providers.studio.answers import ANSWERS
from gesso.providers.studio.commission import Commission
from gesso.providers.studio.enlarge import enlarge as enlarge_picture
from gesso.providers.studio.film import film as shoot
from gesso.providers.studio.paint import paint as paint_picture
from gesso.providers.studio.remix import remix as cut
from gesso.providers.studio.sculpt import sculpt as carve

Progress = Callable[[float], None]


def paint(commission: Commission, progress: Progress) -> str:
    """A PNG of the prompt."""
    order = commission.order
    picture = paint_picture(
        order["prompt"],
        seed=order["seed"],
        width=order["width"],
        height=order["height"],
        quality=order["quality"],
        progress=progress,
    )
    return _keep(commission, "result.png", picture)


def film(commission: Commission, progress: Progress) -> str:
    """An MP4 of the prompt; with a picture, of that picture."""
    order = commission.order
    clip = shoot(
        order["prompt"],
        seed=order["seed"],
        seconds=order["seconds"],
        fps=order["fps"],
        width=order["width"],
        height=order["height"],
        image=commission.picture(),
        progress=progress,
    )
    return _keep(commission, "result.mp4", clip)


animate = film


def remix(commission: Commission, progress: Progress) -> str:
    """An MP4 of the film that is shown, as the prompt says."""
    order = commission.order
    clip = cut(
        Path(commission.shown.get("video", "")),
        order["prompt"],
        seed=order["seed"],
        edge=order["edge"],
        progress=progress,
    )
    return _keep(commission, "result.mp4", clip)


def sculpt(commission: Commission, progress: Progress) -> str:
    """A GLB of what the picture shows; one that the studio painted is known to the last curve."""
    made_from = commission.made_from or {}
    recipe = {name: made_from[name] for name in ("prompt", "seed") if name in made_from}
    model = carve(
        "",
        seed=int(commission.order["seed"]),
        image=commission.picture(),
        recipe=recipe if len(recipe) == 2 else None,
        progress=progress,
    )
    return _keep(commission, "result.glb", model)


def enlarge(commission: Commission, progress: Progress) -> str:
    """The picture, two or four times as large."""
    picture = commission.picture()
    if picture is None:
        raise ValueError("There is no picture to enlarge.")
    larger = enlarge_picture(picture, scale=commission.order["scale"], progress=progress)
    return _keep(commission, "result.png", larger)


def answer(commission: Commission, progress: Progress) -> dict[str, Any]:  # noqa: ARG001  # it is quick
    """An answer to a question, as far as counting and measuring go."""
    question = commission.order["question"]
    found = ANSWERS.get(question["name"])
    if found is None:
        raise ValueError(f"The studio has no answer to {question['name']}.")
    return found(question["material"], commission.shown)


def _keep(commission: Commission, name: str, content: bytes) -> str:
    """Write the result under its name only once it is whole."""
    target = Path(commission.folder) / name
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)
    return str(target)
