"""The studio's makers as worker processes call them: an order and a folder in, the path of the result out."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gesso.providers.studio.enlarge import enlarge as enlarge_picture
from gesso.providers.studio.film import film as shoot
from gesso.providers.studio.paint import paint as paint_picture
from gesso.providers.studio.sculpt import sculpt as carve

Order = Mapping[str, Any]
Progress = Callable[[float], None]


def paint(
    order: Order, image: str | None, made_from: Order | None, folder: str, progress: Progress
) -> str:  # noqa: ARG001
    """A PNG of the prompt."""
    picture = paint_picture(
        order["prompt"],
        seed=order["seed"],
        width=order["width"],
        height=order["height"],
        quality=order["quality"],
        progress=progress,
    )
    return _keep(folder, "result.png", picture)


def film(
    order: Order, image: str | None, made_from: Order | None, folder: str, progress: Progress
) -> str:  # noqa: ARG001
    """An MP4 of the prompt; with an image, of that image."""
    clip = shoot(
        order["prompt"],
        seed=order["seed"],
        seconds=order["seconds"],
        fps=order["fps"],
        width=order["width"],
        height=order["height"],
        image=_read(image),
        progress=progress,
    )
    return _keep(folder, "result.mp4", clip)


animate = film


def sculpt(
    order: Order, image: str | None, made_from: Order | None, folder: str, progress: Progress
) -> str:
    """A GLB of what the picture shows; a picture that the studio painted itself is known to the last curve."""
    known = made_from if made_from and "prompt" in made_from else None
    model = carve(
        str(known["prompt"]) if known else "",
        seed=int(order["seed"]),
        image=_read(image),
        recipe={"prompt": known["prompt"], "seed": known["seed"]} if known else None,
        progress=progress,
    )
    return _keep(folder, "result.glb", model)


def enlarge(
    order: Order, image: str | None, made_from: Order | None, folder: str, progress: Progress
) -> str:  # noqa: ARG001
    """The picture, two or four times as large."""
    picture = _read(image)
    if picture is None:
        raise ValueError("There is no picture to enlarge.")
    return _keep(
        folder, "result.png", enlarge_picture(picture, scale=order["scale"], progress=progress)
    )


def _read(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None


def _keep(folder: str, name: str, content: bytes) -> str:
    """Write the result under its name only once it is whole."""
    target = Path(folder) / name
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)
    return str(target)
