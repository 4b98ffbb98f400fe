"""The web application: every room's routes behind one door."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from gesso import __version__
from gesso.app import config, health
from gesso.app.house import House
from gesso.app.pages import BUILD_HEADER, open_pages, serve_pages
from gesso.app.serving import open_house
from gesso.domain.account import routes as account
from gesso.domain.admin.routes import admin_routes
from gesso.domain.auditlog import routes as auditlog
from gesso.domain.channels import routes as channels
from gesso.domain.clients import routes as clients
from gesso.domain.deadletters import routes as deadletters
from gesso.domain.identity import SCHEME
from gesso.domain.identity import routes as identity
from gesso.domain.keyring import routes as keyring
from gesso.domain.media import routes as media
from gesso.domain.payments.routes import package_routes, payment_hook_routes, payment_routes
from gesso.domain.reconciliation import routes as reconciliation
from gesso.domain.registry.routes import function_routes, run_routes, schedule_routes
from gesso.domain.sessions import SCHEMES
from gesso.domain.sessions import routes as sessions
from gesso.domain.signin import routes as signin
from gesso.domain.tasks.routes import (
    file_routes,
    hook_routes,
    job_routes,
    many_routes,
    model_routes,
    provider_routes,
    push_routes,
    queue_routes,
    stream_routes,
    task_routes,
)
from gesso.domain.usage import routes as usage
from gesso.domain.wallet import routes as wallet
from gesso.domain.workflows import routes as workflows
from gesso.infra.settings import Settings
from gesso.infra.web import Large, mount, new_application

DESCRIPTION = (
    "Paid media jobs that are never lost, never submitted twice and never charged wrongly."
)


def create_app(settings: Settings, *, on_open: Callable[[], None] | None = None) -> FastAPI:
    """The application; its house opens with it and closes after its last request."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_house(settings) as house:
            app.state.house = house
            mount(app, *_routers(house))
            if on_open is not None:
                on_open()
            yield

    pages = open_pages()
    app = new_application(
        settings.server,
        title="gesso",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        also={SCHEME: SCHEMES},
        headers={BUILD_HEADER: pages.build} if pages is not None else {},
        large={
            ("POST", media.UPLOAD_PATH): Large(
                settings.media.max_bytes, settings.media.upload_seconds
            )
        },
    )
    serve_pages(app, settings, pages)
    app.state.signin_page = "/sign-in" if pages is not None else None
    return app


def _routers(house: House) -> tuple[APIRouter, ...]:
    """The routes of every room, in the order in which they are looked through."""
    return (
        *many_routes,
        task_routes(house.menu),
        stream_routes,
        model_routes,
        *wallet.routers,
        package_routes,
        payment_routes,
        payment_hook_routes,
        reconciliation.router,
        *media.ROUTERS,
        file_routes,
        queue_routes,
        job_routes,
        workflows.router,
        provider_routes,
        push_routes,
        hook_routes,
        deadletters.router,
        function_routes,
        run_routes,
        schedule_routes,
        keyring.router,
        channels.router,
        *signin.ROUTERS,
        usage.router,
        identity.router,
        identity.key_router,
        *admin_routes,
        auditlog.router,
        account.router,
        clients.router,
        clients.token_router,
        sessions.router,
        sessions.well_known,
        health.router,
        config.router,
    )
