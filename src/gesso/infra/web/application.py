"""The FastAPI application with the house's manners, before any room is mounted."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI

from gesso.infra.branches import ServerSettings
from gesso.infra.web import docs, openapi, problems
from gesso.infra.web.shell import Large, Shell

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def new_application(
    settings: ServerSettings,
    *,
    title: str,
    version: str,
    description: str = "",
    lifespan: Lifespan | None = None,
    also: Mapping[str, openapi.Schemes] | None = None,
    headers: Mapping[str, str] | None = None,
    large: Mapping[tuple[str, str], Large] | None = None,
) -> FastAPI:
    """An application that answers problems, limits bodies and documents itself at /docs, offline.

    `also` names security schemes that are as good as another one; `headers` go with every answer;
    `large` are the bodies, by method and path, that have limits of their own.
    It expects a `House` at `app.state.house` by the time that the first request comes.
    """
    app = FastAPI(
        title=title,
        version=version,
        description=description,
        lifespan=lifespan,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        # A redirect would be followed without the body's idempotency being asked about.
        redirect_slashes=False,
    )
    app.add_middleware(Shell, settings=settings, headers=headers or {}, large=large or {})
    problems.install(app)
    openapi.install(app, also)
    docs.install(app)
    return app


def mount(app: FastAPI, *routers: APIRouter) -> None:
    """Add the routes of these routers to `app`, as they stand.

    `include_router` would wrap each of them once more: every request is then matched twice, and a
    route's unit of work may begin before its caller is known.
    """
    for router in routers:
        app.router.routes.extend(router.routes)
