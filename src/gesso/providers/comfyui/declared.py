"""Declared inputs: what a workflow's users may set, of which kind, and where in its graph."""

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

Place = Annotated[str, StringConstraints(pattern=r"^[^.\s]{1,64}\.\S{1,100}$")]
"""A field of a node, as `node.field`."""
_WHOLE = 2**53
"""The largest whole number that every JSON reader can tell from its neighbours."""
LARGEST_SEED = 2**31 - 1


class _Declared(BaseModel, ABC):
    # Strict: `"4"` and `true` are no numbers.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    at: list[Place] = Field(
        min_length=1, max_length=8, description="The fields that it is written into: `node.field`."
    )
    title: str | None = Field(None, max_length=100)
    description: str | None = Field(None, max_length=500)
    optional: bool = Field(
        default=False, description="Left out, the graph keeps the value that it has."
    )

    @property
    def fallback(self) -> Any:
        """What it is when nobody says; `...` where somebody must."""
        default = getattr(self, "default", None)
        return ... if default is None and not self.optional else default

    def field(self) -> tuple[Any, Any]:
        """The type and the field of a model that takes its values."""
        kind, options = self.takes()
        told = {"title": self.title, "description": self.description}
        options |= {name: value for name, value in told.items() if value}
        taken = kind | None if self.optional else kind
        return taken, Field(self.fallback, **options)

    @abstractmethod
    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""

    def fault(self) -> str | None:
        """What is wrong with the declaration in itself, in a few words."""
        low, high = (getattr(self, f"{end}imum", 0) for end in ("min", "max"))
        if low > high:
            return "has a minimum above its maximum"
        if self.fallback not in (None, ...):
            kind, options = self.takes()
            taken: Any = Annotated[kind, Field(**options)]
            try:
                TypeAdapter(taken).validate_python(self.fallback, strict=True)
            except ValidationError:
                return "has a default that it would not take"
        return None


class StringInput(_Declared):
    """Words."""

    type: Literal["string"]
    min_length: int = Field(1, ge=0, le=20_000)
    max_length: int = Field(2000, ge=1, le=20_000)
    default: str | None = Field(None, max_length=20_000)

    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""
        bounds = StringConstraints(min_length=self.min_length, max_length=self.max_length)
        return Annotated[str, bounds], {}


class IntegerInput(_Declared):
    """A whole number within bounds."""

    type: Literal["integer"]
    minimum: int = Field(ge=-_WHOLE, le=_WHOLE)
    maximum: int = Field(ge=-_WHOLE, le=_WHOLE)
    multiple_of: int | None = Field(None, ge=1, le=_WHOLE)
    default: int | None = Field(None, ge=-_WHOLE, le=_WHOLE)

    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""
        step = {"multiple_of": self.multiple_of} if self.multiple_of else {}
        return int, {"ge": self.minimum, "le": self.maximum, **step}


class NumberInput(_Declared):
    """A number within bounds."""

    type: Literal["number"]
    minimum: float = Field(allow_inf_nan=False)
    maximum: float = Field(allow_inf_nan=False)
    default: float | None = Field(None, allow_inf_nan=False)

    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""
        return float, {"ge": self.minimum, "le": self.maximum}


class BooleanInput(_Declared):
    """Yes or no."""

    type: Literal["boolean"]
    default: bool | None = None

    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""
        return bool, {}


class EnumInput(_Declared):
    """One of some words."""

    type: Literal["enum"]
    choices: list[Annotated[str, StringConstraints(max_length=300)]] = Field(
        min_length=1, max_length=200
    )
    default: str | None = None

    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""
        return Literal[tuple(self.choices)], {}


class SeedInput(_Declared):
    """What makes a result one of its own; left out, a new one is drawn."""

    type: Literal["seed"]

    @property
    def fallback(self) -> Any:
        """None: it is drawn."""
        return None

    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""
        return int | None, {"ge": 0, "le": LARGEST_SEED}


class ImageInput(_Declared):
    """A picture of the user's: an asset's id."""

    type: Literal["image"]

    def takes(self) -> tuple[Any, dict[str, Any]]:
        """The type of its values, and what more their field is told."""
        bounds = StringConstraints(max_length=40)
        return Annotated[str, bounds], {"json_schema_extra": {"x-ui": "asset:image"}}


Plain = StringInput | IntegerInput | NumberInput | BooleanInput | EnumInput
Declared = Annotated[Plain | SeedInput | ImageInput, Field(discriminator="type")]


class Output(BaseModel):
    """A node whose files are the result."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    node: str = Field(max_length=64)
    kind: Literal["image", "video", "model"]


class Node(BaseModel):
    """A node of a graph in the API's format; a link is `[node, output]`."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    class_type: str = Field(min_length=1, max_length=200)
    inputs: dict[Annotated[str, StringConstraints(max_length=100)], Any] = Field({}, max_length=200)

    def links(self) -> list[str]:
        """The nodes that it is fed by."""
        return [str(value[0]) for value in self.inputs.values() if is_link(value)]


def is_link(value: object) -> bool:
    """Whether a field is fed by another node."""
    return (
        isinstance(value, list)
        and len(value) == 2  # the node and its output
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
