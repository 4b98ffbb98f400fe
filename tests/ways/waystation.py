"""A small house with doors that lead elsewhere, and browsers that go through them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientSession, CookieJar
from sqlalchemy import func, select
from yarl import URL

from gesso.app.masters import SIGNING_KEYS
from gesso.domain import channels, events, identity, keyring, sessions, signin
from gesso.domain.channels import routes as channel_routes
from gesso.domain.identity import Directory, Doorkeeper, User
from gesso.domain.identity import routes as identity_routes
from gesso.domain.signin.routes import handover, oidc, ways
from gesso.domain.wallet import routes as wallet_routes
from gesso.infra.branches import ServerSettings
from gesso.infra.db import Database
from gesso.infra.entrance import SigninSettings
from gesso.infra.http import Guard, Http
from gesso.infra.mail import open_post
from gesso.infra.settings import Settings
from gesso.infra.vault import open_masters
from tests.domain.people import new_key, newcomer
from tests.signin.entrance import Letters
from tests.unit.web.serving import SmallHouse, build, serve
from tests.ways.provider import CLIENT, SECRET, Provider

_SECRET = b"a secret of all processes, 32 by"
HTML = {"Accept": "text/html"}


@dataclass
class WayHouse(SmallHouse):
    """A small house that knows issuers."""

    folder: Path = Path()

    def __post_init__(self) -> None:
        masters = open_masters(plugin=None, secret=None, old=[], file=self.folder / "master.key")
        self.safe = keyring.Safe(masters, {}, others=(channels.SECRETS, SIGNING_KEYS))
        self.mint = sessions.Mint(self.db, self.safe, issuer="http://gesso.test", secret=_SECRET)
        guests = sessions.Guests(self.db, self.mint, self.settings.public_url)
        self.doorkeeper = Doorkeeper(self.db, guests)
        self.channels = Directory(self.db)
        self.issuers: signin.Issuers | None = None
        self.front_desk: signin.Desk


@dataclass
class Landed:
    """Where a browser came to rest, and what it got there."""

    status: int
    body: str
    location: str = ""
    code: str | None = None
    reason: str | None = None


@dataclass
class Browser:
    """Somebody's browser: it keeps cookies, and goes where it is sent."""

    web: ClientSession
    site: str

    async def get(self, url: str, **headers: str) -> Landed:
        """One step; a redirect is not followed."""
        place = url if url.startswith("http") else f"{self.site}{url}"
        sent = {"Accept": "application/json", **headers}
        async with self.web.get(
            URL(place, encoded=True), headers=sent, allow_redirects=False
        ) as answer:
            body = await answer.text()
            is_json = answer.content_type.endswith("json")
            told = await answer.json() if is_json else {}
            return Landed(
                answer.status, body, answer.headers.get("Location", ""),
                told.get("code"), told.get("reason"),
            )  # fmt: skip

    async def begin(self, slug: str = "acme", return_to: str = "/workspace") -> str:
        """Begin a sign-in; where the issuer is asked."""
        landed = await self.get(f"/auth/sso/{slug}/start?return_to={return_to}")
        assert landed.status == 303, landed
        return landed.location

    async def callback(self, slug: str = "acme") -> str:
        """Begin a sign-in and let the issuer have its say; where it sends the browser back to."""
        landed = await self.get(await self.begin(slug))
        assert landed.status == 302, landed
        return landed.location

    async def sign_in(self, slug: str = "acme", **headers: str) -> Landed:
        """The whole way."""
        return await self.get(await self.callback(slug), **headers)

    async def link(self, slug: str = "work", **headers: str) -> tuple[int, Any]:
        """Begin to link an identity."""
        csrf = next(c.value for c in self.web.cookie_jar if c.key.endswith("csrf"))
        sent = {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "same-origin", **headers}
        url = f"{self.site}/api/v1/me/identities/oidc/{slug}"
        async with self.web.post(url, json={"return_to": "/me"}, headers=sent) as answer:
            return answer.status, await answer.json()

    async def me(self) -> dict[str, Any] | None:
        """Who is signed in; nobody is None."""
        async with self.web.get(f"{self.site}/api/v1/me") as answer:
            return await answer.json() if answer.status == 200 else None

    async def credits(self) -> str:
        """What is in the wallet of whoever is signed in."""
        async with self.web.get(f"{self.site}/api/v1/wallet") as answer:
            return str((await answer.json())["available"])


@dataclass
class Station:
    """A served house, its provider, and an owner who sets up channels."""

    house: WayHouse
    web: ClientSession
    provider: Provider
    stack: AsyncExitStack
    owner: User
    key: str
    letters: Letters
    patience: float = 10.0

    @property
    def db(self) -> Database:
        """The database."""
        return self.house.db

    @property
    def site(self) -> str:
        """The root of the house."""
        return self.house.settings.public_url

    async def ask(
        self, method: str, path: str, body: object = None, *, key: str = "", **headers: str
    ) -> tuple[int, Any]:
        """One request of the owner's, or of whose key it is."""
        sent = {"Authorization": f"Bearer {key or self.key}", **headers}
        url = f"/api/v1{path}"
        async with self.web.request(method, url, json=body, headers=sent) as answer:
            return answer.status, await answer.json()

    async def channel(self, slug: str = "acme", **facts: Any) -> dict[str, Any]:
        """A channel of the provider's, or as the facts have it."""
        body = {
            "slug": slug, "name": "Acme", "kind": "oidc", "issuer": self.provider.url,
            "client_id": CLIENT, "secret": SECRET, **facts,
        }  # fmt: skip
        body = {name: value for name, value in body.items() if value is not None}
        status, made = await self.ask("POST", "/channels", body)
        assert status == 201, made
        return dict(made)

    async def change(self, channel: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """The channel once it is otherwise."""
        _, now = await self.ask("GET", f"/channels/{channel['id']}")
        body = {**changes, "rev": now["rev"]}
        status, made = await self.ask("PATCH", f"/channels/{channel['id']}", body)
        assert status == 200, made
        return dict(made)

    async def browser(self) -> Browser:
        """A browser that was never here."""
        jar = CookieJar(unsafe=True)  # cookies of addresses in numbers too
        session = ClientSession(cookie_jar=jar)
        return Browser(await self.stack.enter_async_context(session), self.site)

    def forget(self) -> None:
        """Have the issuer asked anew, as by a process that has just begun."""
        found = self.house.issuers
        assert found is not None
        self.house.issuers = signin.Issuers(
            found.http, allows_loopback=True, patience=self.patience
        )

    async def count(self, entity: Any) -> int:
        """How many rows there are."""
        async with self.db.view() as view:
            return await view.scalar(select(func.count()).select_from(entity)) or 0


@asynccontextmanager
async def open_station(
    url: str, folder: Path, *, allow: tuple[str, ...] = ("127.0.0.1/32",)
) -> AsyncIterator[Station]:
    """The house with its doors open."""
    async with AsyncExitStack() as stack:
        db = Database(url)
        stack.push_async_callback(db.close)
        house = WayHouse(db, Settings(environment="test"), folder=folder)
        async with db.tx() as tx:
            await identity.ensure_local(tx)
            await events.ensure_epoch(tx)
        await house.mint.open()
        letters = Letters()
        post = await stack.enter_async_context(
            open_post(letters, sender="gesso <g@gesso.test>", now=db.now, waits=(), later=0)
        )
        hasher = signin.Hasher(1)
        stack.callback(hasher.close)
        house.front_desk = signin.Desk(
            db, post, hasher, b"pepper", SigninSettings(), "http://gesso.test"
        )
        app = build(
            channel_routes.router, ways, oidc, handover,
            identity_routes.router, wallet_routes.router, house=house,
        )  # fmt: skip
        web = await stack.enter_async_context(serve(app))
        assert web._base_url is not None
        server = ServerSettings(port=web._base_url.port or 0)
        house.settings = Settings(environment="test", server=server)
        http = await stack.enter_async_context(Http(Guard.that_allows(allow)))
        house.issuers = signin.Issuers(http, allows_loopback=True)
        provider = await stack.enter_async_context(Provider().open())
        owner = await newcomer(db, "owner@example.org", "owner")
        key = await new_key(db, owner, "admin", "tasks:read")
        yield Station(house, web, provider, stack, owner, key, letters)


def query_of(url: str) -> dict[str, str]:
    """What an address asks."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
