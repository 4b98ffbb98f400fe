"""Hand-over: a partner sends somebody over with a signed token (a JWT, RFC 7519), and they are in.

The token is good for one visit at one channel of one house, within five minutes: it names our
address as its audience, and its `jti` opens once.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select

from gesso.domain import channels, identity
from gesso.domain.identity import Channel
from gesso.domain.keyring import Safe
from gesso.domain.signin.arrivals import Arrival, Arrived, arrive
from gesso.domain.signin.handover_tables import HandoverUse
from gesso.domain.signin.oidc import checked_return
from gesso.domain.signin.oidc_errors import BadReturn, EmailMissing, TokenRefused, TokenUsed
from gesso.domain.signin.oidc_issuers import Issuers
from gesso.domain.signin.oidc_keys import (
    LEEWAY,
    SHARED,
    check_times,
    head_of,
    is_same,
    opened,
    public_key,
    subject_of,
)
from gesso.infra.db import Database, Tx, moment
from gesso.kit.ids import new_id

LIFE: Final = 300.0
"""Seconds for which a token is good at most."""
SIGNED_BY: Final = ("EdDSA", "ES256", "RS256")
HOME: Final = "/"
_LONGEST_STATE: Final = 2000


async def examine(
    db: Database,
    issuers: Issuers,
    safe: Safe,
    channel: Channel,
    *,
    token: str,
    state: str | None,
    audience: str,
) -> tuple[Arrival, Mapping[str, Any]]:
    """Whom the partner vouches for, and the token's claims, once everything about it was checked.

    TokenRefused, EmailMissing, IssuerUnavailable where the partner's keys cannot be fetched.
    """
    claims = await _opened(db, issuers, safe, channel, token)
    if claims.get("iss") != channel.issuer:
        raise TokenRefused("issuer")
    if claims.get("aud") != audience:
        raise TokenRefused("audience")
    check_times(claims, db.now(), oldest=LIFE, longest=LIFE)
    named = claims.get("jti")
    if not isinstance(named, str) or not 1 <= len(named) <= 200:
        raise TokenRefused("jti")
    # What the partner did not sign, somebody on the way may have put there.
    if state is not None and not is_same(claims.get("state"), state):
        raise TokenRefused("state")
    said = channels.read(channel, claims)
    if said.email is None:
        raise EmailMissing("The token has no e-mail address.")
    arrival = Arrival(
        "handover", issuer_of(channel), subject_of(claims), said.email,
        is_email_verified=said.is_email_verified, role=said.role, says_role=said.says_role,
        name=said.name,
    )  # fmt: skip
    return arrival, claims


async def come_over(
    tx: Tx, channel: Channel, arrival: Arrival, claims: Mapping[str, Any]
) -> Arrived:
    """Let them in, and use the token up. TokenUsed where it was used before; else as `arrive`."""
    ends = datetime.fromtimestamp(float(claims["exp"]), UTC) + timedelta(seconds=2 * LEEWAY)
    digest = hashlib.sha256(claims["jti"].encode("utf-8", "surrogatepass")).hexdigest()
    values = {
        "id": new_id(), "tenant_id": channel.tenant_id, "channel_id": channel.id,
        "token_digest": digest, "used_at": moment(tx), "expires_at": ends,
    }  # fmt: skip
    if not await identity.insert_once(tx, HandoverUse, values):
        raise TokenUsed("This token was used before.")
    return await arrive(tx, channel, arrival)


def issuer_of(channel: Channel) -> str:
    """By what name identities of this channel are known. The channel's id is in it: whoever sets up
    a channel chooses the name and the keys behind it, and must not speak for another's people.
    """
    return f"handover:{channel.id}:{channel.issuer}"


def place_after(state: str | None) -> str:
    """Where to go then: to the state, if it is a path of this site, else home."""
    try:
        return checked_return(state or HOME)
    except BadReturn:
        return HOME


async def forget_uses(tx: Tx, *, room: int) -> int:
    """Forget at most so many used tokens that are too old to be taken; how many those were."""
    old = select(HandoverUse.id).where(HandoverUse.expires_at < moment(tx)).limit(room)
    gone = delete(HandoverUse).where(HandoverUse.id.in_(old)).returning(HandoverUse.id)
    done = await tx.scalars(gone.execution_options(synchronize_session=False))
    return len(done.all())


async def _opened(
    db: Database, issuers: Issuers, safe: Safe, channel: Channel, token: str
) -> dict[str, Any]:
    """The claims, if the partner signed them: by their keys, or by the shared secret where that is
    how the channel was set up, and by nothing else.
    """
    async with db.view() as view:
        sealed = await channels.secret_of(view, channel.id)
    if sealed is not None:
        head_of(token, [SHARED])
        shared = await channels.opened(safe, sealed)
        return opened(token, shared.encode(), SHARED)
    head = head_of(token, SIGNED_BY)
    protocol: Mapping[str, Any] = channel.protocol
    if url := protocol.get("jwks_url"):
        return opened(token, await issuers.key(url, head), head.algorithm)
    return opened(token, public_key(protocol.get("keys") or [], head), head.algorithm)
