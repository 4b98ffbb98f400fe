"""Sign-in at an issuer (OpenID Connect, authorization code with PKCE): begun here, ended here.

A browser has one secret of ours for ten minutes. From it and the state, nonce and verifier are
made, so that only the browser that began a sign-in can end it, and a copy of the database can not.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from sqlalchemy import delete, select, update

from gesso.domain import channels, identity
from gesso.domain.identity import Caller, Channel
from gesso.domain.keyring import Safe
from gesso.domain.signin.arrivals import Arrival
from gesso.domain.signin.oidc_errors import (
    BadReturn,
    EmailMissing,
    SignInCancelled,
    SignInStale,
    TokenRefused,
)
from gesso.domain.signin.oidc_exchange import Proof, claims_of, exchange, said_by
from gesso.domain.signin.oidc_issuers import Issuer, Issuers
from gesso.domain.signin.oidc_tables import OidcTransaction
from gesso.infra.db import Database, Tx, moment
from gesso.kit.ids import new_id

LIFE: Final = timedelta(minutes=10)
_LONGEST_PATH: Final = 2000
_LONGEST_CODE: Final = 4096


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and what it keeps until it is back."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class Callback:
    """With what the issuer sent the browser back, and what the browser keeps."""

    browser: str | None
    state: str | None
    code: str | None
    error: str | None
    iss: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A sign-in that was proved, and not acted on yet."""

    channel: Channel
    arrival: Arrival
    return_to: str
    user_id: UUID | None
    """Whose account it is to be added to; None: a sign-in."""
    session_id: UUID | None
    """The session in which they asked for that."""


def checked_return(path: str) -> str:
    """The path, if it is one of this site's; BadReturn for what would lead a browser elsewhere."""
    is_path = path.startswith("/") and not path.startswith("//") and "\\" not in path
    is_plain = path.isascii() and path.isprintable() and " " not in path
    if not is_path or not is_plain or len(path) > _LONGEST_PATH:
        raise BadReturn("Afterwards one goes to a path of this site, such as /workspace.")
    return path


async def start(
    db: Database,
    issuers: Issuers,
    channel: Channel,
    *,
    return_to: str,
    redirect_uri: str,
    browser: str | None,
    by: Caller | None = None,
) -> Begun:
    """Begin a sign-in, or the linking of an identity `by` whoever is signed in; good for ten
    minutes, once. IssuerUnavailable, BadReturn.
    """
    path = checked_return(return_to)
    issuer = await issuers.find(str(channel.issuer))
    browser = browser if browser and len(browser) == 43 else secrets.token_urlsafe(32)
    state = secrets.token_urlsafe(32)
    async with db.tx() as tx:
        tx.add(
            OidcTransaction(
                id=new_id(), tenant_id=channel.tenant_id, channel_id=channel.id,
                state_digest=_digest(state), browser_digest=_digest(browser),
                user_id=by.user_id if by else None, session_id=by.session_id if by else None,
                return_to=path, redirect_uri=redirect_uri,
                created_at=moment(tx), expires_at=moment(tx) + LIFE,
            )
        )  # fmt: skip
    scopes = channel.protocol.get("scopes") or ["openid", "email", "profile"]
    query = {
        "response_type": "code",
        "client_id": str(channel.client_id),
        "redirect_uri": redirect_uri,
        "scope": " ".join(map(str, scopes)),  # type: ignore[call-overload]  # a list, by the rules
        "state": state,
        "nonce": _derived(browser, "nonce", state),
        "code_challenge": _text(hashlib.sha256(_derived(browser, "pkce", state).encode()).digest()),
        "code_challenge_method": "S256",
    }
    return Begun(_with_query(issuer.authorization, query), browser)


async def finish(
    db: Database, issuers: Issuers, safe: Safe, slug: str, callback: Callback
) -> Ended:
    """Whom the issuer vouches for. The sign-in is used up by this, whatever comes of it.

    SignInCancelled, SignInStale, TokenRefused, EmailMissing, IssuerUnavailable.
    """
    if callback.state is None:
        # Some issuers send who declined back without the state: nothing was begun that could end.
        if callback.error is not None:
            raise SignInCancelled("The sign-in was cancelled.")
        raise SignInStale("This sign-in was not begun here.")
    async with db.tx() as tx:
        channel = await identity.find_channel(tx, slug)
        begun = await _use(tx, channel, callback)
        sealed = await channels.secret_of(tx, channel.id)
    if callback.error is not None:
        raise SignInCancelled("The sign-in was cancelled.")
    if not callback.code or len(callback.code) > _LONGEST_CODE:
        raise TokenRefused("code")
    issuer = await issuers.find(str(channel.issuer))
    if callback.iss != issuer.name and (issuer.names_itself or callback.iss is not None):
        raise TokenRefused("issuer")
    secret = await channels.opened(safe, sealed) if sealed else None
    arrival = await _ask(db, issuers, issuer, channel, secret=secret, proof=_proof(begun, callback))
    return Ended(channel, arrival, begun.return_to, begun.user_id, begun.session_id)


def _proof(begun: OidcTransaction, callback: Callback) -> Proof:
    browser, state = str(callback.browser), str(callback.state)
    verifier, nonce = _derived(browser, "pkce", state), _derived(browser, "nonce", state)
    return Proof(str(callback.code), begun.redirect_uri, verifier, nonce)


async def _ask(
    db: Database,
    issuers: Issuers,
    issuer: Issuer,
    channel: Channel,
    *,
    secret: str | None,
    proof: Proof,
) -> Arrival:
    """Whom the issuer vouches for, against the code."""
    answer = await exchange(issuers, issuer, channel, secret, proof)
    claims = await claims_of(issuers, issuer, channel, answer, nonce=proof.nonce, now=db.now())
    said = await said_by(issuers, issuer, channel, answer, claims)
    if said.email is None:
        raise EmailMissing("The issuer tells no e-mail address of yours.")
    return Arrival(
        "oidc", issuer.name, claims["sub"], said.email,
        is_email_verified=said.is_email_verified, role=said.role, says_role=said.says_role,
        name=said.name,
    )  # fmt: skip


async def forget_transactions(tx: Tx, *, room: int) -> int:
    """Forget at most so many sign-ins that cannot end any more; how many those were."""
    old = select(OidcTransaction.id).where(OidcTransaction.expires_at < moment(tx)).limit(room)
    gone = delete(OidcTransaction).where(OidcTransaction.id.in_(old)).returning(OidcTransaction.id)
    done = await tx.scalars(gone.execution_options(synchronize_session=False))
    return len(done.all())


async def _use(tx: Tx, channel: Channel, callback: Callback) -> OidcTransaction:
    """Use the sign-in up, if it was begun in this browser at this channel; SignInStale if not."""
    used = (
        update(OidcTransaction)
        .where(
            OidcTransaction.state_digest == _digest(callback.state or ""),
            OidcTransaction.browser_digest == _digest(callback.browser or ""),
            OidcTransaction.channel_id == channel.id,
            OidcTransaction.used_at.is_(None),
            OidcTransaction.expires_at > moment(tx),
        )
        .values(used_at=moment(tx))
        .returning(OidcTransaction)
        .execution_options(synchronize_session=False)
    )
    found: OidcTransaction | None = await tx.scalar(used)
    if found is None:
        raise SignInStale("This sign-in is too old, was used already, or began elsewhere.")
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _derived(browser: str, purpose: str, state: str) -> str:
    """43 letters that nobody can make without the browser's secret."""
    return _text(hmac.digest(browser.encode(), f"{purpose}:{state}".encode(), hashlib.sha256))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _with_query(url: str, query: dict[str, str]) -> str:
    """The address with these beside what it asks already."""
    parts = urlsplit(url)
    mine = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in query]
    return urlunsplit(parts._replace(query=urlencode([*mine, *query.items()])))
