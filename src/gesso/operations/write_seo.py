"""write_seo: a title, a description and tags for a film on a video platform."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gesso.operations.asking import Asking, Part, ShowingOrder, Words

Tag = Annotated[str, StringConstraints(min_length=1, max_length=30)]


class WriteSeoOrder(ShowingOrder):
    """What the film is about; it may be shown besides."""

    type: Literal["write_seo"]
    prompt: Annotated[
        Words,
        StringConstraints(min_length=1),
        Field(description="What it is about.", json_schema_extra={"x-ui": "prompt"}),
    ]
    platform: Literal["youtube"] = "youtube"
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = (
        "en"
    )
    keywords: list[Tag] = Field(default_factory=list, max_length=20)


class Seo(Part):
    """What stands beside a film; within YouTube's limits."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    description: Annotated[str, StringConstraints(min_length=1, max_length=4900)]
    tags: Annotated[list[Tag], Field(min_length=1, max_length=15)]


class WriteSeo(Asking[WriteSeoOrder]):
    """One title, one description, some tags."""

    type = "write_seo"
    title = "Write for search"
    summary = "A title, a description and tags for a film on YouTube."
    params = WriteSeoOrder
    makes = ("write_seo",)
    result = Seo
    most_tokens = 2048
