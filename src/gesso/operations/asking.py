"""Asking: operations whose piece is an answer of a language model, typed and checked.

What the user has written becomes the question's material: data, apart from our instructions.
Pictures and films go along as inputs do with every provider; an address is fetched by us alone.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gesso.domain.tasks import AssetInput, Draft, Operation, Order, asset_uuid
from gesso.operations.prompts import prompt

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Address = Annotated[
    str | None,
    Field(
        None,
        max_length=2048,
        pattern=r"^https?://[!-~]+$",
        description="A file in the open web, instead of an asset of yours.",
    ),
]
Film = Annotated[
    str | None,
    AssetInput("video"),
    Field(
        None,
        max_length=40,
        description="A video of yours: an asset's id.",
        json_schema_extra={"x-ui": "asset:video"},
    ),
]
Picture = Annotated[
    str | None,
    AssetInput("image"),
    Field(
        None,
        max_length=40,
        description="A picture of yours: an asset's id.",
        json_schema_extra={"x-ui": "asset:image"},
    ),
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Paragraph = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class Part(BaseModel):
    """A part of an answer; what it does not name is not in it."""

    model_config = ConfigDict(extra="forbid")


class ShowingOrder(Order):
    """An order that may show something beside its words."""

    url: Address = None
    video: Film = None
    image: Picture = None


OrderT = TypeVar("OrderT", bound=Order)


class Asking(Operation[OrderT]):
    """One job, one answer. Its instructions stand in `prompts/`, under its type."""

    phases = ("answer",)
    result: ClassVar[type[BaseModel]]
    most_tokens: ClassVar[int] = 4096

    def material(self, order: OrderT) -> Mapping[str, Any]:
        """What of the order is for the model to read."""
        apart = {*ShowingOrder.model_fields}
        return order.model_dump(mode="json", exclude=apart, exclude_none=True)

    def plan(self, order: OrderT) -> Sequence[Draft]:
        """The one question."""
        shown = order if isinstance(order, ShowingOrder) else None
        assets = {"video": shown.video, "image": shown.image} if shown else {}
        question = {
            "name": self.type,
            "instructions": prompt(self.type),
            "material": dict(self.material(order)),
            "schema": self.result.model_json_schema(),
            "most_tokens": self.most_tokens,
        }
        return [
            Draft(
                makes=self.makes[0],
                index=0,
                input={"question": question},
                assets={name: asset_uuid(text) for name, text in assets.items() if text},
                links={"url": shown.url} if shown and shown.url else {},
            )
        ]


def require(order: ShowingOrder, *names: str) -> None:
    """ValueError unless at least one of these parameters says something."""
    if not any(getattr(order, name) for name in names):
        *most, last = names
        raise ValueError(f"one of {', '.join(most)} or {last} is needed")
