"""Listing: models as clients and operators read them. Money is decimal text in credits."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, Field

from gesso.domain.catalog import USED, Model, Price, Tier
from gesso.domain.tasks.menu import Menu
from gesso.kit.money import credits_text

TIERS: tuple[Tier, ...] = get_args(Tier)


class ExampleOut(BaseModel):
    """A price worked out: with `usage`, `price` is what is charged for that, and `most` what is
    frozen.
    """

    tier: Tier
    input: dict[str, Any]
    usage: dict[str, int]
    price: str
    most: str


class PriceOut(BaseModel):
    """A price rule: in words, and as the catalogue has it. The sum of its rates times what there is
    of each, times the tier's factor, rounded up to a millionth of a credit.
    """

    unit: str = Field(description="What `rates` are meant for.")
    rates: dict[str, str] = Field(description="Credits a unit, by tier.")
    rule: dict[str, Any]
    metered: bool = Field(description="Charged by what is used up, and frozen at its most.")
    examples: list[ExampleOut]


class ModelOut(BaseModel):
    """A model that can be asked for."""

    id: str
    makes: str
    operations: list[str]
    tiers: list[Tier]
    default_in: list[Tier] = Field(description="Tiers that lead here where no model is named.")
    unit: str
    price: PriceOut
    available: bool = Field(description="Whether anybody can be asked for it now.")


class ModelsOut(BaseModel):
    """Every model, the preferred first; `version` is what an estimate calls `price_version`."""

    version: str
    items: list[ModelOut]
    next_cursor: str | None = None


class TargetOut(BaseModel):
    """One who can make it, and how that went lately."""

    name: str
    queue: str
    pinned: bool
    disabled: bool
    reachable: bool = Field(description="Installed, and there is a credential for it.")
    left_alone: bool = Field(description="It failed too often in a row.")
    success: float
    seconds: float | None
    provider_cost: str = Field(description="What it usually takes, in its own currency.")


class RunningOut(ModelOut):
    """A model as operators see it."""

    disabled: bool
    fallback: list[str]
    targets: list[TargetOut]
    revision: int | None = Field(description="Of the change just made.")


def model_out(menu: Menu, model: Model) -> ModelOut:
    """A model of the menu."""
    leads = [
        tier for tier in TIERS if (made := menu.maker(model.makes, tier)) and made.id == model.id
    ]
    return ModelOut(
        id=model.id,
        makes=model.makes,
        operations=menu.skills.get(model.makes, []),
        tiers=[tier for tier in TIERS if tier in model.tiers],
        default_in=leads,
        unit=model.unit,
        price=price_out(model),
        available=not model.disabled and menu.is_offered(model),
    )


def price_out(model: Model) -> PriceOut:
    """A model's price; one that is the same for every piece is its own example."""
    price = model.price
    told = [(each.tier, each.input, each.usage) for each in model.examples]
    shown: list[tuple[Tier, Mapping[str, Any], Mapping[str, int]]] = [*told]
    if not shown:
        shown = [(tier, {}, {}) for tier in TIERS if tier in model.tiers]
    return PriceOut(
        unit=price.unit or model.unit,
        rates={tier: credits_text(price.rate(tier)) for tier in TIERS if tier in model.tiers},
        rule=price.model_dump(mode="json", exclude_defaults=True),
        metered=price.is_metered,
        examples=[_example(price, *each) for each in shown],
    )


def _example(
    price: Price, tier: Tier, given: Mapping[str, Any], usage: Mapping[str, int]
) -> ExampleOut:
    values = {**given, "tier": tier}
    most = price.most(values)
    used = {name: amount for name, amount in usage.items() if name in USED}
    comes = price.amount({**values, **used}) if used else most
    return ExampleOut(
        tier=tier,
        input=dict(given),
        usage=dict(usage),
        price=credits_text(comes),
        most=credits_text(most),
    )


def running_out(menu: Menu, model: Model, revision: int | None) -> RunningOut:
    """A model with what only operators see."""
    return RunningOut(
        **model_out(menu, model).model_dump(),
        disabled=model.disabled,
        fallback=list(model.fallback),
        targets=[
            TargetOut(
                name=target.name,
                queue=target.queue,
                pinned=target.pinned,
                disabled=target.disabled,
                reachable=menu.can_ask(target.provider),
                left_alone=menu.router.is_left(target.name),
                success=menu.router.success(target.name),
                seconds=menu.router.figures(target.name).seconds,
                provider_cost=f"{target.provider_cost.normalize():f}",
            )
            for target in model.targets
        ],
        revision=revision,
    )
