"""What every film's order carries, whatever it is made from."""

from typing import Any, Final, Literal

from pydantic import Field

from gesso.domain.tasks import Order, Seed
from gesso.operations.seeds import seed_of
from gesso.operations.sizes import fit

EDGES: Final = {"fast": 512, "standard": 640, "high": 960}
"""The longer edge of a frame in pixels, by tier."""
_FPS = 24


class FilmOrder(Order):
    """How long a film lasts, and its shape."""

    seconds: int = Field(3, ge=1, le=8, description="How long it lasts.")
    aspect: Literal["1:1", "16:9", "9:16"] = "1:1"
    seed: Seed = None


def film_input(order: FilmOrder, prompt: str) -> dict[str, Any]:
    """What a provider is told of a film."""
    width, height = fit(order.aspect, EDGES[order.tier])
    return {
        "prompt": prompt,
        "seed": seed_of(order.seed),
        "seconds": order.seconds,
        "fps": _FPS,
        "width": width,
        "height": height,
        "aspect": order.aspect,
    }
