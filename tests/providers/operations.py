"""What the providers can do and no operation of gesso's own asks for."""

from collections.abc import Sequence
from typing import Annotated, Literal

from gesso.domain.tasks import AssetInput, Draft, Operation, Order, Prompt, asset_uuid


class CarveOrder(Order):
    """A model of words alone."""

    type: Literal["carve"]
    prompt: Prompt


class Carve(Operation[CarveOrder]):
    """One job, one model, and no picture in between."""

    type = "carve"
    title = "Carve"
    summary = "A 3D model of what you describe, at once."
    params = CarveOrder
    phases = ("model",)
    makes = ("text_to_model",)

    def plan(self, order: CarveOrder) -> Sequence[Draft]:
        """The one model."""
        return [Draft("text_to_model", 0, {"prompt": order.prompt})]


class PaintOrder(Order):
    """A model of the caller's, and words for its colours."""

    type: Literal["paint_model"]
    mesh: Annotated[str, AssetInput("model")]
    prompt: Prompt


class PaintModel(Operation[PaintOrder]):
    """One job, the same model in colours."""

    type = "paint_model"
    title = "Paint a model"
    summary = "A model of yours in colours."
    params = PaintOrder
    phases = ("model",)
    makes = ("refined_model",)

    def plan(self, order: PaintOrder) -> Sequence[Draft]:
        """The one model."""
        assets = {"model": asset_uuid(order.mesh)}
        return [Draft("refined_model", 0, {"prompt": order.prompt}, assets)]


OPERATIONS = (Carve, PaintModel)
