"""Entries of the catalogue: a model, its price with worked examples, and who can make it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gesso.domain.catalog.price import Price, Tier
from gesso.kit.money import credits_text, micro_credits

_ID: Final = r"^[a-z0-9](?:[a-z0-9._:/-]{0,99}|[a-z0-9._:/-]{0,98}\*)$"
ModelId = Annotated[str, Field(pattern=_ID)]
Cost = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]
_SHORT: Final = ("provider", "model", "input", "provider_cost")
"""Fields of an entry with one target, which then needs no list."""
_PATH: Final = re.compile(r"[a-z0-9_][a-z0-9._-]*(?:[/:][a-z0-9_][a-z0-9._-]*)*")
"""What may come of a pattern: it becomes part of an address, and leads nowhere else."""


class Entry(BaseModel):
    """What everything in the catalogue is: fixed, and without a field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(Entry):
    """A price worked out: what this input comes to. With `usage`, `price` is what is charged for
    that, and `most` what is frozen.
    """

    input: Mapping[str, Any] = {}
    tier: Tier = "standard"
    usage: Mapping[str, int] = {}
    price: Cost
    most: Cost | None = None


class Target(Entry):
    """One provider's model that can make it, and how it is asked."""

    provider: str = Field(min_length=1, max_length=64)
    model: str = Field(min_length=1, max_length=200)
    queue: str = ""
    """Where its jobs wait; the entry's queue unless given."""
    input: Mapping[str, Any] | None = None
    """The request in the provider's words (`shape.fill`); none: our own words are its words."""
    provider_cost: Cost = Decimal(0)
    """What the provider takes for a piece when it does not say so itself, in its own currency."""
    pinned: bool = False
    """Taken first whenever it can be, whatever the figures say."""
    disabled: bool = False

    @property
    def name(self) -> str:
        """By which its figures are kept, and jobs tell of it."""
        return f"{self.provider}:{self.model}"

    @property
    def usual_cost(self) -> int:
        """What the provider usually takes, in millionths of its currency."""
        return int(self.provider_cost * 1_000_000)


class Model(Entry):
    """One model that can be asked for: what it makes, what a piece costs, and who makes it.

    An id that ends with `*` is a pattern. It stands for every model whose name begins so, and what
    takes the place of its `*` does so in its targets, too.
    """

    id: ModelId
    makes: str = Field(min_length=1, max_length=64)
    queue: str = Field("", max_length=64)
    price: Price
    unit: str = Field("piece", min_length=1, max_length=40)
    examples: tuple[Example, ...] = Field((), max_length=20)
    tiers: tuple[Tier, ...] = Field(("fast", "standard", "high"), min_length=1)
    targets: tuple[Target, ...] = Field(min_length=1, max_length=10)
    """In the order in which they are preferred."""
    fallback: tuple[ModelId, ...] = Field((), max_length=10)
    """Entries whose targets make it where none of its own can; the price stays what was quoted."""
    disabled: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for others, and is none itself."""
        return self.id.endswith("*")

    def standing_for(self, name: str) -> "Model | None":
        """The model of this name, if this pattern stands for it."""
        begun = self.id[:-1]
        if not self.is_pattern or not name.startswith(begun) or not _PATH.fullmatch(name):
            return None
        rest = name[len(begun) :]
        targets = tuple(
            target.model_copy(update={"model": target.model[:-1] + rest}) for target in self.targets
        )
        if not rest or any(not _PATH.fullmatch(target.model) for target in targets):
            return None
        return self.model_copy(update={"id": name, "targets": targets})

    @model_validator(mode="before")
    @classmethod
    def _one_target(cls, given: Any) -> Any:
        """Take a provider and its model at the top for the only target, and give each its queue."""
        if not isinstance(given, Mapping):
            return given
        entry = dict(given)
        short = {name: entry.pop(name) for name in _SHORT if name in entry}
        if short and "targets" in entry:
            raise ValueError(f"an entry with targets has no {', '.join(short)} of its own")
        if short:
            entry["targets"] = [short]
        targets = entry.get("targets")
        if isinstance(targets, list | tuple):
            entry["targets"] = [_placed(target, entry.get("queue")) for target in targets]
        return entry

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if any(not target.queue for target in self.targets):
            raise ValueError("it names no queue")
        names = [target.name for target in self.targets]
        if len(set(names)) < len(names):
            raise ValueError("two of its targets are the same model of the same provider")
        if any(target.model.endswith("*") != self.is_pattern for target in self.targets):
            raise ValueError("models end with `*` where the id does, and nowhere else")
        if self.is_pattern and (self.fallback or not self.price.is_flat):
            raise ValueError("a pattern has a price for the piece alone, and no fallback")
        if not self.price.is_flat and not self.examples:
            raise ValueError("a price that is not the same for every piece needs worked examples")
        for number, example in enumerate(self.examples):
            self._check(number, example)
        return self

    def _check(self, number: int, example: Example) -> None:
        values = {**example.input, "tier": example.tier}
        most = self.price.most(values)
        comes = self.price.amount({**values, **example.usage}) if example.usage else most
        pairs = [("price", comes, example.price), ("most", most, example.most)]
        for what, found, told in pairs:
            if told is not None and found != micro_credits(told):
                text = f"example {number + 1}: its {what} comes to {credits_text(found)}, not "
                raise ValueError(f"{text}{told.normalize():f}")


def _placed(target: Any, queue: Any) -> Any:
    if isinstance(target, Target):
        return target if target.queue else target.model_copy(update={"queue": queue or ""})
    if isinstance(target, Mapping) and not target.get("queue"):
        return {**target, "queue": queue or ""}
    return target


class QueueDefaults(Entry):
    """How a queue is worked off until an operator says otherwise."""

    max_concurrency: int = Field(ge=0, le=100_000)
    timeout_seconds: int = Field(ge=1, le=604_800)
    max_attempts: int = Field(3, ge=1, le=20)
    backoff_first: float = Field(0.5, gt=0)
    backoff_cap: float = Field(30, gt=0)
    priority_enabled: bool = False
