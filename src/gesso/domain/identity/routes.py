"""Who is calling, over HTTP."""

from typing import Annotated

from sqlalchemy import select

from gesso.domain.identity import service
from gesso.domain.identity.access import CallerDep, require
from gesso.domain.identity.key_routes import router as key_router
from gesso.domain.identity.rules import Caller, Scope
from gesso.domain.identity.tables import Channel, User, UserIdentity
from gesso.domain.identity.wire import Me, MePatch, SessionIdentityOut
from gesso.infra.db import View
from gesso.infra.web import TxDep, ViewDep, new_router
from gesso.kit.ids import public_id

__all__ = ["key_router", "router"]

router = new_router("identity")

WriterDep = Annotated[Caller, require(Scope.ACCOUNT_WRITE)]
_MOST_IDENTITIES = 20


@router.get("/me")
async def get_me(view: ViewDep, caller: CallerDep) -> Me:
    """Tell who is calling, and what the key in use allows."""
    return await _me(view, caller, await service.get_user(view, caller.user_id))


@router.patch("/me")
async def change_me(tx: TxDep, caller: WriterDep, change: MePatch) -> Me:
    """Change what one is called, and in which language one likes to be spoken to."""
    user = await service.get_user(tx, caller.user_id)
    for name in change.model_fields_set:
        setattr(user, name, getattr(change, name))
    await tx.flush()
    return await _me(tx, caller, user)


async def _me(view: View, caller: Caller, user: User) -> Me:
    door = await view.get(Channel, caller.channel_id) if caller.channel_id else None
    return Me(
        id=public_id("user", user.id),
        email=user.email,
        name=user.name,
        locale=user.locale,
        tenant_id=public_id("tenant", user.tenant_id),
        role=caller.role,
        scopes=sorted(caller.scopes),
        via="key" if caller.key_id else "session",
        key_id=public_id("key", caller.key_id) if caller.key_id else None,
        channel=door.slug if door else None,
        identities=await _identities(view, user),
        created_at=user.created_at,
    )


async def _identities(view: View, user: User) -> list[SessionIdentityOut]:
    query = (
        select(UserIdentity, Channel.slug)
        .join(Channel, Channel.id == UserIdentity.channel_id)
        .where(UserIdentity.user_id == user.id)
        .order_by(UserIdentity.id)
        .limit(_MOST_IDENTITIES)
    )
    return [
        SessionIdentityOut(
            kind=known.kind,  # type: ignore[arg-type]  # checked by the database
            issuer=known.issuer,
            email=known.email,
            channel=slug,
            last_used_at=known.last_used_at,
        )
        for known, slug in await view.execute(query)
    ]
