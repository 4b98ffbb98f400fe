"""image_to_video: a picture set in motion."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from gesso.domain.tasks import Draft, ImageInput, Operation, asset_uuid
from gesso.operations.film import FilmOrder, film_input

_MOTION: Final = "It moves gently, as it would of itself."


class ImageToVideoOrder(FilmOrder):
    """A film made from a picture of the caller's."""

    type: Literal["image_to_video"]
    image: ImageInput
    prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=2000),
        Field(description="How it should move.", json_schema_extra={"x-ui": "prompt"}),
    ] = ""


class ImageToVideo(Operation[ImageToVideoOrder]):
    """One job, one film."""

    type = "image_to_video"
    title = "Image to video"
    summary = "A picture of yours, set in motion."
    params = ImageToVideoOrder
    phases = ("video",)
    makes = ("image_to_video",)

    def plan(self, order: ImageToVideoOrder) -> Sequence[Draft]:
        """The film."""
        # For providers that want to be told something.
        motion = {"motion": order.prompt or _MOTION}
        details = film_input(order, order.prompt) | motion
        assets = {"image": asset_uuid(order.image)}
        return [Draft(makes="image_to_video", index=0, input=details, assets=assets)]
