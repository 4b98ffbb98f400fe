"""The verbs of clients: made with a wallet, given new secrets, revoked, and recognised."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from gesso.domain import identity, sessions, wallet
from gesso.domain.clients.errors import BadClient, ClientChanged, NoSuchClient, TooManyClients
from gesso.domain.clients.tables import OAuthClient
from gesso.domain.identity import Role, Scope
from gesso.infra.db import Tx, View, moment
from gesso.kit.ids import new_id, parse_id, public_id

LONGEST_OVERLAP: Final = timedelta(days=7)
_MOST: Final = 100
_LONGEST_NAME: Final = 100
_PREFIX: Final = "gcs_"
_NOBODY: Final = "0" * 64
"""Compared with when there is no such client, so that the answer takes as long."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A client with its new secret, which cannot be shown again: only its hash is stored."""

    client: OAuthClient
    secret: str


async def create(tx: Tx, tenant_id: UUID, *, name: str, scopes: Collection[Scope | str]) -> Issued:
    """Make a client of this tenant, with a user and an empty wallet of its own."""
    granted = {Scope(scope) for scope in scopes}
    if not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise BadClient(f"A client has a name of 1 to {_LONGEST_NAME} characters.")
    if not granted:
        raise BadClient("A client without a scope could do nothing.")
    if not granted <= identity.scopes_for(Role.USER):
        raise BadClient("A client does not run the house.")
    if await _count(tx, tenant_id) >= _MOST:
        raise TooManyClients(f"A tenant has at most {_MOST} clients; revoke one first.")
    client_id, secret = new_id(), _new_secret()
    # No letter reaches an address under `invalid` (RFC 2606), so nobody can sign in as this user.
    email = f"{public_id('client', client_id).replace('_', '-')}@clients.invalid"
    user = await identity.create_user(tx, email, tenant_id=tenant_id)
    await wallet.open_wallet(tx, tenant_id, user.id)
    session = await sessions.begin_service(tx, user)
    client = OAuthClient(
        id=client_id,
        tenant_id=tenant_id,
        user_id=user.id,
        session_id=session.id,
        name=name.strip(),
        scopes=sorted(granted),
        digest=_digest(secret),
        created_at=moment(tx),
    )
    tx.add(client)
    await tx.flush()
    return Issued(client, secret)


async def get(view: View, tenant_id: UUID, client_id: UUID) -> OAuthClient:
    """A client of this tenant that is not revoked; NoSuchClient for every other."""
    query = select(OAuthClient).where(
        OAuthClient.id == client_id,
        OAuthClient.tenant_id == tenant_id,
        OAuthClient.revoked_at.is_(None),
    )
    found: OAuthClient | None = await view.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NoSuchClient("There is no such client.")
    return found


async def page(
    view: View, tenant_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[OAuthClient]:
    """The clients of a tenant, the newest first; revoked ones are not listed."""
    query = select(OAuthClient).where(
        OAuthClient.tenant_id == tenant_id, OAuthClient.revoked_at.is_(None)
    )
    if before is not None:
        query = query.where(OAuthClient.id < before)
    return (await view.scalars(query.order_by(OAuthClient.id.desc()).limit(limit))).all()


async def rotate(tx: Tx, tenant_id: UUID, client_id: UUID, *, overlap: timedelta) -> Issued:
    """Give a client a new secret; the old one stays good for `overlap`, and one that was before
    that is good no more. Without any overlap its access tokens die too, within two seconds.
    """
    client, secret = await get(tx, tenant_id, client_id), _new_secret()
    keeps = overlap > timedelta()
    values: dict[str, object] = {
        "digest": _digest(secret),
        "old_digest": client.digest if keeps else None,
        "old_until": moment(tx) + overlap if keeps else None,
        "rotated_at": moment(tx),
    }
    if not keeps:
        user = await identity.get_user(tx, client.user_id)
        values["session_id"] = (await sessions.begin_service(tx, user)).id
        await sessions.end(tx, [client.session_id], "rotated")
    changed = await tx.scalar(
        update(OAuthClient)
        .where(
            OAuthClient.id == client.id,
            OAuthClient.digest == client.digest,
            OAuthClient.revoked_at.is_(None),
        )
        .values(**values)
        .returning(OAuthClient.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise ClientChanged("Somebody else changed this client just now.")
    return Issued(await get(tx, tenant_id, client_id), secret)


async def revoke(tx: Tx, tenant_id: UUID, client_id: UUID) -> None:
    """Take a client back: no new token from now on, and within two seconds the old ones are dead,
    with every key that it made. What it has ordered goes on, and its wallet stays.
    """
    client = await get(tx, tenant_id, client_id)
    await tx.execute(
        update(OAuthClient)
        .where(OAuthClient.id == client.id, OAuthClient.revoked_at.is_(None))
        .values(revoked_at=moment(tx))
        .execution_options(synchronize_session=False)
    )
    await identity.revoke_all(tx, client.user_id)
    await sessions.end_service(tx, client.user_id, "revoked")


async def authenticate(view: View, presented_id: str, presented_secret: str) -> OAuthClient | None:
    """The client that this is; None for a wrong secret as for a client that is not there."""
    client_id = parse_id("client", presented_id)
    found = None if client_id is None else await view.get(OAuthClient, client_id)
    given, now = _digest(presented_secret), moment(view)
    is_known = hmac.compare_digest(found.digest if found else _NOBODY, given)
    is_old = hmac.compare_digest((found and found.old_digest) or _NOBODY, given)
    if found is None or found.revoked_at is not None:
        return None
    is_old = is_old and found.old_until is not None and found.old_until > now
    return found if is_known or is_old else None


def _new_secret() -> str:
    return _PREFIX + secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def _count(tx: Tx, tenant_id: UUID) -> int:
    query = select(func.count()).select_from(OAuthClient)
    mine = (OAuthClient.tenant_id == tenant_id, OAuthClient.revoked_at.is_(None))
    return await tx.scalar(query.where(*mine)) or 0
