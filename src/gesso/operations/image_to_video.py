"""image_to_video: a picture set in motion."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gesso.domain.tasks import Draft, ImageInput, Operation, Order, Seed, asset_uuid
from gesso.operations.seeds import seed_of
from gesso.operations.text_to_video import FPS, VideoAspect, frame_size


class ImageToVideoOrder(Order):
    """A film made from a picture of the caller's."""

    type: Literal["image_to_video"]
    image: ImageInput
    prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=2000),
        Field(description="How it should move.", json_schema_extra={"x-ui": "prompt"}),
    ] = ""
    seconds: int = Field(3, ge=1, le=8, description="How long it lasts.")
    aspect: VideoAspect = "1:1"
    seed: Seed = None


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
        width, height = frame_size(order.aspect, order.tier)
        details = {
            "prompt": order.prompt,
            "seed": seed_of(order.seed),
            "seconds": order.seconds,
            "fps": FPS,
            "width": width,
            "height": height,
        }
        assets = {"image": asset_uuid(order.image)}
        return [Draft(makes="image_to_video", index=0, input=details, assets=assets)]
