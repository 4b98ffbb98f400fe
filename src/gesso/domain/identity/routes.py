"""The endpoints of identity."""

from gesso.domain.identity import service
from gesso.domain.identity.access import CallerDep
from gesso.domain.identity.wire import Me
from gesso.infra.web import ViewDep, new_router
from gesso.kit.ids import public_id

router = new_router("identity")


@router.get("/me")
async def get_me(view: ViewDep, caller: CallerDep) -> Me:
    """Tell who is calling, and what the key in use allows."""
    user = await service.get_user(view, caller.user_id)
    return Me(
        id=public_id("user", user.id),
        email=user.email,
        tenant_id=public_id("tenant", user.tenant_id),
        role=caller.role,
        scopes=sorted(caller.scopes),
        key_id=public_id("key", caller.key_id),
    )
