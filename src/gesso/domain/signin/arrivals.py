"""Arrivals: somebody has proved who they are at a channel, and becomes one of our users.

They are known by the issuer's name and its subject, never by an address alone: whoever can have an
address written into a token elsewhere must not get into another's account by it.
"""

from dataclasses import dataclass
from typing import Final, Literal, cast
from uuid import UUID

from sqlalchemy import func, select, update

from gesso.domain import identity, wallet
from gesso.domain.identity import Channel, Role, User, UserIdentity
from gesso.domain.signin.errors import AddressTaken, NotLetIn
from gesso.domain.signin.oidc_errors import EmailUnverified, IdentityTaken, RoleNotAllowed
from gesso.domain.signin.ways import require_room
from gesso.infra.db import Tx, moment, turn
from gesso.kit.ids import new_id

_TAKEN: Final = "Somebody has this address already: sign in as usual, then link this way."


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was proved: who vouches for whom, and what they say of them."""

    kind: Literal["email", "oidc", "handover"]
    issuer: str
    subject: str
    email: str
    is_email_verified: bool | None
    """None: the issuer does not say; then the channel's word stands for it."""
    role: Role | None = None
    """The highest of what the issuer says they are that the channel allows."""
    says_role: bool = False
    """Whether the issuer says anything of roles; if it does, their role follows it."""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who they are to us."""

    user: User
    identity: UserIdentity
    is_new: bool
    """The user, or of a linking the identity."""


async def arrive(tx: Tx, channel: Channel, arrival: Arrival) -> Arrived:
    """The user that this is; who is new gets a wallet and the channel's start credits.

    NotLetIn for who is disabled or not admitted; AddressTaken where the address is somebody's who
    came another way; EmailUnverified, RoleNotAllowed.
    """
    # Two first visits of one person at once would both find nobody.
    await turn(tx, f"arrival:{channel.tenant_id}:{arrival.issuer}:{arrival.subject}")
    known = await _known(tx, channel, arrival)
    if known is None:
        user, is_new = await _user(tx, channel, arrival)
        known = await _identify(tx, channel, arrival, user, gives_role=is_new)
    else:
        user, is_new = await identity.get_user(tx, known.user_id), False
        await _seen(tx, known, arrival)
        user = await _follow(tx, channel, arrival, user, known)
    if user.status != "active":
        raise NotLetIn("This account is closed.")
    if user.role not in channel.allowed_roles:
        raise RoleNotAllowed("Somebody of your role does not come in this way.")
    return Arrived(user, known, is_new)


async def link(tx: Tx, channel: Channel, arrival: Arrival, user_id: UUID) -> Arrived:
    """Add what was proved to the account of somebody who is signed in; a second call changes
    nothing. IdentityTaken where it is somebody else's, TooManyWays for twenty.
    """
    await turn(tx, f"arrival:{channel.tenant_id}:{arrival.issuer}:{arrival.subject}")
    user = await identity.get_user(tx, user_id)
    if user.tenant_id != channel.tenant_id or user.status != "active":
        raise NotLetIn("This account does not come in this way.")
    if user.role not in channel.allowed_roles:
        raise RoleNotAllowed("Somebody of your role does not come in this way.")
    known = await _known(tx, channel, arrival)
    if known is None:
        await require_room(tx, user)
        added = await _identify(tx, channel, arrival, user, gives_role=False)
        return Arrived(user, added, is_new=True)
    if known.user_id != user_id:
        raise IdentityTaken("This identity belongs to another account.")
    return Arrived(user, known, is_new=False)


async def _known(tx: Tx, channel: Channel, arrival: Arrival) -> UserIdentity | None:
    query = select(UserIdentity).where(
        UserIdentity.tenant_id == channel.tenant_id,
        UserIdentity.issuer == arrival.issuer,
        UserIdentity.subject == arrival.subject,
    )
    return cast(UserIdentity | None, await tx.scalar(query))


async def _user(tx: Tx, channel: Channel, arrival: Arrival) -> tuple[User, bool]:
    """Whom they are, where nobody vouched for them before."""
    query = select(User).where(
        User.tenant_id == channel.tenant_id,
        func.lower(User.email) == identity.clean_email(arrival.email),
    )
    found = cast(User | None, await tx.scalar(query))
    if found is not None:
        # Only our own letter to the address proves that it is theirs.
        if arrival.kind != "email":
            raise AddressTaken(_TAKEN)
        return found, False
    if not channel.admits_new:
        raise NotLetIn("Nobody new is let in this way.")
    # Else whoever writes a stranger's address into a token would have an account in their name,
    # and still be in it when they come by our letter.
    is_proved = arrival.is_email_verified
    if not (channel.trusts_email if is_proved is None else is_proved):
        raise EmailUnverified("Whoever sent you does not say that this address is yours.")
    user = await _new_user(tx, channel, arrival)
    wallet_id = await wallet.open_wallet(tx, user.tenant_id, user.id)
    if channel.start_credits:
        await wallet.grant(
            tx, wallet_id, channel.start_credits, reference=f"welcome:{user.id}", memo="welcome"
        )
    return user, True


async def _new_user(tx: Tx, channel: Channel, arrival: Arrival) -> User:
    try:
        return await identity.create_user(
            tx, arrival.email, role=_role(channel, arrival), tenant_id=channel.tenant_id
        )
    except identity.EmailTaken:
        # Somebody of this address came in by another way at this very moment.
        raise AddressTaken(_TAKEN) from None


def _role(channel: Channel, arrival: Arrival) -> Role:
    """What they are here: what the issuer says if the channel allows it, else its usual role."""
    wished = arrival.role
    return wished if wished in channel.allowed_roles and wished else Role(channel.default_role)


async def _follow(
    tx: Tx, channel: Channel, arrival: Arrival, user: User, known: UserIdentity
) -> User:
    """Who became a user by this identity is what its issuer says, and never more than the channel
    allows; where the issuer says nothing, they stay what they are.
    """
    stays = not arrival.says_role and user.role in channel.allowed_roles
    role = _role(channel, arrival)
    if not known.gives_role or stays or role == user.role:
        return user
    changed = update(User).where(User.id == user.id).values(role=role.value).returning(User)
    options = {"synchronize_session": False, "populate_existing": True}
    return (await tx.scalars(changed.execution_options(**options))).one()


async def _seen(tx: Tx, known: UserIdentity, arrival: Arrival) -> None:
    await tx.execute(
        update(UserIdentity)
        .where(UserIdentity.id == known.id)
        .values(
            last_used_at=moment(tx),
            email=arrival.email,
            is_email_verified=bool(arrival.is_email_verified),
            name=arrival.name,
        )
    )


async def _identify(
    tx: Tx, channel: Channel, arrival: Arrival, user: User, *, gives_role: bool
) -> UserIdentity:
    known = UserIdentity(
        id=new_id(), tenant_id=channel.tenant_id, user_id=user.id, channel_id=channel.id,
        kind=arrival.kind, issuer=arrival.issuer, subject=arrival.subject, email=arrival.email,
        is_email_verified=bool(arrival.is_email_verified), name=arrival.name,
        gives_role=gives_role and arrival.kind != "email",
        created_at=moment(tx), last_used_at=moment(tx),
    )  # fmt: skip
    tx.add(known)
    await tx.flush()
    return known
