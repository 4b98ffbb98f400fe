"""text_to_image: one to eight pictures of a prompt."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from gesso.domain.tasks import Draft, Made, Operation, Order, Prompt, Seed
from gesso.operations.seeds import seed_of
from gesso.operations.sizes import fit

Aspect = Literal["1:1", "4:3", "3:4", "16:9", "9:16"]

EDGES = {"fast": 512, "standard": 768, "high": 1024}
"""The longer edge of a picture in pixels, by tier."""


def picture_size(aspect: Aspect, tier: str) -> tuple[int, int]:
    """Width and height in pixels."""
    return fit(aspect, EDGES[tier])


class TextToImageOrder(Order):
    """Pictures of a prompt."""

    type: Literal["text_to_image"]
    prompt: Prompt
    count: int = Field(1, ge=1, le=8, description="How many pictures.")
    aspect: Aspect = "1:1"
    seed: Seed = None


class TextToImage(Operation[TextToImageOrder]):
    """Each picture is a job of its own:
    what can be made is delivered and charged, the rest is not.
    """

    type = "text_to_image"
    title = "Text to image"
    summary = "Pictures of what you describe."
    params = TextToImageOrder
    phases = ("images",)
    makes = ("text_to_image",)

    def plan(self, order: TextToImageOrder) -> Sequence[Draft]:
        """One job a picture, with seeds counted up from the first."""
        width, height = picture_size(order.aspect, order.tier)
        return [
            Draft(
                makes="text_to_image",
                index=index,
                input={
                    "prompt": order.prompt,
                    "seed": seed_of(order.seed, index),
                    "width": width,
                    "height": height,
                    "aspect": order.aspect,
                    "quality": order.tier,
                },
            )
            for index in range(order.count)
        ]

    def again(
        self,
        order: TextToImageOrder,
        delivered: Sequence[Made],
        selected: int | None,  # noqa: ARG002
    ) -> TextToImageOrder:
        """As many pictures as are missing, with the seeds that follow."""
        missing = order.count - len(delivered)
        seed = None if order.seed is None else seed_of(order.seed, order.count if delivered else 0)
        return order.model_copy(update={"count": missing, "seed": seed})
