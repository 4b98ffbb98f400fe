"""A small house in which people sign in without proof, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from aiohttp import ClientSession, DummyCookieJar
from fastapi import APIRouter, Request
from fastapi.responses import Response

from gesso.app.masters import SIGNING_KEYS
from gesso.domain import identity, keyring, sessions
from gesso.domain.identity import Caller, Doorkeeper, User, require
from gesso.domain.identity import routes as identity_routes
from gesso.domain.sessions import routes as session_routes
from gesso.infra.db import Database
from gesso.infra.settings import Settings
from gesso.infra.vault import open_masters
from gesso.infra.web import TxDep, new_router
from tests.domain.people import newcomer
from tests.unit.web.serving import SmallHouse, build, serve

SECRET = b"a secret of all processes, 32 by"
ISSUER = "http://gesso.test"

router = new_router("guesthouse")


@router.post("/come-in/{email}", response_class=Response)
async def come_in(tx: TxDep, request: Request, email: str) -> Response:
    """Sign in as whoever you say you are."""
    user = await identity.find_user(tx, email)
    assert user is not None
    channel = await identity.find_channel(tx, identity.LOCAL)
    visit = sessions.visit_of(request)
    opened = await sessions.begin(tx, user, identity_id=None, channel_id=channel.id, visit=visit)
    return sessions.answer(request, opened)


@router.post("/errand")
async def errand(caller: Annotated[Caller, require("tasks:write")], body: dict[str, Any]) -> str:
    """Something that changes the world."""
    return str(body.get("what"))


@dataclass
class GuestHouse(SmallHouse):
    """A small house with a mint."""

    folder: Path = Path()

    def __post_init__(self) -> None:
        masters = open_masters(plugin=None, secret=None, old=[], file=self.folder / "master.key")
        self.safe = keyring.Safe(masters, {}, others=(SIGNING_KEYS,))
        self.mint = sessions.Mint(self.db, self.safe, issuer=ISSUER, secret=SECRET)
        guests = sessions.Guests(self.db, self.mint, self.settings.public_url)
        self.doorkeeper = Doorkeeper(self.db, guests)


@dataclass
class Guests:
    """A served guest house, and its database."""

    house: GuestHouse
    web: ClientSession

    @property
    def db(self) -> Database:
        """The database."""
        return self.house.db

    async def guest(self, email: str = "anna@example.org", role: str = "user") -> User:
        """Somebody new."""
        return await newcomer(self.db, email, role)

    async def sign_in(self, email: str = "anna@example.org") -> dict[str, Any]:
        """The body that a program gets."""
        async with self.web.post(f"/api/v1/come-in/{email}") as answer:
            body: dict[str, Any] = await answer.json()
        assert answer.status == 200, body
        return body


def new_house(db: Database, folder: Path, **settings: Any) -> GuestHouse:
    """A house over this database; several over one are processes of one gesso."""
    return GuestHouse(db, Settings(**settings), folder=folder)


@asynccontextmanager
async def open_guesthouse(house: GuestHouse, *routers: APIRouter) -> AsyncIterator[Guests]:
    """The house with its doors open, to a client that keeps no cookies of its own."""
    async with house.db.tx() as tx:
        await identity.ensure_local(tx)
    await house.mint.open()
    known = (identity_routes.router, session_routes.router, session_routes.well_known)
    app = build(router, *known, *routers, house=house)
    async with serve(app) as client:
        client._cookie_jar = DummyCookieJar()
        yield Guests(house, client)
