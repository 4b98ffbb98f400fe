"""upscale: a picture, two or four times as large. The worked example of
`docs/guides/add-an-operation.md`.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from gesso.domain.tasks import Draft, ImageInput, Operation, Order, asset_uuid


class UpscaleOrder(Order):
    """A larger copy of a picture of the caller's."""

    type: Literal["upscale"]
    image: ImageInput
    scale: Literal[2, 4] = Field(2, description="How many times as wide and as high.")


class Upscale(Operation[UpscaleOrder]):
    """One job, one picture."""

    type = "upscale"
    title = "Upscale"
    summary = "A picture of yours, two or four times as large."
    params = UpscaleOrder
    phases = ("upscale",)
    makes = ("upscale",)

    def plan(self, order: UpscaleOrder) -> Sequence[Draft]:
        """The one larger picture."""
        assets = {"image": asset_uuid(order.image)}
        return [Draft(makes="upscale", index=0, input={"scale": order.scale}, assets=assets)]
