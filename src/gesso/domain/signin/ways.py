"""Ways in: a user is known by addresses and by issuers' words, and never by none."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update

from gesso.domain import sessions
from gesso.domain.identity import User, UserIdentity
from gesso.domain.signin.errors import AddressTaken, LastWayIn, NoSuchIdentity, TooManyWays
from gesso.domain.signin.oidc_tables import OidcTransaction
from gesso.domain.signin.tables import Challenge, Password, PasswordTry
from gesso.infra.db import Tx, View, moment, turn
from gesso.kit.ids import new_id

_MOST: Final = 20


async def ways_of(view: View, user_id: UUID) -> Sequence[UserIdentity]:
    """How the user is known, the oldest way first; at most twenty."""
    query = select(UserIdentity).where(UserIdentity.user_id == user_id)
    return (await view.scalars(query.order_by(UserIdentity.id).limit(_MOST))).all()


async def require_room(tx: Tx, user: User) -> None:
    """Take turns with whoever else changes this user's ways in; TooManyWays for twenty."""
    await turn(tx, f"signin:ways:{user.id}")
    mine = select(func.count()).select_from(UserIdentity).where(UserIdentity.user_id == user.id)
    if (await tx.scalar(mine) or 0) >= _MOST:
        raise TooManyWays(f"An account is known in at most {_MOST} ways; take one away first.")


async def add_address(tx: Tx, user: User, challenge: Challenge) -> UserIdentity:
    """Know the user by an address that they have proved; AddressTaken where it is another's."""
    await require_room(tx, user)
    email, tenant_id = challenge.email, user.tenant_id
    known = await tx.scalar(
        select(UserIdentity).where(
            UserIdentity.tenant_id == tenant_id,
            UserIdentity.issuer == "email",
            UserIdentity.subject == email,
        )
    )
    named = await tx.scalar(
        select(User.id).where(User.tenant_id == tenant_id, func.lower(User.email) == email)
    )
    if (known and known.user_id != user.id) or named not in (None, user.id):
        raise AddressTaken("Somebody else has this address here.")
    if known is not None:
        return known
    way = UserIdentity(
        id=new_id(),
        tenant_id=tenant_id,
        user_id=user.id,
        channel_id=challenge.channel_id,
        kind="email",
        issuer="email",
        subject=email,
        email=email,
        is_email_verified=True,
        created_at=moment(tx),
    )
    tx.add(way)
    await tx.flush()
    return way


async def remove(tx: Tx, user: User, identity_id: UUID | None) -> UserIdentity:
    """Know the user in this way no more, and end the sessions that began so.

    LastWayIn for the last one, and for the last address: letters go there, and it lets in.
    """
    await turn(tx, f"signin:ways:{user.id}")
    ways = await ways_of(tx, user.id)
    way = next((each for each in ways if each.id == identity_id), None)
    if way is None:
        raise NoSuchIdentity("You are not known in this way.")
    others = [each for each in ways if each is not way]
    if not others:
        raise LastWayIn("This is the last way into your account; add another one first.")
    if way.kind == "email" and way.subject == user.email:
        await _move(tx, user, others)
    begun = await tx.scalars(
        update(sessions.Session)
        .where(sessions.Session.identity_id == way.id)
        .values(identity_id=None)
        .returning(sessions.Session.id)
        .execution_options(synchronize_session=False)
    )
    await sessions.end(tx, begun.all(), "revoked", user_id=user.id)
    await tx.execute(delete(UserIdentity).where(UserIdentity.id == way.id))
    return way


async def _move(tx: Tx, user: User, others: Sequence[UserIdentity]) -> None:
    """Call the user by another proved address: the old one would go on letting in."""
    address = next((each.subject for each in others if each.kind == "email"), None)
    if address is None:
        raise LastWayIn("This is the last address of your account; add another one first.")
    await tx.execute(
        update(User)
        .where(User.id == user.id)
        .values(email=address)
        .execution_options(synchronize_session=False)
    )


async def erase(tx: Tx, user: User) -> int:
    """Forget everything by which the user came in: ways, password, challenges and tries; how many
    rows it was.

    Sessions that name a way must be gone, or name it no more.
    """
    ways = await ways_of(tx, user.id)
    emails = {user.email, *(each.subject for each in ways if each.kind == "email")}
    subjects = {str(user.id), *emails}
    count = 0
    for entity, condition in (
        (Challenge, Challenge.user_id == user.id),
        (Challenge, (Challenge.tenant_id == user.tenant_id) & Challenge.email.in_(emails)),
        (
            PasswordTry,
            (PasswordTry.tenant_id == user.tenant_id) & PasswordTry.subject.in_(subjects),
        ),
        (OidcTransaction, OidcTransaction.user_id == user.id),
        (Password, Password.user_id == user.id),
        (UserIdentity, UserIdentity.user_id == user.id),
    ):
        gone = delete(entity).where(condition).returning(literal(1))
        count += len((await tx.scalars(gone)).all())
    return count
