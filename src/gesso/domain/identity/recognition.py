"""Recognition: whose key this is, and when and from where it was used."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, update

from gesso.domain.identity.keys import digest_of, prefix_of
from gesso.domain.identity.networks import read_networks
from gesso.domain.identity.rules import Caller, Role, usable_scopes
from gesso.domain.identity.tables import ApiKey, User
from gesso.infra.db import Tx, View, moment, rowset

_NOBODY: Final = "0" * 64
"""Compared with when there is no such key, so that the answer takes as long."""

_KEY_FACTS = (
    ApiKey.prefix,
    ApiKey.id,
    ApiKey.digest,
    ApiKey.scopes,
    ApiKey.addresses,
    ApiKey.lineage,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.user_id,
    User.tenant_id,
    User.role,
    User.status,
)


@dataclass(frozen=True, slots=True)
class Use:
    """When a key was used, and from where, as far as that is known."""

    at: datetime
    address: str | None


async def authenticate(view: View, presented: Sequence[str]) -> list[Caller | None]:
    """Whose keys these are, in their order.

    None for one that is unknown, revoked or expired, or whose user is disabled.

    What is no key by its checksum is not looked up; what is compared is compared in constant time.
    """
    prefixes = [prefix_of(text) for text in presented]
    wanted = sorted({prefix for prefix in prefixes if prefix})
    v = rowset(view, prefix=(ApiKey.prefix, wanted))
    query = (
        select(*_KEY_FACTS)
        .join(v, v.c.prefix == ApiKey.prefix)
        .join(User, User.id == ApiKey.user_id)
    )
    found = {row.prefix: row for row in await view.execute(query)} if wanted else {}
    return [
        _caller(view, found.get(prefix) if prefix else None, text)
        for prefix, text in zip(prefixes, presented, strict=True)
    ]


def _caller(view: View, row: Any, presented: str) -> Caller | None:
    genuine = hmac.compare_digest(row.digest if row else _NOBODY, digest_of(presented))
    if not (genuine and row) or row.revoked_at or row.status != "active":
        return None
    if row.expires_at is not None and row.expires_at <= moment(view):
        return None
    role = Role(row.role)
    return Caller(
        user_id=row.user_id,
        tenant_id=row.tenant_id,
        role=role,
        scopes=usable_scopes(role, row.scopes),
        key_id=row.id,
        lineage=tuple(UUID(str(each)) for each in row.lineage),
        expires_at=row.expires_at,
        networks=read_networks([str(each) for each in row.addresses]),
    )


async def note_use(tx: Tx, uses: Mapping[UUID, Use]) -> None:
    """Write down when and from where keys were last used; an older use never overwrites a newer
    one.
    """
    keys = sorted(uses)
    seen = rowset(
        tx,
        id=(ApiKey.id, keys),
        at=(ApiKey.last_used_at, [uses[key].at for key in keys]),
        address=(ApiKey.last_used_from, [uses[key].address for key in keys]),
    )
    await tx.execute(
        update(ApiKey)
        .where(
            ApiKey.id == seen.c.id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < seen.c.at),
        )
        .values(last_used_at=seen.c.at, last_used_from=seen.c.address)
        .execution_options(synchronize_session=False)
    )
