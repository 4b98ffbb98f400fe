"""Intake: from a parsed order to a priced request, before any transaction is opened."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from gesso.domain import media
from gesso.domain.identity import Caller
from gesso.domain.tasks.menu import Menu, Priced
from gesso.domain.tasks.operation import AssetInput, Order
from gesso.domain.tasks.submit import Request
from gesso.infra.db import Database
from gesso.infra.errors import Invalid
from gesso.kit.money import micro_credits

KEY_LENGTH = 200


async def prepare(
    db: Database,
    menu: Menu,
    caller: Caller,
    order: Order,
    *,
    key: str | None,
    retry_of: UUID | None = None,
) -> Request:
    """A request ready to be submitted; Invalid names what is wrong."""
    pieces = await price(db, menu, caller.user_id, order)
    stored = order.model_dump(mode="json", exclude={"expected_max"})
    return Request(
        tenant_id=caller.tenant_id,
        owner_id=caller.user_id,
        order=order,
        phase=menu.operation(order.type).phases[0],
        pieces=pieces,
        price_version=menu.version,
        key=check_key(key),
        stored=stored,
        fingerprint=fingerprint(stored, retry_of) if key else "",
        retry_of=retry_of,
        expected_max=None if order.expected_max is None else micro_credits(order.expected_max),
    )


async def price(db: Database, menu: Menu, owner_id: UUID, order: Order) -> list[Priced]:
    """The pieces of an order's first phase, once its inputs are known to be the owner's."""
    wanted = asset_inputs(order)
    if wanted:
        async with db.view() as view:
            await media.inputs(view, owner_id, wanted)
    return menu.price(order, menu.operation(order.type).plan(order))


def asset_inputs(order: Order) -> dict[str, tuple[str, str]]:
    """The parameters that name assets: their text and the kind they must be."""
    named = {name: (getattr(order, name), kind) for name, kind in _asset_fields(type(order))}
    return {name: (text, kind) for name, (text, kind) in named.items() if text is not None}


@lru_cache(maxsize=256)
def _asset_fields(params: type[Order]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, mark.kind)
        for name, field in params.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, AssetInput)
    )


def fingerprint(stored: Mapping[str, Any], retry_of: UUID | None) -> str:
    """What two requests under one key must have in common."""
    content = to_json({"order": stored, "retry_of": retry_of})
    return hashlib.sha256(content).hexdigest()


def check_key(key: str | None) -> str | None:
    """The idempotency key, if it is one; Invalid when it is empty, too long or not plain text."""
    if key is None:
        return None
    if not (1 <= len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
        raise Invalid(
            "An idempotency key has 1 to 200 printable ASCII characters.",
            code="bad_idempotency_key",
        )
    return key
