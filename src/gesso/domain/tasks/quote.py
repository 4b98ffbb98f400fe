"""Quotes: what an order comes to before it is given, and the menu as a client reads it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gesso.domain.catalog import Model
from gesso.domain.tasks.form import form_of
from gesso.domain.tasks.line import Pace, Span
from gesso.domain.tasks.listing import TIERS
from gesso.domain.tasks.menu import Menu, Priced, total
from gesso.domain.tasks.operation import Operation, Order
from gesso.domain.tasks.outlook import Outlook
from gesso.domain.tasks.render import span_out
from gesso.domain.tasks.wire import (
    EstimateLineOut,
    EstimateOut,
    OperationOut,
    OperationsOut,
    PhaseOut,
)
from gesso.kit.money import credits_text


def estimate(
    menu: Menu, order: Order, pieces: Sequence[Priced], *, available: int, soon: Outlook
) -> EstimateOut:
    """The lines of a bill: the first phase is frozen at submit, later ones only if the task comes
    to them.
    """
    operation = menu.operation(order.type)
    groups = Counter((piece.model.id, piece.model.unit, piece.amount) for piece in pieces)
    lines = [
        _line(operation.phases[0], unit, amount, count=count, model=model, held_now=True)
        for (model, unit, amount), count in groups.items()
    ]
    later = 0
    for phase, makes in list(zip(operation.phases, operation.makes, strict=True))[1:]:
        model = menu.model(makes, order)
        amount = model.price.most({"tier": order.tier})
        later += amount
        lines.append(_line(phase, model.unit, amount, count=1, model=model.id, held_now=False))
    held = total(pieces)
    return EstimateOut(
        held=credits_text(held),
        most=credits_text(held + later),
        available=credits_text(available),
        covered=held <= available,
        price_version=menu.version,
        lines=lines,
        ahead=soon.ahead,
        wait=span_out(soon.wait),
        takes=span_out(soon.takes),
    )


def _line(
    phase: str, unit: str, amount: int, *, count: int, model: str, held_now: bool
) -> EstimateLineOut:
    return EstimateLineOut(
        phase=phase,
        unit=unit,
        count=count,
        price=credits_text(amount),
        amount=credits_text(amount * count),
        held_now=held_now,
        model=model,
    )


def operations_out(menu: Menu, paces: Mapping[str, Pace]) -> OperationsOut:
    """Every operation with its form, its prices, and how long its phases take by these paces."""
    items = [_operation_out(menu, each, paces) for each in menu.operations.values()]
    return OperationsOut(version=menu.version, items=items)


def _operation_out(
    menu: Menu, operation: Operation[Any], paces: Mapping[str, Pace]
) -> OperationOut:
    phases = zip(operation.phases, operation.makes, strict=True)
    skills = (*operation.makes[:1], *operation.instead)
    return OperationOut(
        type=operation.type,
        title=operation.title,
        summary=operation.summary,
        available=any(_is_offered(menu, makes) for makes in skills),
        phases=[_phase_out(menu, phase, makes, paces) for phase, makes in phases],
        params_schema=form_of(operation.params),
        result_schema=operation.result.model_json_schema() if operation.result else None,
    )


def _is_offered(menu: Menu, makes: str) -> bool:
    models = [menu.maker(makes, tier) for tier in TIERS]
    return any(model is not None and menu.is_offered(model) for model in models)


def _phase_out(menu: Menu, phase: str, makes: str, paces: Mapping[str, Pace]) -> PhaseOut:
    models = {tier: made for tier in TIERS if (made := menu.maker(makes, tier))}
    units = [model.price.unit or model.unit for model in models.values()]
    takes = {tier: span_out(_usual(model, paces)) for tier, model in models.items()}
    return PhaseOut(
        name=phase,
        unit=units[0] if units else "piece",
        prices={tier: credits_text(m.price.rate(tier)) for tier, m in models.items()},
        metered=any(model.price.is_metered for model in models.values()),
        takes={tier: span for tier, span in takes.items() if span is not None},
    )


def _usual(model: Model, paces: Mapping[str, Pace]) -> Span | None:
    """What a piece of this model takes where its first target makes it."""
    pace = paces.get(model.targets[0].queue) if model.targets else None
    return pace.takes if pace else None
