"""remix_video: a film of the caller's, made anew as a prompt says.

What comes of it lasts about as long as that film does, so its length is what the price goes by.
"""

from collections.abc import Sequence
from math import ceil
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from gesso.domain import media
from gesso.domain.tasks import Draft, Operation, Order, Seed, VideoInput, Views, asset_uuid
from gesso.infra.errors import Invalid
from gesso.operations.film import EDGES
from gesso.operations.seeds import seed_of

LONGEST: Final = 30
"""Seconds of a film that is taken."""


class RemixVideoOrder(Order):
    """A film made from a film of the caller's."""

    type: Literal["remix_video"]
    remix_from: VideoInput
    prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
        Field(
            description="What should become of it, in plain words.",
            json_schema_extra={"x-ui": "prompt"},
        ),
    ]
    seed: Seed = None


class RemixVideo(Operation[RemixVideoOrder]):
    """One job, one film."""

    type = "remix_video"
    title = "Remix a video"
    summary = "A video of yours, made anew as you describe."
    params = RemixVideoOrder
    phases = ("video",)
    makes = ("remix_video",)

    async def draft(self, views: Views, owner_id: UUID, order: RemixVideoOrder) -> Sequence[Draft]:
        """The one film, with the seconds that what it is made from has begun; Invalid where those
        are too many.
        """
        async with views() as view:
            wanted = {"remix_from": (order.remix_from, "video")}
            given = (await media.inputs(view, owner_id, wanted))["remix_from"]
        seconds = given.details.get("duration")
        if not isinstance(seconds, int | float):
            return self.plan(order)
        if seconds > LONGEST:
            raise Invalid(
                f"A video that is to be remixed lasts at most {LONGEST} seconds.",
                code="video_too_long",
                pointer="#/remix_from",
            )
        return [_draft(order, {"seconds": max(1, ceil(seconds))})]

    def plan(self, order: RemixVideoOrder) -> Sequence[Draft]:
        """The one film, of a length that is not known."""
        return [_draft(order, {})]


def _draft(order: RemixVideoOrder, length: dict[str, Any]) -> Draft:
    told = {"prompt": order.prompt, "seed": seed_of(order.seed), "edge": EDGES[order.tier]}
    return Draft("remix_video", 0, told | length, assets={"video": asset_uuid(order.remix_from)})
