"""analyze_trends: what many posts have in common, and what somebody could make of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gesso.domain.tasks import Order
from gesso.operations.asking import Asking, Line, Paragraph, Part, Words


class Post(BaseModel):
    """A post as it was found, with its figures."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    text: Annotated[str, StringConstraints(max_length=2000)] = ""
    views: int | None = Field(None, ge=0, le=10**12)
    likes: int | None = Field(None, ge=0, le=10**12)
    published_at: Annotated[str, StringConstraints(max_length=40)] | None = None


class AnalyzeTrendsOrder(Order):
    """Posts to be compared, newest first."""

    type: Literal["analyze_trends"]
    prompt: Words = Field(
        "", description="What you are after.", json_schema_extra={"x-ui": "prompt"}
    )
    items: Annotated[list[Post], Field(min_length=1, max_length=200)]


class Trend(Part):
    """Something that several posts show."""

    name: Line
    strength: Literal["rising", "steady", "falling"]
    evidence: Annotated[list[Annotated[int, Field(ge=0, lt=200)]], Field(max_length=200)]
    """Places of posts in the order's list, from 0."""
    why: Line


class Trends(Part):
    """What moves people just now."""

    summary: Paragraph
    trends: Annotated[list[Trend], Field(max_length=30)]
    ideas: Annotated[list[Line], Field(max_length=30)]


class AnalyzeTrends(Asking[AnalyzeTrendsOrder]):
    """Many posts, one reading of them."""

    type = "analyze_trends"
    title = "Analyse trends"
    summary = "What many posts have in common, and what you could make of it."
    params = AnalyzeTrendsOrder
    makes = ("analyze_trends",)
    result = Trends
