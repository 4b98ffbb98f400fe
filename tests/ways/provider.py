"""An OpenID provider of our own: strict to the letter, and able to lie in every way we know."""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

CLIENT, SECRET = "gesso-client", "the secret of a client: 32 letters"
Claims = dict[str, Any]


def private_key(kind: str, which: int = 0) -> Any:
    """A key of this kind; made once, for making one takes a while."""
    return _made(kind, which)


@cache
def _made(kind: str, _which: int) -> Any:
    match kind:
        case "RSA":
            return rsa.generate_private_key(65537, 2048)
        case "small":
            return rsa.generate_private_key(65537, 1024)
        case "EC":
            return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def public_jwk(kind: str, algorithm: str, which: int = 0, **more: Any) -> dict[str, Any]:
    """Its public half as the world sees it."""
    made = get_default_algorithms()[algorithm].to_jwk(
        private_key(kind, which).public_key(), as_dict=True
    )
    return {**made, "use": "sig", "alg": algorithm, "kid": f"{kind}-{which}", **more}


def without(claims: Claims) -> Claims:
    """The claims that are there at all."""
    return {name: value for name, value in claims.items() if value is not None}


@dataclass
class Provider:
    """What it does, as long as nobody tells it otherwise, is right."""

    url: str = ""
    person: Claims = field(
        default_factory=lambda: {
            "sub": "subject-1", "email": "anna@example.org", "email_verified": True,
        }
    )  # fmt: skip
    document: Claims = field(default_factory=dict)
    """Put over the discovery document; None takes a field out."""
    claims: Claims = field(default_factory=dict)
    """Put over the id token's claims in the same way."""
    header: Claims = field(default_factory=dict)
    userinfo: Claims | None = None
    keys: list[Claims] = field(default_factory=lambda: [public_jwk("OKP", "EdDSA")])
    kind: str = "OKP"
    algorithm: str = "EdDSA"
    which: int = 0
    auth: str = "client_secret_basic"
    sign: Callable[[Claims], str] | None = None
    answer: Callable[[str, web.Request], Any] | None = None
    """Asked before every answer, by the path's last word; what it gives is answered instead."""
    error: str | None = None
    names_itself: bool = True
    codes: dict[str, Claims] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def token(self, asked: Claims) -> str:
        """The id token for what was asked."""
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": asked["client_id"], "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], **self.person,
        }  # fmt: skip
        claims = without({**claims, **self.claims})
        if self.sign is not None:
            return self.sign(claims)
        head = without({"kid": f"{self.kind}-{self.which}", **self.header})
        key = private_key(self.kind, self.which)
        return jwt.encode(claims, key, algorithm=self.algorithm, headers=head)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Provider"]:
        """Serve on a free port."""
        app = web.Application(middlewares=[self._look])
        app.router.add_get("/.well-known/openid-configuration", self._document)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/jwks", self._jwks)
        app.router.add_get("/userinfo", self._userinfo)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _look(self, request: web.Request, handler: Any) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        self.calls.append(name)
        given = self.answer(name, request) if self.answer else None
        if asyncio.iscoroutine(given):
            given = await given
        answered: web.StreamResponse = given if given is not None else await handler(request)
        return answered

    async def _document(self, _request: web.Request) -> web.Response:
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "authorization_response_iss_parameter_supported": self.names_itself,
        }
        return web.json_response(without({**found, **self.document}))

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["client_id"] == CLIENT, asked
        assert asked["response_type"] == "code", asked
        assert asked["code_challenge_method"] == "S256", asked
        assert len(asked["code_challenge"]) == 43, asked
        assert "openid" in asked["scope"].split(), asked
        assert min(len(asked["state"]), len(asked["nonce"])) >= 43, asked
        back = {"state": asked["state"], **({"iss": self.url} if self.names_itself else {})}
        if self.error is not None:
            back |= {"error": self.error}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back |= {"code": code}
        place = f"{asked['redirect_uri']}?{urlencode(back)}"
        return web.Response(status=302, headers={"Location": place})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not self._is_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self.codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=")
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge.decode() != asked["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 60}
        return web.json_response({**token, "id_token": self.token(asked)})

    def _is_client(self, request: web.Request, form: Claims) -> bool:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        in_header = tuple(base64.b64decode(text).decode().split(":")) if scheme else ()
        in_form = (form.get("client_id"), form.get("client_secret"))
        match self.auth:
            case "client_secret_basic":
                mine = tuple(map(unquote_plus, in_header)) == (CLIENT, SECRET)
                return scheme == "Basic" and mine and in_form == (None, None)
            case "client_secret_post":
                return not scheme and in_form == (CLIENT, SECRET)
        return not scheme and in_form == (CLIENT, None)

    async def _jwks(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": self.keys})

    async def _userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer an-access-token"
        return web.json_response(self.userinfo or self.person)
