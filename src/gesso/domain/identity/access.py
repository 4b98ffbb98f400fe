"""Who is calling: the dependencies by which routes ask for a caller and for a scope."""

from functools import lru_cache
from typing import Annotated, Any, Protocol, cast

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from structlog.contextvars import bind_contextvars

from gesso.domain.identity.doorkeeper import Doorkeeper
from gesso.domain.identity.rules import Caller, Scope
from gesso.infra.errors import Unauthenticated
from gesso.infra.web import House, MissingScope, house_of


class GuardedHouse(House, Protocol):
    """What this room needs of the house beside what every room needs."""

    @property
    def doorkeeper(self) -> Doorkeeper:
        """Recognises keys."""


class _ApiKey(SecurityBase):
    """A dependency that answers with the caller, and stands in the document as a bearer scheme.

    It opens a short view of its own, so neither the request's transaction nor a stream waits on it.
    """

    def __init__(self, scope: Scope | None) -> None:
        self.model = HTTPBearerModel(
            description="An API key, made by `gesso key create`: `Authorization: Bearer gsk_…`."
        )
        self.scheme_name = "api_key"
        self._scope = scope

    async def __call__(self, request: Request) -> Caller:
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not presented:
            raise Unauthenticated("This needs an API key: `Authorization: Bearer gsk_…`.")
        house = cast(GuardedHouse, house_of(request))
        caller = await house.doorkeeper.recognise(presented.strip())
        if caller is None:
            raise Unauthenticated("This API key is not known, or not any more.")
        bind_contextvars(user_id=str(caller.user_id))
        if self._scope is not None and self._scope not in caller.scopes:
            raise MissingScope(f"This API key lacks the scope {self._scope}.", scope=self._scope)
        return caller


@lru_cache(maxsize=len(Scope) + 1)
def _guard(scope: Scope | None) -> _ApiKey:
    return _ApiKey(scope)


def require(scope: Scope | str) -> Any:
    """A dependency that answers with the caller, or refuses a key without `scope`.

    Write `Annotated[Caller, require("tasks:write")]`, or put it into a route's `dependencies`.
    """
    scope = Scope(scope)
    return Security(_guard(scope), scopes=[scope.value])


CallerDep = Annotated[Caller, Security(_guard(None))]
"""Whoever presents a good key, whatever it allows."""

OperatorDep = Annotated[Caller, require(Scope.OPERATOR)]
"""Somebody who may run the house."""
