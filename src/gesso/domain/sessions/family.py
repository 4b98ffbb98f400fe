"""Refreshing: a token is used once and brings the next; a copy that is used again ends the session.

The successor is made from the token, a salt in its row and the house's secret. So a client whose
answer was lost gets the very same one for ten seconds, and neither the database nor the secret
alone is enough to make it.
"""

import base64
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, select, update

from gesso.domain.identity import Role, User
from gesso.domain.sessions.errors import BadRefreshToken, TokenReused, TooSoon
from gesso.domain.sessions.mint import Mint
from gesso.domain.sessions.rules import (
    AGAIN,
    PACE,
    PREFIX,
    Opened,
    Visit,
    digest_of,
    is_refresh_token,
)
from gesso.domain.sessions.service import end, new_link, opened
from gesso.domain.sessions.tables import LONGEST_AGENT, RefreshToken, UserSession
from gesso.infra.db import Tx, View, moment

_SALT_BYTES = 16
_GONE = "This refresh token is not known, or not any more: sign in again."

log = structlog.get_logger("gesso.sessions")


@dataclass(frozen=True, slots=True)
class _Use:
    """A token that is presented, and where it stands."""

    token: str
    link: RefreshToken
    session: UserSession
    role: Role


async def session_of(view: View, token: str) -> UUID | None:
    """To which session this refresh token belongs, used or not; None for one that is not ours."""
    if not is_refresh_token(token):
        return None
    query = select(RefreshToken.session_id).where(RefreshToken.digest == digest_of(token))
    return cast(UUID | None, await view.scalar(query))


async def refresh(
    tx: Tx, mint: Mint, token: str, visit: Visit
) -> Opened | BadRefreshToken | TokenReused:
    """Let the session go on: its next refresh token, the same one if this is asked again within ten
    seconds. An error is an answer and no exception, for what goes with it must be committed; but
    TooSoon is raised for a token that a refresh made less than five seconds ago.
    """
    session_id = await session_of(tx, token)
    if session_id is None:
        return BadRefreshToken(_GONE)
    # All tokens of a family wait here for each other, so each sees what the one before has done.
    session, user = await _locked(tx, session_id)
    link = await _link(tx, RefreshToken.digest == digest_of(token))
    if session.expires_at is None or session.expires_at <= moment(tx):
        return BadRefreshToken(_GONE)
    if session.ended_at is not None or user.status != "active" or link is None:
        return BadRefreshToken(_GONE)
    use = _Use(token, link, session, Role(user.role))
    if link.used_at is None:
        return await _go_on(tx, mint, use, visit)
    return await _again(tx, mint, use)


async def _go_on(tx: Tx, mint: Mint, use: _Use, visit: Visit) -> Opened:
    """Use the token up, and have the one that comes after it; TooSoon right after a refresh."""
    left = use.link.created_at + PACE - moment(tx)
    if use.link.generation > 1 and left > timedelta():
        raise TooSoon("This session was refreshed just now.", seconds=left.total_seconds())
    salt = os.urandom(_SALT_BYTES)
    await tx.execute(
        update(RefreshToken)
        .where(RefreshToken.id == use.link.id, RefreshToken.used_at.is_(None))
        .values(used_at=moment(tx), salt=salt)
        .execution_options(synchronize_session=False)
    )
    successor = _successor(mint, use.token, salt)
    tx.add(new_link(tx, use.session, use.link.generation + 1, successor))
    await tx.execute(
        update(UserSession)
        .where(UserSession.id == use.session.id)
        .values(last_used_at=moment(tx), ip=visit.ip, agent=visit.agent[:LONGEST_AGENT])
        .execution_options(synchronize_session=False)
    )
    await tx.flush()
    return opened(use.session, use.role, successor)


async def _again(tx: Tx, mint: Mint, use: _Use) -> Opened | BadRefreshToken | TokenReused:
    """The same answer to the same question, if it is the last one and not long ago."""
    link, session_id = use.link, use.session.id
    is_head = RefreshToken.session_id == session_id, RefreshToken.used_at.is_(None)
    head = await _link(tx, *is_head)
    if link.used_at is None or link.salt is None or head is None:
        raise RuntimeError("a session without an unused refresh token")
    if link.generation + 1 == head.generation and moment(tx) - link.used_at <= AGAIN:
        successor = _successor(mint, use.token, bytes(link.salt))
        if digest_of(successor) != head.digest:  # the house's secret was changed meanwhile
            return BadRefreshToken(_GONE)
        return opened(use.session, use.role, successor)
    await end(tx, [session_id], "reuse")
    log.warning("refresh_token_reused", session_id=str(session_id), generation=link.generation)
    return TokenReused("This refresh token was used before; its session is ended. Sign in again.")


async def _locked(tx: Tx, session_id: UUID) -> tuple[UserSession, User]:
    query = (
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.id == session_id)
        .with_for_update(of=UserSession)
        .execution_options(populate_existing=True)
    )
    session, user = (await tx.execute(query)).one()
    return session, user


async def _link(tx: Tx, *where: ColumnElement[bool]) -> RefreshToken | None:
    query = select(RefreshToken).where(*where).execution_options(populate_existing=True)
    return cast(RefreshToken | None, await tx.scalar(query))


def _successor(mint: Mint, token: str, salt: bytes) -> str:
    made = mint.derive("refresh", token.encode(), salt)
    return PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode("ascii")
