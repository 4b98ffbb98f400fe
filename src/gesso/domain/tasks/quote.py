"""Quotes: what an order comes to before it is given, and the menu as a client reads it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from gesso.domain.catalog import Tier
from gesso.domain.tasks.menu import Menu, Priced, total
from gesso.domain.tasks.operation import Operation, Order
from gesso.domain.tasks.wire import EstimateOut, LineOut, OperationOut, OperationsOut, PhaseOut
from gesso.kit.money import credits_text

_ENVELOPE = ("expected_max", "wallet")
"""Fields of an order that are about the request, not about the work."""


def estimate(menu: Menu, order: Order, pieces: Sequence[Priced], *, available: int) -> EstimateOut:
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
    )


def _line(phase: str, unit: str, amount: int, *, count: int, model: str, held_now: bool) -> LineOut:
    return LineOut(
        phase=phase,
        unit=unit,
        count=count,
        price=credits_text(amount),
        amount=credits_text(amount * count),
        held_now=held_now,
        model=model,
    )


def operations_out(menu: Menu) -> OperationsOut:
    """Every operation with its schema and prices."""
    return OperationsOut(items=[_operation_out(menu, op) for op in menu.operations.values()])


def _operation_out(menu: Menu, operation: Operation[Any]) -> OperationOut:
    schema = operation.params.model_json_schema()
    for name in _ENVELOPE:
        schema["properties"].pop(name, None)
    return OperationOut(
        type=operation.type,
        title=operation.title,
        summary=operation.summary,
        phases=[
            _phase_out(menu, phase, makes)
            for phase, makes in zip(operation.phases, operation.makes, strict=True)
        ],
        params_schema=schema,
        result_schema=operation.result.model_json_schema() if operation.result else None,
    )


def _phase_out(menu: Menu, phase: str, makes: str) -> PhaseOut:
    models = {tier: menu.maker(makes, tier) for tier in get_args(Tier)}
    units = [model.price.unit or model.unit for model in models.values() if model]
    prices = {tier: credits_text(m.price.rate(tier)) for tier, m in models.items() if m}
    return PhaseOut(name=phase, unit=units[0] if units else "piece", prices=prices)
