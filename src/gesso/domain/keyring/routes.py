"""The keyring over HTTP, for operators."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.responses import Response

from gesso.domain import auditlog
from gesso.domain.identity import OperatorDep
from gesso.domain.keyring import rotate, service
from gesso.domain.keyring.errors import (
    BadSecrets,
    KeyInUse,
    KeyRetired,
    LabelTaken,
    MasterKeyMissing,
    NoSuchProviderKey,
)
from gesso.domain.keyring.history import history
from gesso.domain.keyring.service import NewKey, credential_id
from gesso.domain.keyring.tables import ProviderKey
from gesso.domain.keyring.wire import (
    KeyChange,
    KeyEventOut,
    KeyIn,
    KeyOut,
    KeyringHouse,
    ReplacementIn,
    RestIn,
    RotationOut,
    event_out,
    key_out,
    plain,
)
from gesso.infra.db import View
from gesso.infra.web import Page, PageDep, TxDep, ViewDep, house_of, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("keyring", prefix="/api/v1/keyring")

KeyPath = Annotated[str, Path(max_length=40, description="A key's id.")]


@router.post("/keys", status_code=201, responses=problems(BadSecrets, LabelTaken, MasterKeyMissing))
async def add_key(request: Request, _operator: OperatorDep, body: KeyIn) -> KeyOut:
    """Put a key of a provider on the ring; it is lent from now on, and its secret is never shown
    again.
    """
    house = _house(request)
    facts = body.model_dump(exclude={"secrets"})
    new = NewKey(**facts, secrets=plain(body.secrets))
    return key_out(await service.add(house.db, house.safe, new, actor=auditlog.actor(request)), 0)


@router.get("/keys")
async def list_keys(
    request: Request,
    view: ViewDep,
    _operator: OperatorDep,
    page: PageDep,
    *,
    provider: Annotated[str | None, Query(max_length=64, description="Of this one only.")] = None,
) -> Page[KeyOut]:
    """List the keys, retired ones too, the newest first."""
    after = page.after(UUID)
    found = await service.page(
        view, provider=provider, after=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, lambda key: (key.id,))
    return Page(items=await _shown(request, view, rows), next_cursor=cursor)


@router.get("/keys/{key_id}", responses=problems(NoSuchProviderKey))
async def get_provider_key(
    request: Request, view: ViewDep, _operator: OperatorDep, key_id: KeyPath
) -> KeyOut:
    """Look at one."""
    (shown,) = await _shown(request, view, [await service.get(view, _known(key_id))])
    return shown


@router.patch("/keys/{key_id}", responses=problems(NoSuchProviderKey, LabelTaken, KeyRetired))
async def change_key(
    request: Request, tx: TxDep, _operator: OperatorDep, key_id: KeyPath, change: KeyChange
) -> KeyOut:
    """Change a key's label, weight, limits or state; in force at once, everywhere. A paused or
    retired key is lent to nobody, and stays for the jobs that it has.
    """
    changes = change.model_dump(exclude_unset=True)
    key = await service.change(tx, _known(key_id), changes, actor=auditlog.actor(request))
    return (await _shown(request, tx, [key]))[0]


@router.post(
    "/keys/{key_id}/replace",
    status_code=201,
    responses=problems(NoSuchProviderKey, BadSecrets, KeyRetired, MasterKeyMissing),
)
async def replace_key(
    request: Request, _operator: OperatorDep, key_id: KeyPath, body: ReplacementIn
) -> KeyOut:
    """Put a new key in the place of this one, with its label, weight and limits. The old one
    retires: it gets no new jobs, and stays for those that it has.
    """
    house = _house(request)
    key = await service.replace(
        house.db, house.safe, _known(key_id), plain(body.secrets),
        root=body.root, actor=auditlog.actor(request),
    )  # fmt: skip
    return key_out(key, 0)


@router.post("/keys/{key_id}/rest", responses=problems(NoSuchProviderKey, KeyRetired))
async def rest_key(
    request: Request, tx: TxDep, _operator: OperatorDep, key_id: KeyPath, body: RestIn
) -> KeyOut:
    """Have a key lent to nobody for so long; then one attempt tries it out before others follow."""
    key = await service.rest(tx, _known(key_id), body.seconds, actor=auditlog.actor(request))
    return (await _shown(request, tx, [key]))[0]


@router.post("/keys/{key_id}/release", responses=problems(NoSuchProviderKey, KeyRetired))
async def release_key(
    request: Request, tx: TxDep, _operator: OperatorDep, key_id: KeyPath
) -> KeyOut:
    """Have a resting key lent again, as if it had never failed."""
    key = await service.release(tx, _known(key_id), actor=auditlog.actor(request))
    return (await _shown(request, tx, [key]))[0]


@router.delete("/keys/{key_id}", status_code=204, responses=problems(NoSuchProviderKey, KeyInUse))
async def remove_key(
    request: Request, tx: TxDep, _operator: OperatorDep, key_id: KeyPath
) -> Response:
    """Destroy a retired key that no job needs any more; its history stays."""
    uses, by = _house(request).key_uses, auditlog.actor(request)
    await service.remove(tx, uses, _known(key_id), actor=by)
    return Response(status_code=204)


@router.get("/keys/{key_id}/history")
async def get_key_history(
    view: ViewDep, _operator: OperatorDep, page: PageDep, key_id: KeyPath
) -> Page[KeyEventOut]:
    """Tell what happened to a key and who did it, the newest first; also of one that is gone."""
    after = page.after(UUID)
    found = await history(
        view, _known(key_id), after=after[0] if after else None, limit=page.limit + 1
    )
    if not found and after is None:
        raise NoSuchProviderKey("There is no such key.")
    rows, cursor = page.cut(found, lambda event: (event.id,))
    return Page(items=[event_out(event) for event in rows], next_cursor=cursor)


@router.post("/rotate-master", responses=problems(MasterKeyMissing))
async def rotate_master(request: Request, _operator: OperatorDep) -> RotationOut:
    """Wrap the next rows by the master key in force; ask again until nothing remains. A new one is
    put in force by `gesso keyring rotate-master`.
    """
    house = _house(request)
    step = await rotate.step(house.db, house.safe, actor=auditlog.actor(request))
    return RotationOut(
        master_key=step.master,
        rewrapped=step.rewrapped,
        remaining=step.remaining,
        unreadable=step.unreadable,
    )


def _house(request: Request) -> KeyringHouse:
    return cast(KeyringHouse, house_of(request))


def _known(text: str) -> UUID:
    found = parse_id("pkey", text)
    if found is None:
        raise NoSuchProviderKey("There is no such key.")
    return found


async def _shown(request: Request, view: View, keys: Sequence[ProviderKey]) -> list[KeyOut]:
    uses = await _house(request).key_uses(view, [credential_id(key.id) for key in keys])
    return [key_out(key, uses.get(credential_id(key.id), 0)) for key in keys]
