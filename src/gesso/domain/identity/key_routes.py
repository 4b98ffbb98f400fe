"""One's own API keys over HTTP."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Query

from gesso.domain.identity import issuing, service
from gesso.domain.identity.access import require
from gesso.domain.identity.errors import (
    BadKeyRequest,
    KeyNotUsable,
    KeyTooWeak,
    NoSuchKey,
    ScopeNotAllowed,
    TooManyKeys,
)
from gesso.domain.identity.rules import Caller, Scope
from gesso.domain.identity.tables import ApiKey, User
from gesso.domain.identity.wire import (
    ApiKeyIn,
    ApiKeyOut,
    ApiKeyPatch,
    ApiKeyRotationIn,
    NewApiKeyOut,
    expiry_of,
    key_out,
    new_key_out,
)
from gesso.infra.db import Tx, View, moment
from gesso.infra.web import Page, PageDep, PageRequest, TxDep, ViewDep, new_router, problems
from gesso.kit.ids import parse_id

router = new_router("api keys")

ReaderDep = Annotated[Caller, require(Scope.KEYS_READ)]
WriterDep = Annotated[Caller, require(Scope.KEYS_WRITE)]
KeyPath = Annotated[str, Path(max_length=40, description="A key's id.")]
Descendants = Annotated[
    bool, Query(description="With every key that was made or renewed with it, for a stolen one.")
]
REFUSED: Final = problems(BadKeyRequest, ScopeNotAllowed, KeyTooWeak)
CHANGING: Final = {**REFUSED, **problems(NoSuchKey, KeyNotUsable)}


@router.post("/api-keys", status_code=201, responses={**REFUSED, **problems(TooManyKeys)})
async def create_api_key(tx: TxDep, caller: WriterDep, wish: ApiKeyIn) -> NewApiKeyOut:
    """Make a key. Its text is in this answer and in no other."""
    now = moment(tx)
    expires_at = expiry_of(wish.expires_at, issuing.USUAL_LIFE, now)
    if wish.expires_at is None and caller.expires_at is not None and expires_at is not None:
        expires_at = expires_at if caller.is_person else min(expires_at, caller.expires_at)
    key, text = await issuing.create_key(
        tx,
        await service.get_user(tx, caller.user_id),
        name=wish.name,
        scopes=wish.scopes,
        addresses=wish.allowed_addresses,
        expires_at=expires_at,
        by=caller,
    )
    return new_key_out(key, text, now)


@router.get("/api-keys")
async def list_api_keys(view: ViewDep, caller: ReaderDep, page: PageDep) -> Page[ApiKeyOut]:
    """List one's keys, the newest first, those that open nothing any more too."""
    return await _page(view, await service.get_user(view, caller.user_id), page)


@router.get("/api-keys/{key_id}", responses=problems(NoSuchKey))
async def get_api_key(view: ViewDep, caller: ReaderDep, key_id: KeyPath) -> ApiKeyOut:
    """Show a key."""
    user = await service.get_user(view, caller.user_id)
    return key_out(await issuing.find_key(view, user, _key_id(key_id)), moment(view))


@router.patch("/api-keys/{key_id}", responses=CHANGING)
async def change_api_key(
    tx: TxDep, caller: WriterDep, key_id: KeyPath, change: ApiKeyPatch
) -> ApiKeyOut:
    """Change a key; within a second it is so everywhere."""
    user, wished = await service.get_user(tx, caller.user_id), change.expires_at
    changes = issuing.Changes(
        name=change.name,
        scopes=change.scopes,
        addresses=change.allowed_addresses,
        expires_at=None if isinstance(wished, str) else wished,
        never_expires=wished == "never",
    )
    changed = await issuing.change_key(tx, user, _key_id(key_id), changes, by=caller)
    return key_out(changed, moment(tx))


@router.delete("/api-keys/{key_id}", responses=problems(NoSuchKey))
async def revoke_api_key(
    tx: TxDep, caller: WriterDep, key_id: KeyPath, *, descendants: Descendants = False
) -> ApiKeyOut:
    """Take a key back; within a second it opens nothing. A second call changes nothing."""
    user = await service.get_user(tx, caller.user_id)
    return key_out(await _take(tx, user, key_id, descendants=descendants), moment(tx))


@router.post("/api-keys/{key_id}/rotate", status_code=201, responses=CHANGING)
async def rotate_api_key(
    tx: TxDep, caller: WriterDep, key_id: KeyPath, wish: ApiKeyRotationIn
) -> NewApiKeyOut:
    """Put a new key in the place of one, which works on for as long as is wished, and then dies."""
    key, text = await issuing.rotate_key(
        tx,
        await service.get_user(tx, caller.user_id),
        _key_id(key_id),
        overlap=timedelta(seconds=wish.overlap_seconds),
        by=caller,
    )
    return new_key_out(key, text, moment(tx))


async def _take(tx: Tx, user: User, key_id: str, *, descendants: bool) -> ApiKey:
    take = issuing.revoke_tree if descendants else issuing.revoke
    return await take(tx, user, _key_id(key_id))


async def _page(view: View, user: User, page: PageRequest) -> Page[ApiKeyOut]:
    after = page.after(UUID)
    found = await issuing.list_keys(
        view, user, after=after[0] if after else None, limit=page.limit + 1
    )
    rows, cursor = page.cut(found, _place)
    now = moment(view)
    return Page(items=[key_out(key, now) for key in rows], next_cursor=cursor)


def _place(key: ApiKey) -> tuple[UUID]:
    return (key.id,)


def _key_id(text: str) -> UUID:
    found = parse_id("key", text)
    if found is None:
        raise NoSuchKey("There is no such key.")
    return found
