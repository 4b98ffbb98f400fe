"""How often: letters and passwords are counted in the database, in the transaction that takes them.

So the counts hold over all processes, and while the database is away nobody gets in.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from gesso.domain.signin.errors import SlowDown
from gesso.domain.signin.tables import Challenge, PasswordTry
from gesso.infra.db import Tx, View, moment, turn

CODE_LIFE: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
"""Guesses at one code; the table's own check holds the same number."""

_PER_ADDRESS: Final = (3, timedelta(minutes=15))
_PER_IP: Final = (20, timedelta(hours=1))
_WRONG_A_DAY: Final = 15
_DAY: Final = timedelta(hours=24)
_PASSWORDS_PER_ACCOUNT: Final = (10, timedelta(hours=1))
_PASSWORDS_PER_IP: Final = (100, timedelta(hours=1))
_RESEND: Final = 60
"""Seconds after which people are told that another letter may help; mail is not always quick."""


def network_of(ip: str) -> str:
    """What is counted as one: an IPv4 address, or the 64 bits that one line of IPv6 has."""
    try:
        address = ip_address(ip)
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{ip_address(int(address) >> 64 << 64)}/64"


async def take_letter(tx: Tx, tenant_id: UUID, email: str, ip: str) -> int:
    """Count one letter to the address; SlowDown where there were too many. The answer is after how
    many seconds another one is taken or makes sense.
    """
    # Always in this order, or two who ask for each other's address would wait for each other.
    await turn(tx, f"signin:ip:{ip}")
    await turn(tx, f"signin:email:{tenant_id}:{email}")
    from_here = Challenge.ip == ip
    await _check(tx, Challenge.created_at, from_here, _PER_IP, "letters from this network")
    there = (Challenge.tenant_id == tenant_id) & (Challenge.email == email)
    taken, first = await _check(
        tx, Challenge.created_at, there, _PER_ADDRESS, "letters to this address"
    )
    most, window = _PER_ADDRESS
    if taken + 1 < most or first is None:
        return _RESEND
    return max(_RESEND, int((first + window - moment(tx)).total_seconds()) + 1)


async def may_guess(view: View, tenant_id: UUID, email: str) -> bool:
    """Whether five wrong guesses more would stay within fifteen in a day: only then is a code sent,
    else a link that nobody guesses.
    """
    right = case((Challenge.ending == "used", 1), else_=0)
    wrong = await view.scalar(
        select(func.coalesce(func.sum(Challenge.tries - right), 0)).where(
            Challenge.tenant_id == tenant_id,
            Challenge.email == email,
            Challenge.kind == "code",
            Challenge.created_at > moment(view) - _DAY,
        )
    )
    return int(wrong or 0) + MOST_TRIES <= _WRONG_A_DAY


async def take_password(tx: Tx, tenant_id: UUID, subject: str, ip: str) -> None:
    """SlowDown where too many wrong passwords were tried for this account, or from there.

    The owner is not locked out: they can still come in by a code.
    """
    await turn(tx, f"signin:password-ip:{ip}")
    await turn(tx, f"signin:password:{tenant_id}:{subject}")
    wrong = PasswordTry.was_right.is_(False)
    from_here, theirs = PasswordTry.ip == ip, PasswordTry.subject == subject
    await _check(
        tx, PasswordTry.at, wrong & from_here, _PASSWORDS_PER_IP, "wrong passwords from here"
    )
    await _check(
        tx,
        PasswordTry.at,
        wrong & theirs & (PasswordTry.tenant_id == tenant_id),
        _PASSWORDS_PER_ACCOUNT,
        "wrong passwords for this account; a code by e-mail still lets you in",
    )


async def _check(
    tx: Tx, at: Any, which: ColumnElement[bool], limit: tuple[int, timedelta], what: str
) -> tuple[int, datetime | None]:
    """How many there were in the window, and when the first of them was; SlowDown at the limit."""
    most, window = limit
    now = moment(tx)
    inside = select(at).where(which, at > now - window).order_by(at.desc()).limit(most)
    times = (await tx.scalars(inside)).all()
    if len(times) >= most:
        wait = (times[-1] + window - now).total_seconds()
        raise SlowDown(f"Too many {what}.", seconds=wait)
    return len(times), times[-1] if times else None
