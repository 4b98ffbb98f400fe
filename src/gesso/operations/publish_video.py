"""publish_video: a video of the caller's, put on a channel of the house.

It is private unless the order says otherwise, and is declared as made by a machine. A retry is a
new upload: whoever is not told what became of a video should look at the channel first.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from gesso.domain.tasks import Draft, Operation, Order, VideoInput, asset_uuid

_TAGS: int = 500
"""Characters of all tags together, with the quotes that spaces need and the commas between."""

# The API refuses angle brackets in titles, descriptions and tags.
_PLAIN = r"^[^<>]*$"
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=_PLAIN)]


class PublishVideoOrder(Order):
    """A video, and what people read beside it."""

    type: Literal["publish_video"]
    video: VideoInput
    title: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_PLAIN),
        Field(json_schema_extra={"x-ui": "prompt"}),
    ]
    description: str = Field("", max_length=5000, pattern=_PLAIN)
    tags: list[Tag] = Field(default=[], max_length=50)
    privacy: Literal["private", "unlisted", "public"] = "private"
    publish_at: AwareDatetime | None = Field(
        None, strict=False, description="When a private video becomes public."
    )
    category: str = Field("22", pattern=r"^\d{1,3}$", description="The channel's category.")
    language: str | None = Field(None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    made_for_kids: bool = False
    synthetic: bool = Field(True, description="Whether what is seen was made by a machine.")
    notify: bool = Field(False, description="Whether subscribers are told.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.publish_at is not None and self.privacy != "private":
            raise ValueError("only a private video can be published at a time")
        if sum(len(tag) + (2 if " " in tag else 0) + 1 for tag in self.tags) > _TAGS + 1:
            raise ValueError(f"all tags together have at most {_TAGS} characters")
        if len(self.description.encode()) > 5000:
            raise ValueError("a description has at most 5000 bytes")
        return self


class PublishVideo(Operation[PublishVideoOrder]):
    """One upload, one published video; the result is where it is."""

    type = "publish_video"
    title = "Publish a video"
    summary = "A video of yours on the channel of this house."
    params = PublishVideoOrder
    phases = ("publish",)
    makes = ("publish_video",)

    def plan(self, order: PublishVideoOrder) -> Sequence[Draft]:
        """The one upload."""
        at = order.publish_at
        details = {
            "title": order.title,
            "description": order.description,
            "tags": order.tags or None,
            "privacy": order.privacy,
            "publish_at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None,
            "category": order.category,
            "language": order.language,
            "made_for_kids": order.made_for_kids,
            "synthetic": order.synthetic,
            "notify": order.notify,
        }
        said = {name: each for name, each in details.items() if each is not None}
        assets = {"video": asset_uuid(order.video)}
        return [Draft(makes="publish_video", index=0, input=said, assets=assets)]
