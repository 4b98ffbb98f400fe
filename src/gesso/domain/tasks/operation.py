"""What a kind of task must say of itself;
everything else (routes, money, retries, events) comes from here.

An operation is params, a price, a plan and a fold: see `docs/guides/add-an-operation.md` for the
worked example.
"""

import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gesso.domain.catalog import Tier
from gesso.infra.db import View
from gesso.kit.ids import parse_id

Prompt = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    Field(description="What it should show, in plain words.", json_schema_extra={"x-ui": "prompt"}),
]
Seed = Annotated[
    int | None,
    Field(
        None,
        ge=0,
        le=2**31 - 1,
        description="The same seed gives the same result; none: a new one.",
        json_schema_extra={"x-ui": "seed", "x-ui.group": "advanced"},
    ),
]


@dataclass(frozen=True, slots=True)
class AssetInput:
    """Marks a parameter that names an asset of the caller's, which must be of this kind."""

    kind: str


ImageInput = Annotated[
    str,
    AssetInput("image"),
    StringConstraints(max_length=40),
    Field(
        description="A picture of yours: an asset's id.", json_schema_extra={"x-ui": "asset:image"}
    ),
]

VideoInput = Annotated[
    str,
    AssetInput("video"),
    StringConstraints(max_length=40),
    Field(
        description="A video of yours: an asset's id.", json_schema_extra={"x-ui": "asset:video"}
    ),
]


def asset_uuid(text: str) -> UUID:
    """The asset that a checked parameter names; ValueError for text that names none."""
    found = parse_id("asset", text)
    if found is None:
        raise ValueError("not the id of an asset")
    return found


class Order(BaseModel):
    """What every request for work carries;
    an operation's own parameters are fields of a subclass.
    """

    # Strict: `"4"` and `true` are no numbers. Types that JSON lacks say `strict=False`.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: str
    tier: Tier = "standard"
    model: str | None = Field(
        None,
        max_length=100,
        description="A model of the catalogue, instead of the one that the tier leads to.",
        json_schema_extra={"x-ui": "model", "x-ui.group": "advanced"},
    )
    priority: int = Field(
        0,
        ge=0,
        le=9,
        description="Honoured where the queue has priorities on.",
        json_schema_extra={"x-ui.group": "advanced"},
    )
    wallet: Literal["personal", "shared"] | None = Field(
        None,
        description="Which wallet pays: your own, or the shared one; none: the one you have set.",
    )
    expected_max: Decimal | None = Field(
        None,
        ge=0,
        le=10**9,
        max_digits=18,
        decimal_places=6,
        strict=False,
        description="Refuse with `price_changed` if more credits than these would be frozen first.",
    )


OrderT = TypeVar("OrderT", bound=Order)
Views = Callable[[], AbstractAsyncContextManager[View]]
"""Opens a unit of work that reads."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One piece that is to be made: which skill of the catalogue makes it, and from what."""

    makes: str
    index: int
    input: Mapping[str, Any]
    assets: Mapping[str, UUID] = field(default_factory=dict)
    source_job_id: UUID | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    """Inputs by their addresses; each is fetched and examined before the job is sent."""
    recipe: Mapping[str, Any] | None = None
    """Which stored document it is made by (`id`), for providers that take one."""
    rate: int | None = None
    """Its price in micro-credits, where it has one of its own; none: the catalogue's."""


@dataclass(frozen=True, slots=True)
class Made:
    """A job of the phase that has just ended, as a fold sees it."""

    id: UUID
    index: int
    status: str
    input: Mapping[str, Any]
    asset_id: UUID | None
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """The task is completed with what it has."""


@dataclass(frozen=True, slots=True)
class Await:
    """The task waits for its owner's choice, at most so many seconds."""

    phase: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Fail:
    """The task has failed."""

    code: str
    message: str


class Nothing(Exception):
    """The provider has done its work, and nothing came of it; says so to the user."""


Step = Done | Await | Fail


class Operation(ABC, Generic[OrderT]):
    """A kind of task. Subclass it, set the class variables, write `plan`; override the rest where
    needed.
    """

    type: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    params: builtins.type[OrderT]
    phases: ClassVar[tuple[str, ...]] = ("making",)
    """The operation's own words for its paid phases, in order."""
    makes: ClassVar[tuple[str, ...]]
    """The skill of the catalogue that each phase needs."""
    verbatim: ClassVar[bool] = False
    """Its inputs are in the words of the model's provider: what is one of `Draft.assets` by its
    name becomes a link, and all is checked against the model's own schema where it can be had.
    """
    instead: ClassVar[tuple[str, ...]] = ()
    """Skills that an order may need in place of the first phase's."""
    result: ClassVar[builtins.type[BaseModel] | None] = None
    """What the value is that comes of it; none: files."""

    @abstractmethod
    def plan(self, order: OrderT) -> Sequence[Draft]:
        """The pieces of the first phase."""

    async def draft(self, views: Views, owner_id: UUID, order: OrderT) -> Sequence[Draft]:  # noqa: ARG002
        """The pieces of the first phase, for an operation that has to read what it plans from; by
        default `plan`.
        """
        return self.plan(order)

    def price(self, order: OrderT, draft: Draft, rate: int) -> int:  # noqa: ARG002
        """The most that one piece can cost, in micro-credits; `rate` is the most by the catalogue's
        price rule.
        """
        return rate

    def read(self, asked: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """What a provider delivered that is no file, in the operation's own words; `asked` is the
        input of its draft. What is raised here ends the job, and nothing is charged: `Nothing`
        where there is no result, anything else where it makes no sense.
        """
        return value

    def fold(self, order: OrderT, made: Sequence[Made]) -> Step:  # noqa: ARG002
        """What follows when every job of a phase has ended; by default what was delivered is the
        result.
        """
        if any(job.status == "completed" for job in made):
            return Done()
        reason = next((job for job in made if job.error_code), None)
        if reason is None:
            return Fail("nothing_made", "Nothing could be made.")
        return Fail(
            reason.error_code or "nothing_made", reason.error_message or "Nothing could be made."
        )

    def choose(self, order: OrderT, chosen: Made) -> Sequence[Draft]:  # noqa: ARG002
        """The pieces of the phase after the owner's choice; only for operations that `Await`."""
        raise LookupError(f"{self.type} has nothing to choose")

    def again(self, order: OrderT, delivered: Sequence[Made], selected: int | None) -> Order:  # noqa: ARG002
        """What a retry asks for; by default the same. What was delivered and paid need not be made
        twice.
        """
        return order
