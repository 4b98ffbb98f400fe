"""The verbs of sessions: begun at sign-in, listed, ended, and looked at when a token is shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from gesso.domain import events, identity
from gesso.domain.identity import Channel, Role, User, UserIdentity
from gesso.domain.sessions.rules import LIFE, Opened, Visit, digest_of, new_refresh_token
from gesso.domain.sessions.tables import LONGEST_AGENT, RefreshToken, UserSession
from gesso.infra.db import Tx, View, moment, rowset
from gesso.kit.ids import new_id, public_id

_KEPT = timedelta(days=30)
_TOKENS_KEPT = timedelta(days=1)

EndReason = Literal["logout", "revoked", "reuse", "rotated"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose session it is, and what they are today."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID
    channel_id: UUID | None
    role: Role
    proved_at: datetime | None
    """When they proved who they are; None for a program."""
    expires_at: datetime | None


async def begin(
    tx: Tx, user: User, *, identity_id: UUID | None, channel_id: UUID, visit: Visit
) -> Opened:
    """Open a session for somebody who has just proved who they are; hand the answer over with
    `answer`, for nothing of it can be read again.
    """
    now = moment(tx)
    session = _session(tx, user, visit, kind="person")
    session.channel_id, session.identity_id = channel_id, identity_id
    session.expires_at = now + LIFE
    tx.add(session)
    await tx.flush()
    token = new_refresh_token()
    tx.add(new_link(tx, session, 1, token))
    await tx.flush()
    return opened(session, Role(user.role), token)


async def begin_service(tx: Tx, user: User) -> UserSession:
    """A session without a person: as long as it has not ended, a program of the tenant is let in
    as this user.
    """
    session = _session(tx, user, Visit("", ""), kind="client")
    tx.add(session)
    await tx.flush()
    return session


def new_link(tx: Tx, session: UserSession, generation: int, token: str) -> RefreshToken:
    """The row of a refresh token of this session."""
    return RefreshToken(
        id=new_id(),
        tenant_id=session.tenant_id,
        session_id=session.id,
        generation=generation,
        digest=digest_of(token),
        created_at=moment(tx),
    )


def opened(session: UserSession, role: Role, refresh_token: str) -> Opened:
    """What is handed over of a session."""
    if session.expires_at is None:
        raise ValueError("a program's session is not refreshed")
    return Opened(
        session_id=session.id,
        user_id=session.user_id,
        tenant_id=session.tenant_id,
        role=role,
        scopes=identity.scopes_for(role),
        refresh_token=refresh_token,
        expires_at=session.expires_at,
    )


async def end(
    tx: Tx, session_ids: Collection[UUID], reason: EndReason, *, user_id: UUID | None = None
) -> int:
    """End these, of this user if one is named; how many were still open. Within two seconds their
    access tokens open nothing.
    """
    mine = () if user_id is None else (UserSession.user_id == user_id,)
    return await _end(tx, reason, UserSession.id.in_(sorted(session_ids)), *mine)


async def end_all(tx: Tx, user_id: UUID, reason: EndReason, *, but: UUID | None = None) -> int:
    """End whatever somebody has open, but for one session; how many that were. A program's stay:
    those are ended by `end_service`.
    """
    others = () if but is None else (UserSession.id != but,)
    return await _end(
        tx, reason, UserSession.user_id == user_id, UserSession.kind == "person", *others
    )


async def end_tenants(tx: Tx, tenant_id: UUID, reason: EndReason) -> int:
    """End whatever anybody of a tenant has open, its programs too; how many that were."""
    return await _end(tx, reason, UserSession.tenant_id == tenant_id)


async def end_service(tx: Tx, user_id: UUID, reason: EndReason) -> int:
    """End everything that is open for a program's user, whoever opened it; how many that were."""
    return await _end(tx, reason, UserSession.user_id == user_id)


async def is_open(tx: Tx, session_id: UUID, user_id: UUID) -> bool:
    """Whether this session of theirs is open, and stays so until the transaction ends."""
    query = select(UserSession.id).where(
        UserSession.id == session_id,
        UserSession.user_id == user_id,
        UserSession.ended_at.is_(None),
        UserSession.expires_at > moment(tx),
    )
    return await tx.scalar(query.with_for_update()) is not None


async def erase(tx: Tx, user_id: UUID) -> int:
    """Forget every session of somebody with the addresses and programs in it; how many. Whoever
    shows a token of theirs is nobody from the commit on.
    """
    mine = select(UserSession.id).where(UserSession.user_id == user_id)
    await tx.execute(delete(RefreshToken).where(RefreshToken.session_id.in_(mine)))
    gone = delete(UserSession).where(UserSession.user_id == user_id).returning(UserSession.id)
    return len((await tx.scalars(gone)).all())


async def open_sessions(
    view: View, user_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[tuple[UserSession, str | None, str | None]]:
    """What somebody has open, the newest first: each session, the channel through which it was
    begun, and as what they were known there.
    """
    query = (
        select(UserSession, Channel.slug, UserIdentity.kind)
        .outerjoin(Channel, Channel.id == UserSession.channel_id)
        .outerjoin(UserIdentity, UserIdentity.id == UserSession.identity_id)
        .where(
            UserSession.user_id == user_id,
            UserSession.kind == "person",
            UserSession.ended_at.is_(None),
            UserSession.expires_at > moment(view),
        )
        .order_by(UserSession.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(UserSession.id < before)
    return [(session, slug, kind) for session, slug, kind in await view.execute(query)]


async def forget(tx: Tx, *, room: int) -> int:
    """Forget at most so many sessions that have been over for a month, tokens and all."""
    ago = moment(tx) - _KEPT
    over = (
        select(UserSession.id)
        .where(or_(UserSession.ended_at < ago, UserSession.expires_at < ago))
        .where(~exists(select(1).where(RefreshToken.session_id == UserSession.id)))
        .limit(room)
    )
    gone = delete(UserSession).where(UserSession.id.in_(over)).returning(UserSession.id)
    return len((await tx.scalars(gone)).all())


async def forget_tokens(tx: Tx, *, room: int) -> int:
    """Forget at most so many refresh tokens of sessions that have been over for a day."""
    ago = moment(tx) - _TOKENS_KEPT
    over = (
        select(RefreshToken.id)
        .join(UserSession, UserSession.id == RefreshToken.session_id)
        .where(or_(UserSession.ended_at < ago, UserSession.expires_at < ago))
        .limit(room)
    )
    gone = delete(RefreshToken).where(RefreshToken.id.in_(over)).returning(RefreshToken.id)
    return len((await tx.scalars(gone)).all())


async def _end(tx: Tx, reason: EndReason, *which: ColumnElement[bool]) -> int:
    ended = await tx.execute(
        update(UserSession)
        .where(UserSession.ended_at.is_(None), *which)
        .values(ended_at=moment(tx), end_reason=reason)
        .returning(UserSession.id, UserSession.user_id)
        .execution_options(synchronize_session=False)
    )
    rows = ended.all()
    for row in rows:
        session_id = public_id("session", row.id)
        events.record(tx, row.user_id, "session.ended", session_id=session_id, reason=reason)
    return len(rows)


async def standings(view: View, session_ids: Sequence[UUID]) -> list[Standing | None]:
    """How these sessions stand, in their order; None for one that is over, or whose user is
    disabled.
    """
    v = rowset(view, id=(UserSession.id, sorted(set(session_ids))))
    query = (
        select(UserSession, User.role)
        .join(v, v.c.id == UserSession.id)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.ended_at.is_(None), User.status == "active")
    )
    now, found = moment(view), {}
    for session, role in await view.execute(query):
        if session.expires_at is None or session.expires_at > now:
            found[session.id] = Standing(
                session_id=session.id,
                user_id=session.user_id,
                tenant_id=session.tenant_id,
                channel_id=session.channel_id,
                role=Role(role),
                proved_at=session.created_at if session.kind == "person" else None,
                expires_at=session.expires_at,
            )
    return [found.get(session_id) for session_id in session_ids]


async def note_use(tx: Tx, uses: Mapping[UUID, datetime]) -> None:
    """Write down when sessions were last used; an older use never overwrites a newer one."""
    ids = sorted(uses)
    seen = rowset(
        tx, id=(UserSession.id, ids), at=(UserSession.last_used_at, [uses[i] for i in ids])
    )
    await tx.execute(
        update(UserSession)
        .where(UserSession.id == seen.c.id, UserSession.last_used_at < seen.c.at)
        .values(last_used_at=seen.c.at)
        .execution_options(synchronize_session=False)
    )


def _session(tx: Tx, user: User, visit: Visit, *, kind: str) -> UserSession:
    return UserSession(
        id=new_id(),
        tenant_id=user.tenant_id,
        user_id=user.id,
        kind=kind,
        ip=visit.ip,
        agent=visit.agent[:LONGEST_AGENT],
        created_at=moment(tx),
        last_used_at=moment(tx),
    )
