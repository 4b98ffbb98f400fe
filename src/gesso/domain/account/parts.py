"""Parts of an export: what there is of one person, a page at a time, each line one JSON text."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select

from gesso.domain import events, identity, media, payments, tasks, wallet
from gesso.domain.account.service import preferences
from gesso.domain.identity import ApiKey, User, UserIdentity
from gesso.domain.sessions import Session
from gesso.infra.db import Database, View
from gesso.infra.errors import NotFound
from gesso.infra.storage import Storage
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text

_PAGE: Final = 100

Row = TypeVar("Row")
Lines = AsyncIterator[bytes]


class Giving(Protocol):
    """What exporting needs of the house."""

    @property
    def db(self) -> Database:
        """The main database."""

    @property
    def storage(self) -> Storage:
        """Where media are kept."""

    @property
    def links(self) -> media.Links:
        """Makes signed links."""


async def profile(house: Giving, user: User) -> Lines:
    """Who they are to us, how they are known, and what they prefer."""
    async with house.db.view(tenant=user.tenant_id) as view:
        query = select(UserIdentity).where(UserIdentity.user_id == user.id)
        known = (await view.scalars(query.order_by(UserIdentity.id))).all()
        preferred = await preferences(view, user.id)
    yield _line(
        id=public_id("user", user.id),
        email=user.email,
        name=user.name,
        locale=user.locale,
        tenant_id=public_id("tenant", user.tenant_id),
        role=user.role,
        created_at=user.created_at,
        preferences=preferred.data if preferred else {},
        identities=[_identity(each) for each in known],
    )


async def keys(house: Giving, user: User) -> Lines:
    """Their keys by their beginnings; the rest of a key is not known here."""

    async def page(view: View, last: ApiKey | None) -> Sequence[ApiKey]:
        return await identity.list_keys(view, user, after=last.id if last else None, limit=_PAGE)

    async for key in _all(house.db, user, page):
        yield _line(
            id=public_id("key", key.id),
            name=key.name,
            key=f"{key.prefix}_…",
            scopes=key.scopes,
            allowed_addresses=key.addresses,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            last_used_from=key.last_used_from,
            revoked_at=key.revoked_at,
        )


async def sign_ins(house: Giving, user: User) -> Lines:
    """Their sessions, the oldest first, those that have ended too; tokens are not known here."""

    async def page(view: View, last: Session | None) -> Sequence[Session]:
        query = select(Session).where(Session.user_id == user.id).order_by(Session.id).limit(_PAGE)
        return (await view.scalars(query.where(Session.id > last.id) if last else query)).all()

    async for session in _all(house.db, user, page):
        yield _line(
            id=public_id("session", session.id),
            ip=session.ip,
            agent=session.agent,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            ended_at=session.ended_at,
            end_reason=session.end_reason,
        )


async def all_tasks(house: Giving, user: User) -> Lines:
    """Everything that they asked for, with what came of it, the newest first."""
    after: UUID | None = None
    while True:
        async with house.db.view(tenant=user.tenant_id) as view:
            found = await tasks.page(view, user.id, after=after, limit=_PAGE)
        for seen in found:
            yield tasks.task_out(seen, house.links, "").model_dump_json().encode() + b"\n"
        if len(found) < _PAGE:
            return
        after = found[-1].task.id


async def assets(house: Giving, user: User) -> Lines:
    """What is stored for them, with links that work for a while."""
    async for asset in all_assets(house, user):
        yield _line(
            id=public_id("asset", asset.id),
            task_id=public_id("task", asset.task_id) if asset.task_id else None,
            kind=asset.kind,
            content_type=asset.content_type,
            size=asset.size,
            sha256=asset.sha256,
            details=asset.details,
            file=f"files/{file_name(asset)}",
            url=house.links.content(asset.id),
            created_at=asset.created_at,
        )


def all_assets(house: Giving, user: User) -> AsyncIterator[media.Asset]:
    """Their assets, the newest first."""

    async def page(view: View, last: media.Asset | None) -> Sequence[media.Asset]:
        before = (last.created_at, last.id) if last else None
        return await media.page(view, user.id, before=before, limit=_PAGE)

    return _all(house.db, user, page)


async def statement(house: Giving, user: User) -> Lines:
    """Every movement of their wallet, the newest first."""
    async with house.db.view(tenant=user.tenant_id) as view:
        purse = await _purse(view, user)
    if purse is None:
        return

    async def page(view: View, last: wallet.LedgerTxn | None) -> Sequence[wallet.LedgerTxn]:
        before = last.seq if last else None
        return await wallet.statement(view, purse.id, before=before, limit=_PAGE)

    async for entry in _all(house.db, user, page):
        posted, held = entry.posted_after or 0, entry.held_after or 0
        yield _line(
            seq=entry.seq,
            kind=entry.kind,
            available_after=credits_text(posted - held),
            frozen_after=credits_text(held),
            task_id=public_id("task", entry.task_id) if entry.task_id else None,
            memo=entry.memo,
            at=entry.at,
        )


async def expiring(house: Giving, user: User) -> Lines:
    """Credits of theirs that expire, the soonest to do so first."""
    async with house.db.view(tenant=user.tenant_id) as view:
        purse = await _purse(view, user)
        lots = await wallet.open_lots(view, purse.id) if purse else []
        left = await wallet.remaining(view, purse.id, lots) if purse else {}
    for lot in lots:
        yield _line(
            amount=credits_text(lot.amount),
            left=credits_text(left[lot.id]),
            expires_at=lot.expires_at,
        )


async def purchases(house: Giving, user: User) -> Lines:
    """What they bought credits for, the newest first."""

    async def page(view: View, last: payments.Payment | None) -> Sequence[payments.Payment]:
        after = last.id if last else None
        return await payments.page(view, after=after, limit=_PAGE, owner_id=user.id)

    async for payment in _all(house.db, user, page):
        yield payments.payment_out(payment).model_dump_json().encode() + b"\n"


async def all_events(house: Giving, user: User) -> Lines:
    """Everything that happened, in its order."""
    seq = 0
    while True:
        async with house.db.view(tenant=user.tenant_id) as view:
            found = await events.read_after(view, user.id, seq, _PAGE)
        for entry in found:
            yield _line(
                seq=entry.seq,
                type=entry.type,
                task_id=public_id("task", entry.task_id) if entry.task_id else None,
                job_id=public_id("job", entry.job_id) if entry.job_id else None,
                data=entry.data,
                at=entry.at,
            )
        if len(found) < _PAGE:
            return
        seq = found[-1].seq


PARTS: Final[Mapping[str, Callable[[Giving, User], Lines]]] = {
    "profile.json": profile,
    "api_keys.ndjson": keys,
    "sessions.ndjson": sign_ins,
    "tasks.ndjson": all_tasks,
    "assets.ndjson": assets,
    "wallet.ndjson": statement,
    "expiring.ndjson": expiring,
    "payments.ndjson": purchases,
    "events.ndjson": all_events,
}
"""What an export consists of, by the names of its files."""


def file_name(asset: media.Asset) -> str:
    """What an asset's file is called in an export."""
    ending = {"model/gltf-binary": "glb"}.get(asset.content_type)
    return f"{public_id('asset', asset.id)}.{ending or asset.content_type.rpartition('/')[2]}"


async def _purse(view: View, user: User) -> wallet.Wallet | None:
    try:
        return await wallet.of_owner(view, user.id)
    except NotFound:
        return None


async def _all(
    db: Database, user: User, page: Callable[[View, Row | None], Awaitable[Sequence[Row]]]
) -> AsyncIterator[Row]:
    """Every row of a list of which `page` reads what follows one; no session is held meanwhile."""
    last: Row | None = None
    while True:
        async with db.view(tenant=user.tenant_id) as view:
            found = await page(view, last)
        for row in found:
            yield row
        if len(found) < _PAGE:
            return
        last = found[-1]


def _identity(known: UserIdentity) -> dict[str, Any]:
    return {
        "kind": known.kind,
        "issuer": known.issuer,
        "subject": known.subject,
        "email": known.email,
        "created_at": known.created_at,
        "last_used_at": known.last_used_at,
    }


def _line(**facts: object) -> bytes:
    return to_json({name: _plain(fact) for name, fact in facts.items()}) + b"\n"


def _plain(fact: object) -> object:
    return fact.isoformat() if isinstance(fact, datetime) else fact
