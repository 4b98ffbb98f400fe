"""What makes a channel sound: addresses of issuers, keys of partners, roles, rates. No I/O."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from gesso.domain.channels.errors import BadChannel, NotYourChannel
from gesso.domain.gate import channel_limits
from gesso.domain.identity import Role, may_appoint
from gesso.infra.errors import Invalid

RATES: Final = ("requests", "submits", "signins")
"""The limits that a channel may have of its own, by the names under which the gate reads them."""
RATE: Final = r"^[1-9][0-9]{0,8}/(second|minute|hour|day)( burst [1-9][0-9]{0,8})?$"
_RANKS: Final = {role: rank for rank, role in enumerate(Role)}
_LONGEST_URL: Final = 500
_ASCII = re.compile(r"[!-~]+")
KEY_TYPES: Final = ("RSA", "EC", "OKP")
SHORTEST_SHARED: Final = 32
"""Bytes of a secret that signs tokens (RFC 7518, section 3.2)."""


def is_above(role: Role | str, other: Role | str) -> bool:
    """Whether the first may do what the second may not."""
    return _RANKS[Role(role)] > _RANKS[Role(other)]


def check_reach(roles: Sequence[Any], actor: Role | None) -> None:
    """NotYourChannel where the channel gives a role that its maker may not give by hand: owners
    give any, others those below their own. None is the command line, which may do everything.
    """
    if actor is not None and not may_appoint(actor, *[Role(role) for role in roles]):
        raise NotYourChannel("A channel gives no role that whoever sets it up may not give.")


def check_house(
    facts: Mapping[str, Any], tenant_id: UUID, *, house_tenant: UUID | None, public_url: str
) -> None:
    """NotYourChannel where a channel of another tenant than the house's own gives credits to who
    comes, which only the house may make, or answers at the house's own public host.
    """
    if tenant_id == house_tenant:
        return
    if facts.get("start_credits"):
        raise NotYourChannel("Only a channel of the house's own tenant gives start credits.")
    own = urlsplit(public_url).hostname
    if own in {str(host).partition(":")[0] for host in facts.get("hosts") or ()}:
        raise NotYourChannel("This host is the house's own.")


def checked_url(url: str, *, allows_loopback: bool, what: str) -> str:
    """The address, if it is https without a fragment or a user; http only on this machine, and only
    where that is allowed. BadChannel otherwise.
    """
    if not is_sound_url(url, allows_loopback=allows_loopback):
        raise BadChannel(f"{what} is an https address without user, fragment or spaces.")
    return url


def is_sound_url(url: object, *, allows_loopback: bool) -> bool:
    """Whether this is an address that a secret or a browser may be sent to."""
    if not isinstance(url, str) or len(url) > _LONGEST_URL or not _ASCII.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or "#" in url or "\\" in url:
        return False
    is_local = parts.scheme == "http" and allows_loopback and _is_loopback(host)
    return parts.scheme == "https" or is_local


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_limits(limits: Mapping[str, Any]) -> None:
    """BadChannel where the gate could not read one of these limits, and would leave it out."""
    try:
        channel_limits(limits)
    except Invalid as error:
        raise BadChannel(str(error)) from error


def check_whole(facts: Mapping[str, Any], *, has_secret: bool, allows_loopback: bool) -> None:
    """BadChannel unless these facts together make a channel that can work."""
    roles, usual = facts["allowed_roles"], facts["default_role"]
    if usual not in roles:
        raise BadChannel("The default role is one of the allowed ones.")
    kind, issuer, protocol = facts["kind"], facts["issuer"], facts["protocol"]
    if kind == "local":
        if issuer or facts["client_id"] or has_secret or any(protocol.values()):
            raise BadChannel("A local channel has no issuer, no client and no secret.")
    elif not issuer:
        raise BadChannel("This kind of channel needs an issuer.")
    elif kind == "oidc":
        _check_oidc(facts, has_secret=has_secret, allows_loopback=allows_loopback)
    else:
        _check_handover(protocol, has_secret=has_secret, allows_loopback=allows_loopback)


def _check_oidc(facts: Mapping[str, Any], *, has_secret: bool, allows_loopback: bool) -> None:
    protocol = facts["protocol"]
    checked_url(facts["issuer"], allows_loopback=allows_loopback, what="An issuer")
    if "?" in facts["issuer"]:
        raise BadChannel("An issuer has no query (OpenID Connect Discovery 1.0, section 2).")
    if not facts["client_id"]:
        raise BadChannel("An OpenID channel needs a client_id.")
    if protocol.get("jwks_url") or protocol.get("keys"):
        raise BadChannel("The keys of an OpenID issuer are found by its discovery document.")
    if "openid" not in protocol.get("scopes", ["openid"]):
        raise BadChannel("The scopes include `openid`.")
    if (protocol.get("client_auth") == "none") == has_secret:
        raise BadChannel("A client has a secret, or its authentication is `none`.")


def _check_handover(
    protocol: Mapping[str, Any], *, has_secret: bool, allows_loopback: bool
) -> None:
    ways = [bool(protocol.get("jwks_url")), bool(protocol.get("keys")), has_secret]
    if sum(ways) != 1:
        raise BadChannel("A partner signs by one of: `jwks_url`, `keys`, a secret.")
    if url := protocol.get("jwks_url"):
        checked_url(url, allows_loopback=allows_loopback, what="The address of keys")
    for key in protocol.get("keys") or ():
        if key.get("kty") not in KEY_TYPES or "d" in key:
            raise BadChannel("A pinned key is the public half of an RSA, EC or OKP key.")
