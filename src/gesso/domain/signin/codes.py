"""Coming in by e-mail: a letter is asked for, and what stands in it brought back.

The answer to who asks is the same whether the address is known, unknown or disabled, and so is the
work before it: a challenge is made for each, and only whether a letter follows is different.
"""

from dataclasses import dataclass
from typing import NoReturn, cast
from uuid import UUID

from sqlalchemy import func, select

from gesso.domain import identity, sessions
from gesso.domain.identity import Channel, User, UserIdentity, clean_email
from gesso.domain.signin import challenges, limits, ways
from gesso.domain.signin.arrivals import Arrival, arrive
from gesso.domain.signin.challenges import Draft, Kind, Outcome, Over, Right, Spent, Wrong
from gesso.domain.signin.desk import Desk
from gesso.domain.signin.errors import CodeExpired, CodeWrong, SlowDown
from gesso.domain.signin.letters import Language, code_letter, link_letter
from gesso.domain.signin.tables import Challenge
from gesso.infra.db import Tx, View
from gesso.kit.ids import public_id

EMAIL = "email"
"""The issuer of addresses that were proved to us."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody would like a letter."""

    email: str
    ip: str
    language: Language
    channel: str = identity.LOCAL


@dataclass(frozen=True, slots=True)
class Promise:
    """What they are told, whether or not a letter comes."""

    challenge_id: UUID
    kind: Kind
    resend_in: int


@dataclass(frozen=True, slots=True)
class _Asked:
    challenge: Challenge
    secret: str
    resend_in: int


async def ask(desk: Desk, wish: Wish) -> Promise:
    """Take the wish for a letter that lets somebody in.

    SlowDown for too many, BadEmail for what is no address, NoSuchChannel for no door of ours.
    """
    async with desk.db.tx() as tx:
        channel = await door(tx, wish.channel)
        asked = await _put(tx, desk, wish, channel, user_id=None)
        found = await whose(tx, channel.tenant_id, asked.challenge.email)
    is_open = desk.settings.open and channel.admits_new
    is_welcome = found.status == "active" if found else is_open
    return _send(desk, asked, wish.language, is_welcome=is_welcome)


async def ask_to_add(desk: Desk, wish: Wish, user: User, channel_id: UUID) -> Promise:
    """Take the wish for a letter that adds its address to the user's account."""
    async with desk.db.tx(tenant=user.tenant_id) as tx:
        channel = await tx.get_one(Channel, channel_id)
        asked = await _put(tx, desk, wish, channel, user_id=user.id)
    return _send(desk, asked, wish.language, is_welcome=True)


async def verify(
    desk: Desk, challenge_id: UUID | None, code: str, visit: sessions.Visit
) -> sessions.Opened:
    """Let in whoever brings the code; who is new has an account from now on.

    CodeWrong with the tries left, CodeExpired, SlowDown after five.
    """
    return await _let_in(desk, challenge_id, code, kind="code", visit=visit)


async def verify_link(desk: Desk, token: str, visit: sessions.Visit) -> sessions.Opened:
    """The same for whoever brings the token of a link."""
    challenge_id, secret = challenges.parse_token(token) or (None, "")
    return await _let_in(desk, challenge_id, secret, kind="link", visit=visit)


async def verify_address(
    desk: Desk, user: User, challenge_id: UUID | None, secret: str, *, kind: Kind
) -> UserIdentity:
    """Add the address to the account of who asked for it, and of nobody else."""
    await _look(desk, challenge_id)
    added: UserIdentity | None = None
    async with desk.db.tx(tenant=user.tenant_id) as tx:
        asked = await tx.get(Challenge, challenge_id) if challenge_id else None
        if asked is None or asked.user_id != user.id:
            raise CodeExpired("This code is not good any more; ask for another.")
        outcome = await challenges.guess(
            tx, asked.id, secret, draft=(kind, "link"), pepper=desk.pepper
        )
        if isinstance(outcome, Right):
            added = await ways.add_address(tx, user, outcome.challenge)
    return added or _refuse(outcome)


async def door(view: View, slug: str) -> Channel:
    """The channel of this name that lets in by address and password; else NoSuchChannel."""
    channel = await identity.find_channel(view, slug)
    if channel.kind != "local":
        raise identity.NoSuchChannel("There is no such channel.")
    return channel


async def whose(view: View, tenant_id: UUID, email: str) -> User | None:
    """Whose account an address leads to: of who proved it, else of who is called so."""
    proved = (
        select(User)
        .join(UserIdentity, UserIdentity.user_id == User.id)
        .where(
            UserIdentity.tenant_id == tenant_id,
            UserIdentity.issuer == EMAIL,
            UserIdentity.subject == email,
        )
    )
    named = select(User).where(User.tenant_id == tenant_id, func.lower(User.email) == email)
    # Both are asked for, always: what is quicker for some would tell who they are.
    first, second = await view.scalar(proved), await view.scalar(named)
    return first or second


async def _let_in(
    desk: Desk, challenge_id: UUID | None, secret: str, *, kind: Kind, visit: sessions.Visit
) -> sessions.Opened:
    await _look(desk, challenge_id)
    opened: sessions.Opened | None = None
    outcome: Outcome = Over()
    if challenge_id is not None:
        async with desk.db.tx() as tx:
            outcome = await challenges.guess(
                tx, challenge_id, secret, draft=(kind, "signin"), pepper=desk.pepper
            )
            if isinstance(outcome, Right):
                opened = await _arrive(tx, outcome.challenge, visit)
    return opened or _refuse(outcome)


async def _look(desk: Desk, challenge_id: UUID | None) -> None:
    """Refuse without a transaction what a glance shows to be over."""
    if challenge_id is None:
        _refuse(Over())
        return
    async with desk.db.view() as view:
        outcome = await challenges.look(view, challenge_id)
    if outcome is not None:
        _refuse(outcome)


async def _arrive(tx: Tx, challenge: Challenge, visit: sessions.Visit) -> sessions.Opened:
    channel = await tx.get_one(Channel, challenge.channel_id)
    email = challenge.email
    arrived = await arrive(tx, channel, Arrival("email", EMAIL, email, email, True))
    return await sessions.begin(
        tx,
        arrived.user,
        identity_id=arrived.identity.id,
        channel_id=channel.id,
        visit=visit,
    )


async def _put(tx: Tx, desk: Desk, wish: Wish, channel: Channel, *, user_id: UUID | None) -> _Asked:
    email, ip = clean_email(wish.email), limits.network_of(wish.ip)
    resend_in = await limits.take_letter(tx, channel.tenant_id, email, ip)
    kind: Kind = "code" if await limits.may_guess(tx, channel.tenant_id, email) else "link"
    secret = challenges.new_secret(kind)
    draft = Draft(channel, email, ip, kind, user_id=user_id)
    challenge = await challenges.put(tx, draft, secret, pepper=desk.pepper)
    return _Asked(challenge, secret, resend_in)


def _send(desk: Desk, asked: _Asked, language: Language, *, is_welcome: bool) -> Promise:
    challenge = asked.challenge
    write = link_letter if challenge.kind == "link" else code_letter
    said = asked.secret
    if challenge.kind == "link":
        said = desk.link(challenges.link_token(challenge, said))
    # Written for everybody, so that it takes as long for those who get none.
    letter = write(
        challenge.purpose,
        said,
        to=challenge.email,
        language=language,
        name=desk.name,
        about=public_id("challenge", challenge.id),
    )
    if is_welcome:
        desk.post.send(letter)
    return Promise(challenge.id, cast(Kind, challenge.kind), asked.resend_in)


def _refuse(outcome: Outcome) -> NoReturn:
    if isinstance(outcome, Wrong):
        more = "" if outcome.tries_left else "; ask for another"
        raise CodeWrong(f"This is not the code that was sent{more}.", tries_left=outcome.tries_left)
    if isinstance(outcome, Spent):
        raise SlowDown("Five codes were tried; ask for another one.", seconds=60)
    raise CodeExpired("This code is not good any more; ask for another.")
