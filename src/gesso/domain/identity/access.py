"""Who is calling: the dependencies by which routes ask for a caller and for a scope.

They also say whose the route's unit of work is: the caller's tenant's, or the house's where a route
asks for somebody who may run the house. Nothing else opens a view across tenants to a route.
"""

from functools import lru_cache
from typing import Annotated, Any, Final, Protocol, cast

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from structlog.contextvars import bind_contextvars

from gesso.domain.identity.doorkeeper import Doorkeeper
from gesso.domain.identity.errors import HouseOnly, TwoCredentials
from gesso.domain.identity.passes import Passes
from gesso.domain.identity.rules import Caller, Scope
from gesso.infra.errors import Unauthenticated
from gesso.infra.web import (
    House,
    MissingScope,
    bind_tenant,
    client_address,
    house_of,
    passage_of,
)

SCHEME: Final = "api_key"
"""What the scheme is called in the document."""
_CALLER: Final = "gesso.caller"


class GuardedHouse(House, Protocol):
    """What this room needs of the house beside what every room needs."""

    @property
    def doorkeeper(self) -> Doorkeeper:
        """Recognises keys and access tokens."""


def presented_in(request: Request) -> str:
    """The key or access token that this request carries, as bearer or in a browser's cookie.

    Unauthenticated where it carries none, TwoCredentials where it carries both.
    """
    return _presented(request, _doorkeeper(request).passes)[0]


async def caller_of(request: Request) -> Caller:
    """Who sends this request; Unauthenticated for nobody we know, and a browser's write is refused
    where another site may have caused it.
    """
    doorkeeper = _doorkeeper(request)
    passes = doorkeeper.passes
    presented, is_cookie = _presented(request, passes)
    if passes is not None and is_cookie:
        caller = await passes.recognise(presented)  # a key has no business in a cookie
        if caller is not None:
            passes.check_write(request, caller)
    else:
        caller = await doorkeeper.recognise(presented, client_address(request))
    if caller is None:
        raise Unauthenticated("This key or token is not known, or not any more.")
    bind_contextvars(user_id=str(caller.user_id))
    return caller


def _presented(request: Request, passes: Passes | None) -> tuple[str, bool]:
    """What the request carries, and whether in a cookie."""
    header = request.headers.get("authorization")
    in_cookie = passes.in_cookie(request) if passes else None
    if in_cookie is not None and header is not None:
        raise TwoCredentials("Send either `Authorization` or the session's cookie, not both.")
    if in_cookie is not None:
        return in_cookie, True
    scheme, _, presented = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not presented.strip():
        raise Unauthenticated("This needs an API key or a session: `Authorization: Bearer …`.")
    return presented.strip(), False


def _doorkeeper(request: Request) -> Doorkeeper:
    return cast(GuardedHouse, house_of(request)).doorkeeper


class _Bearer(SecurityBase):
    """A dependency that answers with the caller, and stands in the document as a bearer scheme.

    It opens a short view of its own, so neither the request's transaction nor a stream waits on it.
    """

    def __init__(self, scope: Scope | None, *, of_house: bool) -> None:
        self.model = HTTPBearerModel(
            description="An API key, made by `gesso key create`: `Authorization: Bearer gsk_…`."
        )
        self.scheme_name = SCHEME
        self._scope = scope
        self.of_house: Final = of_house
        """Whether only people of the house come in, and the work goes across all tenants."""

    async def __call__(self, request: Request) -> Caller:
        caller = await caller_of(request)
        passage_of(request).introduce(
            caller.user_id, caller.tenant_id, key_id=caller.key_id, channel_id=caller.channel_id
        )
        if self._scope is not None and self._scope not in caller.scopes:
            raise MissingScope(f"These credentials lack {self._scope}.", scope=self._scope)
        doorkeeper = cast(GuardedHouse, house_of(request)).doorkeeper
        if self.of_house and caller.tenant_id != await doorkeeper.house_tenant():
            raise HouseOnly("This is the house's own; your organisation does not run it.")
        request.scope[_CALLER] = caller
        bind_tenant(request, None if self.of_house else caller.tenant_id)
        return caller


@lru_cache(maxsize=2 * len(Scope) + 1)
def _guard(scope: Scope | None, *, of_house: bool = False) -> _Bearer:
    return _Bearer(scope, of_house=of_house)


def require(scope: Scope | str, *, of_house: bool = False) -> Any:
    """A dependency that answers with the caller, or refuses credentials without `scope`; `of_house`
    lets only people of the house's own tenant in, and has the route work across all tenants.

    Write `Annotated[Caller, require("tasks:write")]`, or put it into a route's `dependencies`.
    """
    scope = Scope(scope)
    return Security(_guard(scope, of_house=of_house), scopes=[scope.value])


def known_caller(request: Request) -> Caller:
    """Who was found to be calling, in a route that asks for a caller."""
    return cast(Caller, request.scope[_CALLER])


CallerDep = Annotated[Caller, Security(_guard(None))]
"""Whoever presents a good key or token, whatever it allows."""

OperatorDep = Annotated[Caller, require(Scope.OPERATOR, of_house=True)]
"""Somebody who may run the house; the route works across all tenants."""

TenantOperatorDep = Annotated[Caller, require(Scope.OPERATOR)]
"""An operator of whichever tenant; the route sees that tenant's rows only."""

AdminDep = Annotated[Caller, require(Scope.ADMIN)]
"""Somebody who may look after the people of their tenant; the route sees no other's rows."""

HouseAdminDep = Annotated[Caller, require(Scope.ADMIN, of_house=True)]
"""Somebody who may look after the tenants; the route works across all of them."""
