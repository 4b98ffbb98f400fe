"""A small house with a front desk, to which people come over HTTP, and the letters they get."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar
from sqlalchemy import select

from gesso.domain import identity, signin
from gesso.domain.identity import routes as identity_routes
from gesso.domain.signin.routes import ROUTERS
from gesso.domain.signin.tables import Challenge
from gesso.infra.db import Database
from gesso.infra.entrance import SigninSettings
from gesso.infra.mail import Letter, Post, open_post
from gesso.infra.settings import Settings
from tests.sessions.guesthouse import GuestHouse
from tests.unit.web.serving import build, serve

PEPPER = b"pepper"
ANNA = "anna@example.org"


@dataclass
class Letters:
    """A way to have letters delivered: they are read here, the newest last."""

    taken: list[Letter] = field(default_factory=list)

    async def deliver(self, letter: Letter, _message: EmailMessage) -> str:
        """Take it."""
        self.taken.append(letter)
        return "read"


@dataclass
class Reply:
    """An answer."""

    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body["code"])


@dataclass
class Entrance:
    """A served house, its letters, and somebody who comes to it."""

    house: GuestHouse
    web: ClientSession
    post: Post
    letters: Letters
    desk: signin.Desk

    @property
    def db(self) -> Database:
        """The database."""
        return self.house.db

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One request under `/api/v1`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        more = {} if body is None else {"json": body}
        async with self.web.request(method, f"/api/v1{path}", headers=sent, **more) as answer:
            is_json = answer.content_type.endswith("json")
            return Reply(answer.status, await answer.json() if is_json else None, answer.headers)

    async def wish(self, email: str = ANNA, **headers: str) -> Reply:
        """Ask for a letter that lets in, and wait until it would have come."""
        reply = await self.ask("POST", "/auth/email-code", {"email": email}, **headers)
        await self.post.settle()
        return reply

    async def guess(self, challenge: Reply | str, code: str) -> Reply:
        """Bring a code."""
        named = challenge if isinstance(challenge, str) else challenge.body["challenge_id"]
        return await self.ask("POST", "/auth/verify", {"challenge_id": named, "code": code})

    def code(self) -> str:
        """The code of the newest letter."""
        shape = re.search(r"^ {4}([0-9]{6})$", self.letters.taken[-1].text, re.MULTILINE)
        assert shape is not None, self.letters.taken[-1]
        return shape[1]

    def token(self) -> str:
        """What stands behind `#` in the newest letter's link."""
        shape = re.search(r"/sign-in#(\S+)$", self.letters.taken[-1].text, re.MULTILINE)
        assert shape is not None, self.letters.taken[-1]
        return shape[1]

    async def come_in(self, email: str = ANNA) -> dict[str, str]:
        """Sign in by a code; the headers of whoever did."""
        opened = await self.guess(await self.wish(email), self.code())
        assert opened.status == 200, opened
        return {"Authorization": f"Bearer {opened.body['access_token']}"}

    async def whoami(self, session: dict[str, str]) -> Any:
        """What the house knows of whoever has this session; None where it opens nothing."""
        reply = await self.ask("GET", "/me", **session)
        return reply.body if reply.status == 200 else None

    async def until_out(self, session: dict[str, str]) -> None:
        """Wait until this session opens nothing; it takes two seconds at most."""
        async with asyncio.timeout(10):
            while await self.whoami(session) is not None:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.1)


async def age(db: Database, by: timedelta) -> None:
    """Let time pass for every challenge."""
    async with db.tx() as tx:
        for challenge in (await tx.scalars(select(Challenge))).all():
            challenge.created_at -= by
            challenge.expires_at -= by
        await tx.flush()


def other(code: str) -> str:
    """A code that it is not."""
    return f"{(int(code) + 1) % 1_000_000:06}"


@asynccontextmanager
async def open_entrance(
    url: str,
    folder: Path,
    *,
    patient: bool = False,
    later: float = 0,
    lock: float = 5,
    hasher: Any = None,
    **settings: Any,
) -> AsyncIterator[Entrance]:
    """The house with its doors open."""
    async with AsyncExitStack() as stack:
        waits = {"pool_timeout": 60, "lock_timeout": 60} if patient else {"lock_timeout": lock}
        known = Settings.model_validate({"database": waits})
        db = Database(url, known.database)
        stack.push_async_callback(db.close)
        house, letters = GuestHouse(db, known, folder=folder), Letters()
        post = await stack.enter_async_context(
            open_post(letters, sender="gesso <g@gesso.test>", now=db.now, waits=(), later=later)
        )
        checks = signin.Hasher(2, **(hasher or {}))
        stack.callback(checks.close)
        desk = signin.Desk(
            db, post, checks, PEPPER, SigninSettings(**settings), "http://gesso.test"
        )
        house.front_desk = desk  # type: ignore[attr-defined]
        async with db.tx() as tx:
            await identity.ensure_local(tx)
        await house.mint.open()
        app = build(*ROUTERS, identity_routes.router, house=house)
        web = await stack.enter_async_context(serve(app))
        web._cookie_jar = DummyCookieJar()
        yield Entrance(house, web, post, letters, desk)
