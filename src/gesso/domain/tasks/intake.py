"""Intake: from a parsed order to a priced request, before any transaction is opened."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from gesso.domain import media
from gesso.domain.identity import Caller
from gesso.domain.tasks.menu import Menu, Priced
from gesso.domain.tasks.operation import AssetInput, Order
from gesso.domain.tasks.submit import Request
from gesso.domain.tasks.verbatim import Schemas, check
from gesso.infra.db import Database
from gesso.infra.web import check_key
from gesso.kit.money import micro_credits


async def prepare(
    db: Database,
    menu: Menu,
    caller: Caller,
    order: Order,
    *,
    key: str | None,
    retry_of: UUID | None = None,
    schemas: Schemas | None = None,
) -> Request:
    """A request ready to be submitted; Invalid names what is wrong. `schemas` tells what models
    take, of operations that leave it to them.
    """
    pieces = await price(db, menu, caller, order)
    if schemas is not None and menu.operation(order.type).verbatim:
        await _check(schemas, pieces)
    stored = order.model_dump(mode="json", exclude={"expected_max"})
    # Left out, so that what was asked before these could be said is the same.
    for name in ("model", "wallet"):
        if stored[name] is None:
            del stored[name]
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
        keys=caller.keys,
        expected_max=None if order.expected_max is None else micro_credits(order.expected_max),
    )


async def price(db: Database, menu: Menu, caller: Caller, order: Order) -> list[Priced]:
    """The pieces of an order's first phase, once its inputs are known to be the caller's."""
    view_of = partial(db.view, tenant=caller.tenant_id)
    wanted = asset_inputs(order)
    if wanted:
        async with view_of() as view:
            await media.inputs(view, caller.user_id, wanted)
    drafts = await menu.operation(order.type).draft(view_of, caller.user_id, order)
    return menu.price(order, drafts)


async def _check(schemas: Schemas, pieces: Sequence[Priced]) -> None:
    """Invalid where an input, sent as it is, does not fit its model."""
    for piece in pieces:
        target = piece.target
        if target.input is None:
            schema = await schemas.schema(target.provider, target.model)
            await check(schema, piece.draft.input, piece.draft.assets)


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
