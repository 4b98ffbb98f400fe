"""Units of work for routes: a view or a transaction that ends before the answer leaves, and that is
the caller's tenant's where a route knows its caller.

FastAPI's default scope ends a dependency after the answer was sent, so a failing commit would still
say 202. `scope="function"` ends it when the route returns.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Final, Protocol, cast
from uuid import UUID

from fastapi import Depends, Request

from gesso.infra.db import Database, Tx, View
from gesso.infra.settings import Settings

_TENANT: Final = "gesso.tenant"

Component = Callable[[], Awaitable[str | None]]
"""Asks one part of the house how it is: None, or the trouble in a few words fit for the public."""


class House(Protocol):
    """What the wiring puts at `app.state.house` for every route to use."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def db(self) -> Database:
        """The main database."""

    @property
    def components(self) -> Mapping[str, Component]:
        """The parts without which nothing works, by name."""

    @property
    def dispensable(self) -> Mapping[str, Component]:
        """The parts without which everything works, only slower."""


def house_of(request: Request) -> House:
    """The house that this request came into."""
    return cast(House, request.app.state.house)


def bind_tenant(request: Request, tenant: UUID | None) -> None:
    """Have the request's unit of work be this tenant's; None: the house's, across all tenants.

    Whatever finds out who is calling says this, for every caller.
    """
    request.scope[_TENANT] = tenant


def _tenant_of(request: Request) -> UUID | None:
    """Whose unit of work it is: the house's where a route asks for no caller."""
    if getattr(request.scope.get("route"), "asks_for_caller", False):
        return cast(UUID | None, request.scope[_TENANT])  # KeyError: somebody forgot to bind it
    return None


async def _open_view(request: Request) -> AsyncIterator[View]:
    async with house_of(request).db.view(tenant=_tenant_of(request)) as view:
        yield view


async def _open_tx(request: Request) -> AsyncIterator[Tx]:
    async with house_of(request).db.tx(tenant=_tenant_of(request)) as tx:
        yield tx


ViewDep = Annotated[View, Depends(_open_view, scope="function")]
"""A route's view; it ends before the answer leaves, so a stream cannot hold it."""

TxDep = Annotated[Tx, Depends(_open_tx, scope="function")]
"""A route's transaction; it commits before the answer leaves, and its failure is the answer."""

UNITS_OF_WORK: Final = (_open_view, _open_tx)
"""What opens a session; every other dependency of a route comes before it."""
