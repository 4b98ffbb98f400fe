"""What issuers publish of themselves: discovery documents and keys, kept for a while.

OpenID Connect Discovery 1.0, section 4; the names of fields are RFC 8414's. All of it is fetched by
the guarded client, so an issuer's word leads to the public network and nowhere inside.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import structlog

from gesso.domain.channels import is_sound_url
from gesso.domain.signin.oidc_errors import IssuerUnavailable
from gesso.domain.signin.oidc_keys import Head, Jwk, NoKey, public_key
from gesso.infra.http import Http, HttpError

log = structlog.get_logger()
T = TypeVar("T")

_DOCUMENT_LIFE: Final = 3600.0
_KEYS_LIFE: Final = 24 * 3600.0
_REFETCH: Final = 60.0
"""Seconds between looks for a key that is not among those known."""
_SPARED: Final = 2.0
"""Seconds for which an issuer that failed is not asked again."""
_PATIENCE: Final = 10.0
_LONGEST: Final = 256 << 10
_MOST: Final = 1000
"""Addresses remembered; channels are few, and each has two."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer by its discovery document."""

    name: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    names_itself: bool
    """Whether its callbacks carry `iss` (RFC 9207)."""


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T
    until: float
    fetched: float


class Issuers:
    """Finds issuers and their keys; one for each process."""

    def __init__(self, http: Http, *, allows_loopback: bool, patience: float = _PATIENCE) -> None:
        """`patience` is how many seconds one answer may take; `allows_loopback`, whether an issuer
        may be on this machine, without TLS.
        """
        self._http, self._allows_loopback, self._patience = http, allows_loopback, patience
        self._documents: dict[str, _Kept[Issuer]] = {}
        self._keys: dict[str, _Kept[Sequence[Jwk]]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._failed: dict[str, float] = {}

    @property
    def http(self) -> Http:
        """The guarded client by which issuers are spoken to."""
        return self._http

    async def find(self, name: str) -> Issuer:
        """The issuer of this name, which has to be what it calls itself, letter by letter.
        IssuerUnavailable where it cannot be asked, or does not say what is needed.
        """

        async def fetch() -> Issuer:
            url = f"{name.rstrip('/')}/.well-known/openid-configuration"
            return self._read(name, await self._fetch(url))

        return (await self._kept(self._documents, name, _DOCUMENT_LIFE, fetch)).value

    async def key(self, url: str, head: Head) -> Any:
        """The key published at this address that has to have signed; NoKey where there is none. A
        key that is not known yet is looked for there again, once a minute at most.
        """
        kept = await self._kept_keys(url)
        try:
            return public_key(kept.value, head)
        except NoKey:
            if _now() - kept.fetched < _REFETCH:
                raise
        kept = await self._kept_keys(url, newer_than=kept.fetched)
        return public_key(kept.value, head)

    async def _kept_keys(self, url: str, newer_than: float = -1.0) -> "_Kept[Sequence[Jwk]]":
        async def fetch() -> Sequence[Jwk]:
            found = (await self._fetch(url)).get("keys")
            if not isinstance(found, list):
                raise IssuerUnavailable("The issuer publishes no keys.")
            return [key for key in found if isinstance(key, dict)]

        return await self._kept(self._keys, url, _KEYS_LIFE, fetch, newer_than)

    async def _kept(
        self,
        shelf: dict[str, _Kept[T]],
        name: str,
        life: float,
        fetch: Callable[[], Awaitable[T]],
        newer_than: float = -1.0,
    ) -> _Kept[T]:
        """What is on the shelf, fetched first where it is too old: once for all who ask."""
        async with self._turns.setdefault(name, asyncio.Lock()):
            kept = shelf.get(name)
            if kept is None or kept.until < _now() or kept.fetched <= newer_than:
                value, now = await self._once(name, fetch), _now()
                while len(shelf) >= _MOST:
                    shelf.pop(next(iter(shelf)))
                kept = shelf[name] = _Kept(value, now + life, now)
            return kept

    async def _once(self, name: str, fetch: Callable[[], Awaitable[T]]) -> T:
        """What is fetched; those who waited behind a failure share it, or each would wait as long
        for the next one.
        """
        if self._failed.get(name, 0.0) > _now():
            raise IssuerUnavailable("The issuer could not be asked a moment ago.")
        try:
            return await fetch()
        except IssuerUnavailable:
            self._failed[name] = _now() + _SPARED
            raise

    async def _fetch(self, url: str) -> Mapping[str, Any]:
        self._check(url)
        status, body = await self.ask("GET", url)
        if status != 200:
            raise IssuerUnavailable("The issuer does not answer as it should.")
        return body

    async def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, Mapping[str, Any]]:
        """One exchange that ends in a JSON object: its status and that. IssuerUnavailable for
        anything else: a redirect, a page, too long, too slow, or an address that is not reached.
        """
        sent = {"Accept": "application/json", **(headers or {})}
        try:
            reply = await self._http.request(
                method, url, headers=sent, body=body or None, total=self._patience, limit=_LONGEST
            )
        except HttpError as error:
            log.info("issuer_unreachable", url=url, reason=repr(error)[:300])
            raise IssuerUnavailable("The issuer cannot be reached.") from error
        try:
            found = json.loads(reply.body)
        except (ValueError, RecursionError):
            found = None
        if 300 <= reply.status < 400 or not isinstance(found, dict):
            log.info("issuer_answered_oddly", url=url, status=reply.status)
            raise IssuerUnavailable("The issuer does not answer as it should.")
        return reply.status, found

    def _read(self, name: str, document: Mapping[str, Any]) -> Issuer:
        if document.get("issuer") != name:
            log.warning("issuer_misnamed", expected=name, found=str(document.get("issuer"))[:300])
            raise IssuerUnavailable("The issuer calls itself by another name.")
        places = [document.get(f"{each}_endpoint") for each in ("authorization", "token")]
        for place in (*places, document.get("jwks_uri")):
            self._check(place)
        userinfo = document.get("userinfo_endpoint")
        if userinfo is not None:
            self._check(userinfo)
        return Issuer(
            name=name,
            authorization=str(places[0]),
            token=str(places[1]),
            keys=str(document["jwks_uri"]),
            userinfo=userinfo,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _check(self, url: object) -> None:
        if not is_sound_url(url, allows_loopback=self._allows_loopback):
            raise IssuerUnavailable("The issuer names an address that is not used.")


def _now() -> float:
    return asyncio.get_running_loop().time()
