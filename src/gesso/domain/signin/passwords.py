"""Passwords: tried, counted before they are looked at, and set by who has just proved themselves.

Nothing is hashed while a transaction is open: SQLite's one writer would wait for it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from gesso.domain import identity, sessions
from gesso.domain.identity import Caller, User, UserIdentity, clean_email
from gesso.domain.signin import limits
from gesso.domain.signin.codes import door, whose
from gesso.domain.signin.desk import Desk
from gesso.domain.signin.errors import NotFresh, NotLetIn, PasswordWrong
from gesso.domain.signin.hasher import check_password
from gesso.domain.signin.letters import Language, change_letter
from gesso.domain.signin.tables import Password, PasswordTry
from gesso.infra.db import Tx, View, moment, upsert
from gesso.kit.ids import new_id, public_id

FRESH: Final = timedelta(minutes=10)
"""So long after signing in somebody may change how they sign in."""


@dataclass(frozen=True, slots=True)
class Login:
    """An address and the password that should go with it."""

    email: str
    password: str
    channel: str = identity.LOCAL


@dataclass(frozen=True, slots=True)
class _Tried:
    """A password that is about to be looked at."""

    id: UUID
    user_id: UUID | None
    digest: str | None


async def login(desk: Desk, wanted: Login, visit: sessions.Visit) -> sessions.Opened:
    """Let in whoever knows the password; PasswordWrong otherwise, whatever is wrong, and after as
    long. SlowDown after ten wrong ones an hour for an account, or a hundred from one network.
    """
    email = clean_email(wanted.email)
    desk.hasher.require_room()
    async with desk.db.tx() as tx:
        channel = await door(tx, wanted.channel)
        user = await whose(tx, channel.tenant_id, email)
        subject = str(user.id) if user else email
        tried = await _count(tx, channel.tenant_id, subject, visit.ip, user)
    checked = await desk.hasher.check(tried.digest, wanted.password)
    if not checked.is_right or user is None:
        raise PasswordWrong("The address and the password do not go together.")
    if user.status != "active":
        raise NotLetIn("This account is closed.")
    async with desk.db.tx() as tx:
        if not await _was_right(tx, tried, checked.renewed):
            raise PasswordWrong("The address and the password do not go together.")
        way = await _way(tx, user, email)
        return await sessions.begin(tx, user, identity_id=way, channel_id=channel.id, visit=visit)


async def require_fresh(view: View, caller: Caller) -> None:
    """NotFresh for a session that began over ten minutes ago, SessionNeeded for a program."""
    if not await is_fresh(view, caller):
        raise NotFresh("You signed in too long ago for this; sign in again first.")


async def is_fresh(view: View, caller: Caller) -> bool:
    """Whether the caller signed in within the last ten minutes; SessionNeeded for a key, and for
    a client's token.
    """
    if not caller.is_person:
        raise sessions.SessionNeeded("This is for people who signed in; a key cannot do it.")
    began = await view.scalar(
        select(sessions.Session.created_at).where(sessions.Session.id == caller.session_id)
    )
    return began is not None and began > moment(view) - FRESH


async def change(
    desk: Desk, caller: Caller, password: str, *, old: str | None, ip: str, language: Language
) -> None:
    """Set the password of who has just signed in, or knows the old one; every other session of
    theirs ends, and a letter tells them.

    BadPassword for one that is not good enough, NotFresh and PasswordWrong for who may not.
    """
    async with desk.db.view(tenant=caller.tenant_id) as view:
        user = await identity.get_user(view, caller.user_id)
        is_proved = await is_fresh(view, caller)
    if not is_proved:
        await _prove(desk, user, old, ip)
    check_password(password, user.email, user.email.partition("@")[0])
    digest = await desk.hasher.digest(password)
    async with desk.db.tx(tenant=user.tenant_id) as tx:
        await _put(tx, user, digest)
        open_ones = select(sessions.Session.id).where(
            sessions.Session.user_id == user.id,
            sessions.Session.kind == "person",
            sessions.Session.ended_at.is_(None),
            sessions.Session.id != caller.session_id,
        )
        await sessions.end(tx, (await tx.scalars(open_ones)).all(), "revoked", user_id=user.id)
    about = public_id("user", user.id)
    desk.post.send(
        change_letter("password", to=user.email, language=language, name=desk.name, about=about)
    )


async def _prove(desk: Desk, user: User, old: str | None, ip: str) -> None:
    """Have them prove themselves by the password that they have."""
    if old is None:
        raise NotFresh(
            "You signed in too long ago for this; sign in again, or send `old_password`."
        )
    desk.hasher.require_room()
    async with desk.db.tx(tenant=user.tenant_id) as tx:
        tried = await _count(tx, user.tenant_id, str(user.id), ip, user)
    checked = await desk.hasher.check(tried.digest, old)
    if not checked.is_right:
        raise PasswordWrong("This is not your password.")
    async with desk.db.tx(tenant=user.tenant_id) as tx:
        await _was_right(tx, tried, None)


async def _count(tx: Tx, tenant_id: UUID, subject: str, ip: str, user: User | None) -> _Tried:
    """Write the try down as a wrong one, which it is until it proves right."""
    network = limits.network_of(ip)
    await limits.take_password(tx, tenant_id, subject, network)
    try_id = new_id()
    tx.add(
        PasswordTry(
            id=try_id,
            tenant_id=tenant_id,
            subject=subject,
            ip=network,
            was_right=False,
            at=moment(tx),
        )
    )
    await tx.flush()
    # Asked for strangers too; nobody has a try's id.
    of_them = Password.user_id == (user.id if user else try_id)
    digest = await tx.scalar(select(Password.digest).where(of_them))
    return _Tried(try_id, user.id if user else None, digest)


async def _was_right(tx: Tx, tried: _Tried, renewed: str | None) -> bool:
    """Take the try out of the count; False where the password was changed meanwhile."""
    await tx.execute(
        update(PasswordTry)
        .where(PasswordTry.id == tried.id)
        .values(was_right=True)
        .execution_options(synchronize_session=False)
    )
    same = (Password.digest == tried.digest) & (Password.user_id == tried.user_id)
    kept = await tx.scalar(
        update(Password)
        .where(same)
        .values(digest=renewed or tried.digest)
        .returning(Password.user_id)
        .execution_options(synchronize_session=False)
    )
    return kept is not None


async def _put(tx: Tx, user: User, digest: str) -> None:
    values = {
        "user_id": user.id,
        "tenant_id": user.tenant_id,
        "digest": digest,
        "changed_at": moment(tx),
    }
    insert = upsert(tx, Password).values(**values)
    await tx.execute(
        insert.on_conflict_do_update(
            index_elements=["user_id"],
            set_={"digest": insert.excluded.digest, "changed_at": insert.excluded.changed_at},
        )
    )


async def _way(tx: Tx, user: User, email: str) -> UUID | None:
    """As whom they came: by the address that they gave, where they have proved it."""
    return await tx.scalar(
        select(UserIdentity.id).where(
            UserIdentity.user_id == user.id,
            UserIdentity.kind == "email",
            UserIdentity.subject == email,
        )
    )
