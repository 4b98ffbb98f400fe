"""Challenges: a secret that only a letter tells, and the few guesses that it stands."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import update

from gesso.domain.identity import Channel
from gesso.domain.signin.limits import CODE_LIFE, MOST_TRIES
from gesso.domain.signin.tables import Challenge
from gesso.infra.db import Tx, View, moment
from gesso.kit.ids import new_id, parse_id, public_id

Purpose = Literal["signin", "link"]
Kind = Literal["code", "link"]
_TOKEN = re.compile(r"(challenge_[0-9a-z]{26})\.([0-9A-Za-z_-]{22})")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a challenge is for."""

    channel: Channel
    email: str
    ip: str
    kind: Kind
    user_id: UUID | None = None
    """Whose account the address is to be added to; None: to sign in."""

    @property
    def purpose(self) -> Purpose:
        """What answering it leads to."""
        return "link" if self.user_id else "signin"


@dataclass(frozen=True, slots=True)
class Right:
    """The secret is the one that was sent; the challenge is used now."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class Wrong:
    """It is not; so many more guesses are looked at."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class Spent:
    """Five guesses were looked at, and no more are."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class Over:
    """There is no such challenge, or it is good for nothing any more."""


Outcome = Right | Wrong | Spent | Over


def new_secret(kind: Kind) -> str:
    """Six digits, or 128 bits in base64url, from the system's random source."""
    if kind == "code":
        return f"{secrets.randbelow(1_000_000):06}"
    return urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def link_token(challenge: Challenge, secret: str) -> str:
    """What stands in a link: the challenge and its secret."""
    return f"{public_id('challenge', challenge.id)}.{secret}"


def parse_token(token: str) -> tuple[UUID, str] | None:
    """The challenge and the secret behind a link; None for what no letter of ours held."""
    shape = _TOKEN.fullmatch(token)
    challenge_id = parse_id("challenge", shape[1]) if shape else None
    return (challenge_id, shape[2]) if shape and challenge_id else None


async def put(tx: Tx, draft: Draft, secret: str, *, pepper: bytes) -> Challenge:
    """Make a challenge; an older one for the same end is good for nothing from now on."""
    whose = Challenge.user_id == draft.user_id if draft.user_id else Challenge.user_id.is_(None)
    await tx.execute(
        update(Challenge)
        .where(
            Challenge.tenant_id == draft.channel.tenant_id,
            Challenge.email == draft.email,
            Challenge.purpose == draft.purpose,
            whose,
            Challenge.ended_at.is_(None),
        )
        .values(ended_at=moment(tx), ending="replaced")
        .execution_options(synchronize_session=False)
    )
    challenge_id = new_id()
    challenge = Challenge(
        id=challenge_id,
        tenant_id=draft.channel.tenant_id,
        channel_id=draft.channel.id,
        purpose=draft.purpose,
        kind=draft.kind,
        email=draft.email,
        user_id=draft.user_id,
        ip=draft.ip,
        digest=_digest(pepper, challenge_id, secret),
        tries=0,
        created_at=moment(tx),
        expires_at=moment(tx) + CODE_LIFE,
    )
    tx.add(challenge)
    await tx.flush()
    return challenge


async def look(view: View, challenge_id: UUID) -> Outcome | None:
    """What can be told without a guess; None where it takes one. Spares the database the rush of
    those who guess on after the fifth.
    """
    challenge = await view.get(Challenge, challenge_id, populate_existing=True)
    if challenge is None or challenge.ended_at or challenge.expires_at <= moment(view):
        return Over()
    return Spent(challenge) if challenge.tries >= MOST_TRIES else None


async def guess(
    tx: Tx, challenge_id: UUID, secret: str, *, draft: tuple[Kind, Purpose], pepper: bytes
) -> Outcome:
    """Look at one guess. It is counted before it is compared, in the row itself, so that however
    many come at once, five are looked at; the right one uses the challenge up.
    """
    kind, purpose = draft
    this = Challenge.id == challenge_id
    counted = await tx.scalar(
        update(Challenge)
        .where(
            this,
            Challenge.kind == kind,
            Challenge.purpose == purpose,
            Challenge.tries < MOST_TRIES,
            Challenge.ended_at.is_(None),
            Challenge.expires_at > moment(tx),
        )
        .values(tries=Challenge.tries + 1)
        .returning(Challenge)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if counted is None:
        return await look(tx, challenge_id) or Over()
    if not hmac.compare_digest(counted.digest, _digest(pepper, challenge_id, secret)):
        return Wrong(MOST_TRIES - counted.tries)
    await tx.execute(
        update(Challenge)
        .where(this)
        .values(ended_at=moment(tx), ending="used")
        .execution_options(synchronize_session=False)
    )
    return Right(counted)


def _digest(pepper: bytes, challenge_id: UUID, secret: str) -> str:
    return hmac.digest(pepper, challenge_id.bytes + secret.encode(), hashlib.sha256).hex()
