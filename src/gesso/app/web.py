"""The web application: every room's routes behind one door."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gesso import __version__
from gesso.app import config, health
from gesso.app.house import open_house
from gesso.domain.identity import routes as identity
from gesso.domain.media import routes as media
from gesso.domain.tasks.routes import queue_routes, stream_routes, task_routes
from gesso.domain.wallet import routes as wallet
from gesso.infra.settings import Settings
from gesso.infra.web import mount, new_application

DESCRIPTION = (
    "Paid media jobs that are never lost, never submitted twice and never charged wrongly."
)


def create_app(settings: Settings, *, on_open: Callable[[], None] | None = None) -> FastAPI:
    """The application; its house opens with it and closes after its last request."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_house(settings) as house:
            app.state.house = house
            mount(
                app,
                task_routes(house.menu),
                stream_routes,
                wallet.router,
                media.router,
                queue_routes,
                identity.router,
                health.router,
                config.router,
            )
            if on_open is not None:
                on_open()
            yield

    return new_application(
        settings.server,
        title="gesso",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
    )
