"""Signatures: published vectors, and the same verdicts as the official library, whatever comes."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from gesso.providers import Credential, Forged, Push, Signed
from gesso.providers.signatures import (
    Key,
    claims_of,
    is_ed25519,
    keys_of,
    standard_webhook,
)

AT = 1_614_265_330
KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = b'{"test": 2432232314}'
NAME = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOBODY = Credential("a")


def push(body: bytes = BODY, *, at: float = AT, **headers: str) -> Push:
    return Push({f"webhook-{name}": value for name, value in headers.items()}, body, at, NOBODY)


VECTORS = [
    (SECRET, NAME, AT, BODY, SIGNATURE),
    (
        "whsec_" + base64.b64encode(bytes(range(32))).decode().rstrip("="),
        "msg_2",
        1_700_000_000,
        '{"event":"task.completed","data":{"prompt":"猫"}}'.encode(),
        "v1,IvRojw8uhrX3el6+PbXiOdEYaFgKzteXb1R411f/Zqg=",
    ),
    (
        "whsec_" + base64.b64encode(b"rawbytes").decode(),
        NAME,
        AT,
        BODY,
        "v1,9/NZKvq7eXyk1oZjkll3EG2XJbqYWo85yP6jgl/7tVA=",
    ),
]


@pytest.mark.parametrize(("secret", "name", "at", "body", "signature"), VECTORS)
def test_published_vectors(secret: str, name: str, at: int, body: bytes, signature: str) -> None:
    arrived = push(body, at=at + 299, id=name, timestamp=str(at), signature=signature)
    assert standard_webhook(arrived, secret) == Signed(name)
    assert isinstance(standard_webhook(arrived, "whsec_AAAA"), Forged)
    # While secrets are changed, either may have signed it.
    assert standard_webhook(arrived, "whsec_AAAA", secret) == Signed(name)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_x", "whsec_====", "whsec_ä"])
def test_a_secret_that_is_none_believes_nobody(secret: str) -> None:
    empty = hashlib.sha256(b"").hexdigest()
    with pytest.raises(ValueError, match=r"secret|ASCII"):
        standard_webhook(push(id="a", timestamp=str(AT), signature=f"v1,{empty}"), secret)


def library_accepts(arrived: Push, secret: str) -> bool:
    try:
        Webhook(secret).verify(arrived.body, dict(arrived.headers), json_parse=False)
    except Exception:  # noqa: BLE001  # it raises what its own parts raise
        return False
    return True


def signed(name: str, timestamp: float, body: str) -> str:
    return Webhook(SECRET).sign(name, datetime.fromtimestamp(timestamp, UTC), body)


texts = st.text(max_size=20)
entries = st.one_of(
    st.just("RIGHT"),
    st.sampled_from(["v1a,", "v1,", "v2,", "v1,=", "v1,!!!!", "v1,AAAA", ",", "v1", "v1,a,b", ""]),
    st.text(st.characters(codec="latin-1"), max_size=12),
)


@given(
    name=st.one_of(st.just(NAME), texts),
    off=st.one_of(st.sampled_from([0, 0, 290, -290, 310, -310]), st.integers(-400, 400)),
    form=st.sampled_from(["{:.0f}", "{:.1f}", " {:.0f} ", "+{:.0f}", "{:.0f}000", "{:_.0f}", "x"]),
    body=st.one_of(st.just(BODY), st.binary(max_size=12), texts.map(lambda text: text.encode())),
    header=st.lists(entries, max_size=4),
    altered=st.booleans(),
    missing=st.sampled_from(["", "", "", "id", "timestamp", "signature"]),
)
@example(name=NAME, off=0, form="{:.0f}", body=BODY, header=["RIGHT"], altered=False, missing="")
@example(
    name=NAME, off=0, form="{:.1f}", body=BODY, header=["v1a,x", "RIGHT"], altered=False, missing=""
)
@example(name=NAME, off=0, form="{:.0f}", body=b"\xff", header=["RIGHT"], altered=False, missing="")
def test_the_same_verdicts_as_the_official_library(
    *, name: str, off: int, form: str, body: bytes, header: list[str], altered: bool, missing: str
) -> None:
    if abs(abs(off) - 300) < 10:
        return  # the library looks at the clock itself, a moment later
    now = time.time()
    right = signed(name, int(now + off), body.decode("utf-8", "replace"))
    if altered:
        right = right[:-3] + ("A" if right[-3] != "A" else "B") + right[-2:]
    headers = {
        "id": name,
        "timestamp": form.format(int(now + off)),
        "signature": " ".join(right if entry == "RIGHT" else entry for entry in header),
    }
    headers.pop(missing, None)
    arrived = push(body, at=now, **headers)
    ours = isinstance(standard_webhook(arrived, SECRET), Signed)
    assert ours == library_accepts(arrived, SECRET)


def jwks(*keys: object) -> dict[str, Any]:
    return {"keys": list(keys)}


OKP = {"kty": "OKP", "crv": "Ed25519", "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}


def test_fals_vector() -> None:
    lines = ["req-123", "user-456", str(AT), hashlib.sha256(BODY).hexdigest()]
    message = "\n".join(lines).encode()
    signature = bytes.fromhex(
        "8fcab195f731c1f933465fa39b5b39a7ba09f88b098408768853710aa1959998"
        "ee43cea3e0dbf165230c72412586ae494185436fbd1a3627e57a058134fc7f0a"
    )
    keys = keys_of(jwks(OKP))
    assert is_ed25519(message, signature, keys)
    assert not is_ed25519(message + b" ", signature, keys)
    assert not is_ed25519(message, signature[:-1], keys)
    assert not is_ed25519(message, b"", keys)
    assert not is_ed25519(message, signature, [])


@pytest.mark.parametrize("published", [None, [], {}, {"keys": {}}, {"keys": None}, "keys"])
def test_what_is_no_list_of_keys_is_refused(published: object) -> None:
    with pytest.raises(ValueError, match="no list of keys"):
        keys_of(published)


def test_keys_of_strange_kinds_are_passed_over() -> None:
    strange = [None, 7, {}, {"kty": "?"}, {"kty": "OKP", "crv": "X", "x": "AA"}, {**OKP, "x": 3}]
    assert [key.id for key in keys_of(jwks(*strange, {**OKP, "kid": "one"}))] == ["one"]


def swapped(public: bytes, **claims: Any) -> str:
    """A token that takes the public key for a shared secret, as careless verifiers do."""
    parts = [{"alg": "HS256", "kid": "one"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    message = b".".join(encoded)
    digest = hmac.digest(public, message, hashlib.sha256)
    return (message + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def test_a_token_counts_by_rs256_and_in_its_time_alone() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys = [Key("one", private.public_key()), Key("two", Ed25519PrivateKey.generate().public_key())]
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(by: Any = private, algorithm: str = "RS256", **claims: Any) -> str:
        return jwt.encode(claims, by, algorithm, headers={"kid": "one"})

    assert claims_of(token(exp=AT + 60, event="x"), keys, AT) == {"exp": AT + 60, "event": "x"}
    assert claims_of(token(iat=AT - 200), keys, AT) == {"iat": AT - 200}
    for bad in (
        token(),
        token(exp=AT - 400),
        token(iat=AT - 400),
        token(nbf=AT + 400, exp=AT + 900),
        token(other, exp=AT + 60),
        swapped(public, exp=AT + 60),
        token(None, "none", exp=AT + 60),
        token(exp=AT + 60)[:-4],
        "a.b.c",
        "",
    ):
        assert claims_of(bad, keys, AT) is None, bad
