"""The code against the token: what we ask the issuer for, and what we believe of its answer.

OpenID Connect Core 1.0, sections 3.1.3 and 5.3; RFC 6749, sections 2.3.1 and 4.1.3.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import structlog

from gesso.domain.channels import Said, read
from gesso.domain.identity import Channel
from gesso.domain.signin.oidc_errors import IssuerUnavailable, TokenRefused
from gesso.domain.signin.oidc_issuers import Issuer, Issuers
from gesso.domain.signin.oidc_keys import (
    FAMILIES,
    Head,
    check_times,
    head_of,
    is_same,
    opened,
    subject_of,
)

log = structlog.get_logger()
_OLDEST: Final = 600.0
_LONGEST_LIFE: Final = 24 * 3600.0
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Proof:
    """What this browser and nobody else can show of its sign-in."""

    code: str
    redirect_uri: str
    verifier: str
    nonce: str


async def exchange(
    issuers: Issuers, issuer: Issuer, channel: Channel, secret: str | None, proof: Proof
) -> Mapping[str, Any]:
    """The issuer's answer to the code: an id token and an access token. TokenRefused where it does
    not take the code.
    """
    form = {
        "grant_type": "authorization_code",
        "code": proof.code,
        "redirect_uri": proof.redirect_uri,
        "code_verifier": proof.verifier,
    }
    client_id, headers = str(channel.client_id), dict(_FORM)
    if secret is not None and channel.protocol.get("client_auth") == "client_secret_post":
        form |= {"client_id": client_id, "client_secret": secret}
    elif secret is not None:
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = client_id
    body = urlencode(form).encode()
    status, answer = await issuers.ask("POST", issuer.token, headers=headers, body=body)
    if status >= 500:
        log.warning("issuer_failed", channel=channel.slug, status=status)
        raise IssuerUnavailable("The issuer does not answer as it should.")
    if status != 200:
        error = str(answer.get("error", ""))[:100]
        log.warning("issuer_refused_code", channel=channel.slug, status=status, error=error)
        raise TokenRefused("code")
    return answer


async def claims_of(
    issuers: Issuers,
    issuer: Issuer,
    channel: Channel,
    answer: Mapping[str, Any],
    *,
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    """What the id token of the answer says, once everything about it was checked."""
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise TokenRefused("malformed")
    head = head_of(token, list(FAMILIES))
    claims = opened(token, await issuers.key(issuer.keys, head), head.algorithm)
    if claims.get("iss") != issuer.name:
        raise TokenRefused("issuer")
    check_audience(claims, str(channel.client_id))
    subject_of(claims)
    check_times(claims, now, oldest=_OLDEST, longest=_LONGEST_LIFE)
    if not is_same(claims.get("nonce"), nonce):
        raise TokenRefused("nonce")
    if "at_hash" in claims:
        _check_access_token(claims["at_hash"], answer.get("access_token"), head)
    return claims


async def said_by(
    issuers: Issuers,
    issuer: Issuer,
    channel: Channel,
    answer: Mapping[str, Any],
    claims: dict[str, Any],
) -> Said:
    """What the issuer says of them; where the id token lacks an address, its userinfo is asked."""
    said = read(channel, claims)
    access = answer.get("access_token")
    if said.email is not None or issuer.userinfo is None or not isinstance(access, str):
        return said
    if not access.isascii() or not access.isprintable():
        raise TokenRefused("malformed")
    headers = {"Authorization": f"Bearer {access}"}
    status, more = await issuers.ask("GET", issuer.userinfo, headers=headers)
    if status != 200:
        raise IssuerUnavailable("The issuer tells nothing of its user.")
    if not is_same(more.get("sub"), claims["sub"]):
        raise TokenRefused("subject")
    return read(channel, {**more, **claims})


def check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """TokenRefused unless it is for us, and for us to act on (Core 1.0, section 3.1.3.7)."""
    audience = claims.get("aud")
    many = audience if isinstance(audience, list) else [audience]
    if client_id not in many or not all(isinstance(each, str) for each in many):
        raise TokenRefused("audience")
    if len(many) > 1 and "azp" not in claims:
        raise TokenRefused("authorized_party")
    if "azp" in claims and claims["azp"] != client_id:
        raise TokenRefused("authorized_party")


def _check_access_token(expected: object, access: object, head: Head) -> None:
    if not isinstance(access, str):
        raise TokenRefused("access_token")
    bits = "512" if head.algorithm == "EdDSA" else head.algorithm[2:]
    digest = hashlib.new(f"sha{bits}", access.encode("utf-8", "surrogatepass")).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    given = str(expected).encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, half):
        raise TokenRefused("access_token")
