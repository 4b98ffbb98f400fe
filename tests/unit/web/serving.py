"""A real server on a free port around a small application, and a small house for it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import uvicorn
from aiohttp import ClientResponse, ClientSession
from fastapi import APIRouter, FastAPI

from gesso.domain.identity import Doorkeeper
from gesso.infra.branches import ServerSettings
from gesso.infra.db import Database
from gesso.infra.settings import Settings
from gesso.infra.web import Component, mount, new_application


@dataclass
class SmallHouse:
    """What routes ask of a house, and nothing more."""

    db: Database
    settings: Settings = field(default_factory=Settings)
    components: Mapping[str, Component] = field(default_factory=dict)
    dispensable: Mapping[str, Component] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.doorkeeper = Doorkeeper(self.db)


def build(*routers: APIRouter, house: object = None, **server: Any) -> FastAPI:
    """An application with these routers; `server` are settings of the HTTP side."""
    app = new_application(ServerSettings(**server), title="test", version="0")
    app.state.house = house
    mount(app, *routers)
    return app


@asynccontextmanager
async def serve(
    app: FastAPI, http: type[asyncio.Protocol] | Literal["auto"] = "auto"
) -> AsyncIterator[ClientSession]:
    """A client of `app`, over HTTP, as long as the block lasts; `http` is the server's protocol."""
    config = uvicorn.Config(
        app, port=0, log_config=None, server_header=False, lifespan="off", proxy_headers=False,
        http=http,
    )  # fmt: skip
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with ClientSession(f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        await server.shutdown()


async def problem_of(response: ClientResponse) -> dict[str, Any]:
    """The problem in a refusal; fails when it is no problem+json."""
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = await response.json()
    assert body["status"] == response.status
    assert body["trace_id"] == response.headers["traceparent"].split("-")[1]
    return body
