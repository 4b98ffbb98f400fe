"""For whom the house moves money: credits are made by the house alone, for whichever organisation.

An organisation's own operators cannot give credits, however much they may otherwise: what is given
is paid for by the house, at the providers.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from gesso.domain import identity
from gesso.domain.identity import Caller, NoSuchTenant, OperatorDep
from gesso.infra.web import house_of
from gesso.kit.ids import parse_id


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody of the house, and the organisation for which they do it."""

    operator: Caller
    tenant_id: UUID


async def _acting(
    request: Request,
    operator: OperatorDep,
    tenant: Annotated[
        str | None,
        Query(max_length=40, description="For which tenant; for the house's own unless named."),
    ] = None,
) -> Acting:
    if tenant is None:
        return Acting(operator, operator.tenant_id)
    found = parse_id("tenant", tenant)
    if found is None:
        raise NoSuchTenant("There is no such tenant.")
    async with house_of(request).db.view() as view:
        return Acting(operator, (await identity.get_tenant(view, found)).id)


ActingDep = Annotated[Acting, Depends(_acting)]
"""An operator of the house who moves money for a tenant; the route works across all of them."""
