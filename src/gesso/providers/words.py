"""Words: a provider's answers, read by their shape. What is essential and odd makes the answer
unreadable (`Unsure`); what is merely useful and odd counts as not said.
"""

from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from gesso.providers.flow import Unsure

_LONGEST = 500


class Words(BaseModel):
    """A part of an answer; members that it does not name are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


W = TypeVar("W", bound=Words)
T = TypeVar("T")


def read(shape: type[W], body: bytes) -> W:
    """The body as this shape; Unsure where it is none."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise Unsure(f"an answer that cannot be read: {error.errors()[0]['msg']}") from error


def glance(shape: type[W], body: bytes) -> W | None:
    """The body as this shape, or None: for the bodies of errors, which may come from a gateway."""
    try:
        return shape.model_validate_json(body)
    except ValidationError:
        return None


def _or_none(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST]


Soft = Annotated[T | None, WrapValidator(_or_none)]
"""None where it is not said, or oddly."""
Id = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[!-~]{1,200}$")]
"""What a provider calls a thing of its own."""
Code = Annotated[str, BeforeValidator(_as_text), AfterValidator(_printable)]
"""A provider's name or number of a state or an error."""
Said = Annotated[str, AfterValidator(_printable)]
"""A sentence of a provider's, fit to be shown and stored."""
Link = Annotated[str, Field(pattern=r"^https?://[!-~]{1,8000}$")]
"""Where something can be fetched."""
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
"""Credits or units."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
