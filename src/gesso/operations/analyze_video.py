"""analyze_video: why a film holds people: its hooks, its pacing, what it is made of."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gesso.operations.asking import Asking, Line, Paragraph, Part, ShowingOrder, Words, require


class AnalyzeVideoOrder(ShowingOrder):
    """A film to be looked at, of the caller's or from the open web."""

    type: Literal["analyze_video"]
    prompt: Words = Field(
        "", description="What you want to know above all.", json_schema_extra={"x-ui": "prompt"}
    )

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        require(self, "video", "url")
        return self


class Hook(Part):
    """What makes somebody stay."""

    at_seconds: Annotated[float, Field(ge=0, le=86_400)]
    what: Line
    why: Line


class Pacing(Part):
    """How the film moves."""

    rhythm: Literal["slow", "steady", "fast", "varying"]
    cuts: Annotated[int, Field(ge=0, le=100_000)]
    comment: Line


class Element(Part):
    """Something that carries the film."""

    name: Line
    role: Line


class VideoAnalysis(Part):
    """What a film is made of, and why it works."""

    summary: Paragraph
    hooks: Annotated[list[Hook], Field(max_length=20)]
    pacing: Pacing
    elements: Annotated[list[Element], Field(max_length=40)]
    audience: Line
    why_it_spreads: Paragraph
    suggestions: Annotated[list[Line], Field(max_length=20)]


class AnalyzeVideo(Asking[AnalyzeVideoOrder]):
    """One film, one analysis."""

    type = "analyze_video"
    title = "Analyse a video"
    summary = "Why a film holds people: its hooks, its pacing, what it is made of."
    params = AnalyzeVideoOrder
    makes = ("analyze_video",)
    result = VideoAnalysis
