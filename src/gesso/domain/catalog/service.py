"""The catalogue: which provider's model makes what, in which queue, for how much."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gesso.kit.money import micro_credits

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast where the library carries its C half."""

DEFAULT = Path(__file__).with_name("default.yaml")

Tier = Literal["fast", "standard", "high"]


class CatalogError(Exception):
    """The catalogue's file makes no sense; the message says where."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Model(_Entry):
    """One model that can be called: what it makes, whose it is, and what a piece costs."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._:/-]{0,99}$")
    makes: str
    provider: str
    model: str
    queue: str
    price: Decimal = Field(gt=0, le=1_000_000, decimal_places=6)
    unit: str = "piece"
    tiers: tuple[Tier, ...] = ("fast", "standard", "high")
    provider_cost: Decimal = Field(Decimal(0), ge=0, le=1_000_000, decimal_places=6)
    """What the provider takes for a piece when it does not say so itself, in its own currency."""

    @property
    def amount(self) -> int:
        """The price of a piece in micro-credits."""
        return micro_credits(self.price)


class QueueDefaults(_Entry):
    """How a queue is worked off until an operator says otherwise."""

    max_concurrency: int = Field(ge=0, le=100_000)
    timeout_seconds: int = Field(ge=1, le=604_800)
    max_attempts: int = Field(3, ge=1, le=20)
    backoff_first: float = Field(0.5, gt=0)
    backoff_cap: float = Field(30, gt=0)
    priority_enabled: bool = False


class Catalog(_Entry):
    """Every model and queue in force, under one version that each hold remembers."""

    version: str
    queues: Mapping[str, QueueDefaults] = {}
    models: tuple[Model, ...] = ()

    def pick(self, makes: str, tier: Tier) -> Model | None:
        """The model that makes it in this tier; the first listed wins."""
        return next((m for m in self.models if m.makes == makes and tier in m.tiers), None)


def load_catalog(files: Iterable[Path] = ()) -> Catalog:
    """The built-in catalogue with `files` before it: their models win, their queues replace."""
    catalog = _read(DEFAULT)
    for file in files:
        above = _read(file)
        catalog = Catalog(
            version=f"{catalog.version}+{above.version}",
            queues={**catalog.queues, **above.queues},
            models=above.models + catalog.models,
        )
    lost = {model.queue for model in catalog.models} - set(catalog.queues)
    if lost:
        raise CatalogError(
            f"these queues are named by models and described nowhere: {sorted(lost)}"
        )
    return catalog


def _read(file: Path) -> Catalog:
    try:
        content = yaml.load(file.read_text(), Loader=_LOADER)  # noqa: S506  # one of the safe two
        return Catalog.model_validate(content)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise CatalogError(f"{file}: {error}") from error
