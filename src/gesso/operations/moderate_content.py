"""moderate_content: whether words, a picture or a film may be shown."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gesso.operations.asking import Asking, Line, Part, ShowingOrder, Words, require

Category = Literal[
    "sexual", "minors", "violence", "hate", "harassment", "self_harm", "illegal", "spam", "other"
]


class ModerateContentOrder(ShowingOrder):
    """Something to be judged; what is given together is judged together."""

    type: Literal["moderate_content"]
    prompt: Words = Field(
        "",
        description="Words to be judged, or what the picture was made from.",
        json_schema_extra={"x-ui": "prompt"},
    )

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        require(self, "prompt", "video", "image", "url")
        return self


class Finding(Part):
    """One thing that speaks against it."""

    category: Category
    severity: Literal["low", "medium", "high"]
    reason: Line


class Moderation(Part):
    """A judgement."""

    verdict: Literal["allow", "review", "reject"]
    findings: Annotated[list[Finding], Field(max_length=40)]
    summary: Line


class ModerateContent(Asking[ModerateContentOrder]):
    """One judgement."""

    type = "moderate_content"
    title = "Moderate content"
    summary = "Whether words, a picture or a film may be shown."
    params = ModerateContentOrder
    makes = ("moderate_content",)
    result = Moderation
    most_tokens = 1024
