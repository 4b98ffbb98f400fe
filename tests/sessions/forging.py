"""Tokens that are not what they seem, each wrong in one way; and one that is right."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from gesso.domain.sessions.keys import trusted, unseal
from gesso.kit.ids import new_id, public_id
from tests.sessions.guesthouse import GuestHouse

Json = Mapping[str, Any]


def text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def part(content: Json | str) -> str:
    raw = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
    return text_of(raw.encode())


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Forger:
    """Knows everything that a thief could, and for some of its tokens even the house's own key."""

    kid: str
    key: Ed25519PrivateKey
    claims: dict[str, Any]
    others: dict[str, str]
    """A session of somebody else."""

    def signed(self, header: Json | str, claims: Json | str, key: Any = None) -> str:
        """A token by this key, or by the house's."""
        text = f"{part(header)}.{part(claims)}"
        return f"{text}.{text_of((key or self.key).sign(text.encode()))}"

    @property
    def header(self) -> dict[str, Any]:
        """What the house writes."""
        return {"alg": "EdDSA", "kid": self.kid, "typ": "at+jwt"}

    @property
    def good(self) -> str:
        """A token like the house's own."""
        return self.signed(self.header, self.claims)

    def corpus(self) -> Iterator[tuple[str, str]]:
        """Every forgery with its name."""
        yield from self._algorithms()
        yield from self._headers()
        yield from self._claims()
        yield from self._texts()

    def _algorithms(self) -> Iterator[tuple[str, str]]:
        for name in ("none", "None", "NONE", "nOnE", ""):
            text = f"{part({**self.header, 'alg': name})}.{part(self.claims)}"
            yield f"alg {name!r} unsigned", f"{text}."
            yield f"alg {name!r} signed", self.signed({**self.header, "alg": name}, self.claims)
        yield "ours, unsigned", f"{part(self.header)}.{part(self.claims)}."
        public = self.key.public_key()
        raw = public.public_bytes_raw()
        pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for name, secret in (("raw", raw), ("pem", pem), ("text", text_of(raw).encode())):
            for header in ({**self.header, "alg": "HS256"}, self.header):
                text = f"{part(header)}.{part(self.claims)}"
                made = hmac.digest(secret, text.encode(), hashlib.sha256)
                yield f"HMAC by the public key, {name}, {header['alg']}", f"{text}.{text_of(made)}"
        curve = generate_private_key(SECP256R1())
        text = f"{part({**self.header, 'alg': 'ES256'})}.{part(self.claims)}"
        yield "ES256", f"{text}.{text_of(curve.sign(text.encode(), ECDSA(SHA256())))}"

    def _headers(self) -> Iterator[tuple[str, str]]:
        own = Ed25519PrivateKey.generate()
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": text_of(own.public_key().public_bytes_raw())}
        yield "another key", self.signed(self.header, self.claims, own)
        for extra in (
            {"jwk": jwk},
            {"jku": "http://127.0.0.1:9/jwks.json"},
            {"x5u": "http://127.0.0.1:9/chain.pem"},
            {"x5c": ["MIIB"]},
            {"crit": ["exp"]},
            {"b64": False, "crit": ["b64"]},
        ):
            name = ", ".join(extra)
            yield (
                f"{name} and a key of one's own",
                self.signed({**self.header, **extra}, self.claims, own),
            )
            yield f"{name} and the house's key", self.signed({**self.header, **extra}, self.claims)
        for kid in (
            "../../../../dev/null",
            "/proc/self/environ",
            "' or '1'='1",
            "x'; drop table signing_key; --",
            "",
            public_id("skey", new_id()),
            "http://127.0.0.1:9/key",
            None,
            7,
            [self.kid],
        ):
            yield f"kid {kid!r}", self.signed({**self.header, "kid": kid}, self.claims, own)
            yield f"kid {kid!r}, our key", self.signed({**self.header, "kid": kid}, self.claims)
        for typ in ("JWT", "jwt", "id+jwt", "logout+jwt", "application/at+jwt", "AT+JWT", None):
            yield f"typ {typ!r}", self.signed({**self.header, "typ": typ}, self.claims)
        yield "no typ", self.signed({"alg": "EdDSA", "kid": self.kid}, self.claims)
        yield "no kid", self.signed({"alg": "EdDSA", "typ": "at+jwt"}, self.claims)
        twice = f'{{"alg":"none","alg":"EdDSA","kid":"{self.kid}","typ":"at+jwt"}}'
        yield "alg twice", self.signed(twice, self.claims)

    def _claims(self) -> Iterator[tuple[str, str]]:
        now = self.claims["iat"]
        wrong: dict[str, Json] = {
            "expired": {"exp": now - 31},
            "expired long ago": {"exp": 0},
            "exp tomorrow": {"exp": now + 86_400},
            "exp beyond every calendar": {"exp": 10**30},
            "exp as text": {"exp": str(now + 600)},
            "exp as a fraction": {"exp": now + 600.5},
            "exp true": {"exp": True},
            "exp infinite": {"exp": float("inf")},
            "exp null": {"exp": None},
            "issued tomorrow": {"iat": now + 86_400},
            "aud of another": {"aud": "elsewhere"},
            "aud in a list": {"aud": [self.claims["aud"]]},
            "aud in a longer list": {"aud": ["elsewhere", self.claims["aud"]]},
            "aud in an object": {"aud": {self.claims["aud"]: 1}},
            "aud with a blank": {"aud": self.claims["aud"] + " "},
            "iss of another": {"iss": "http://elsewhere.test"},
            "iss with a slash": {"iss": self.claims["iss"] + "/"},
            "iss in a list": {"iss": [self.claims["iss"]]},
            "sub of another": {"sub": self.others["sub"]},
            "sid of another": {"sid": self.others["sid"]},
            "sid of nobody": {"sid": public_id("session", new_id())},
            "sid no id": {"sid": "' or 1=1 --"},
            "sub no id": {"sub": 7},
            "scope a list": {"scope": ["operator"]},
            "one claim more": {"admin": True},
            "nbf": {"nbf": now - 10},
        }
        for name, change in wrong.items():
            yield name, self.signed(self.header, {**self.claims, **change})
        for name in self.claims:
            rest = {each: value for each, value in self.claims.items() if each != name}
            yield f"no {name}", self.signed(self.header, rest)
        plain = json.dumps(self.claims)
        for name in ("sub", "aud", "exp", "scope"):
            double = plain[:-1] + f', "{name}": {json.dumps(self.claims[name])}}}'
            yield f"{name} twice", self.signed(self.header, double)
        for name in ("[]", "7", "null", '"text"', "{", "", "[" * 500 + "]" * 500):
            yield f"claims {name[:9]!r}", self.signed(self.header, name)

    def _texts(self) -> Iterator[tuple[str, str]]:
        good = self.good
        head, claims, signature = good.split(".")
        yield "no signature", f"{head}.{claims}"
        yield "a fourth part", f"{good}.{signature}"
        yield "padded", f"{good}="
        yield "signature cut", good[:-1]
        yield "signature of zeros", f"{head}.{claims}.{text_of(bytes(64))}"
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        spare = alphabet[alphabet.index(signature[-1]) ^ 1]
        yield "another text of the same signature", f"{good[:-1]}{spare}"
        raised = {**self.claims, "role": "owner", "scope": "operator"}
        yield "claims exchanged", f"{head}.{part(raised)}.{signature}"
        yield "newline inside", f"{head}.{claims}.{signature[:10]}\n{signature[10:]}"
        yield "plain alphabet", f"{head}.{claims}.{signature.replace('_', '/').replace('-', '+')}/"
        yield "very long", f"{head}.{claims}{'A' * 100_000}.{signature}"
        yield "as JSON", json.dumps({"payload": claims, "protected": head, "signature": signature})
        yield "as bytes of another alphabet", f"{head}.{claims}.{signature[:-1]}é"


async def forger(house: GuestHouse, token: str, other: str) -> Forger:
    """Somebody who holds a good token of one user, and one of another."""
    async with house.db.view() as view:
        row = (await trusted(view))[0]
    key = await unseal(house.safe.masters, row)
    claims = json.loads(bytes_of(token.split(".")[1]))
    others = json.loads(bytes_of(other.split(".")[1]))
    return Forger(public_id("skey", row.id), key, claims, others)
