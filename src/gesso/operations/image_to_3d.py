"""image_to_3d: a model of what a picture shows."""

from collections.abc import Sequence
from typing import Literal

from gesso.domain.tasks import Draft, ImageInput, Operation, Order, Seed, asset_uuid
from gesso.operations.seeds import seed_of


class ImageTo3DOrder(Order):
    """A model made from a picture of the caller's."""

    type: Literal["image_to_3d"]
    image: ImageInput
    seed: Seed = None


class ImageTo3D(Operation[ImageTo3DOrder]):
    """One job, one model."""

    type = "image_to_3d"
    title = "Image to 3D model"
    summary = "A 3D model of what your picture shows."
    params = ImageTo3DOrder
    phases = ("model",)
    makes = ("image_to_3d",)

    def plan(self, order: ImageTo3DOrder) -> Sequence[Draft]:
        """The one model."""
        details = {"seed": seed_of(order.seed)}
        return [Draft("image_to_3d", 0, details, assets={"image": asset_uuid(order.image)})]
