"""text_to_video: a short film of a prompt."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from gesso.domain.tasks import Draft, Operation, Order, Prompt, Seed
from gesso.operations.seeds import seed_of

VideoAspect = Literal["1:1", "16:9", "9:16"]
_EDGES = {"fast": 512, "standard": 640, "high": 960}
FPS = 24


def frame_size(aspect: VideoAspect, tier: str) -> tuple[int, int]:
    """Width and height of a frame in pixels, both even as H.264 wants them."""
    across, down = (int(part) for part in aspect.split(":"))
    unit = _EDGES[tier] / max(across, down)
    return round(across * unit / 16) * 16, round(down * unit / 16) * 16


class TextToVideoOrder(Order):
    """A film of a prompt."""

    type: Literal["text_to_video"]
    prompt: Prompt
    seconds: int = Field(3, ge=1, le=8, description="How long it lasts.")
    aspect: VideoAspect = "1:1"
    seed: Seed = None


class TextToVideo(Operation[TextToVideoOrder]):
    """One job, one film."""

    type = "text_to_video"
    title = "Text to video"
    summary = "A short film of what you describe."
    params = TextToVideoOrder
    phases = ("video",)
    makes = ("text_to_video",)

    def plan(self, order: TextToVideoOrder) -> Sequence[Draft]:
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
        return [Draft(makes="text_to_video", index=0, input=details)]
