"""text_to_3d: four pictures of a prompt, of which the user picks one, of which one model is made.

Each phase is frozen, charged and delivered on its own: what the first has made stays, whatever
becomes of the second.
"""

from collections.abc import Sequence
from typing import Final, Literal

from gesso.domain.tasks import Await, Draft, Fail, Made, Operation, Order, Prompt, Seed, Step
from gesso.kit.ids import public_id
from gesso.operations.image_to_3d import ImageTo3DOrder
from gesso.operations.seeds import seed_of
from gesso.operations.text_to_image import picture_size

PICTURES = 4
CHOICE_SECONDS = 7 * 24 * 3600
_ASPECT: Final = "1:1"


class TextTo3DOrder(Order):
    """A model of a prompt, by way of a picture that the user picks."""

    type: Literal["text_to_3d"]
    prompt: Prompt
    seed: Seed = None


class TextTo3D(Operation[TextTo3DOrder]):
    """Two phases: `images`, then after the choice `model`."""

    type = "text_to_3d"
    title = "Text to 3D model"
    summary = "Four pictures of what you describe; pick one, and it becomes a 3D model."
    params = TextTo3DOrder
    phases = ("images", "model")
    makes = ("text_to_image", "image_to_3d")

    def plan(self, order: TextTo3DOrder) -> Sequence[Draft]:
        """The four pictures."""
        width, height = picture_size(_ASPECT, order.tier)
        return [
            Draft(
                makes="text_to_image",
                index=index,
                input={
                    "prompt": order.prompt,
                    "seed": seed_of(order.seed, index),
                    "width": width,
                    "height": height,
                    "aspect": _ASPECT,
                    "quality": order.tier,
                },
            )
            for index in range(PICTURES)
        ]

    def fold(self, order: TextTo3DOrder, made: Sequence[Made]) -> Step:
        """With a picture to choose, wait for the choice; after the model, the usual end."""
        step = super().fold(order, made)
        is_pictures = "prompt" in made[0].input
        if is_pictures and not isinstance(step, Fail):
            return Await("selection", CHOICE_SECONDS)
        return step

    def choose(self, order: TextTo3DOrder, chosen: Made) -> Sequence[Draft]:  # noqa: ARG002
        """The model of the picture that was picked."""
        if chosen.asset_id is None:
            raise LookupError("a chosen picture has an asset")
        return [
            Draft(
                makes="image_to_3d",
                index=0,
                input={"seed": int(chosen.input["seed"])},
                assets={"image": chosen.asset_id},
                source_job_id=chosen.id,
            )
        ]

    def again(self, order: TextTo3DOrder, delivered: Sequence[Made], selected: int | None) -> Order:
        """Pictures that were paid for are not made twice: a retry after the choice asks for the
        model alone.
        """
        chosen = next((made for made in delivered if made.index == selected), None)
        if chosen is None or chosen.asset_id is None:
            return order
        return ImageTo3DOrder(
            type="image_to_3d",
            image=public_id("asset", chosen.asset_id),
            tier=order.tier,
            priority=order.priority,
        )
