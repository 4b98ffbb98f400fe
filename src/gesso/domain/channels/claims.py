"""What an issuer's claims mean here: each found by the channel's mapping, roles translated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gesso.domain.channels.rules import is_above
from gesso.domain.identity import Channel, Role

_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True)
class Said:
    """What the issuer says of somebody, in our words; None where it says nothing of use."""

    email: str | None
    is_email_verified: bool | None
    """Whether the address is proved; None: it does not say."""
    name: str | None
    role: Role | None
    """The highest of what it says that the channel allows."""
    says_role: bool
    """Whether it says anything of roles at all, allowed or not."""


def read(channel: Channel, claims: Mapping[str, Any]) -> Said:
    """What these claims mean by the channel's mapping."""
    mapping: Mapping[str, Any] = channel.claims
    email = find(claims, mapping.get("email", "email"))
    name = find(claims, mapping.get("name", "name"))
    verified = find(claims, mapping.get("email_verified", "email_verified"))
    where = mapping.get("role")
    words = _words(find(claims, where)) if where else []
    roles = [role for role in map(_translated(mapping), words) if role in channel.allowed_roles]
    return Said(
        email=email if isinstance(email, str) and _is_fit(email) else None,
        is_email_verified=None if verified is None else _is_true(verified),
        name=_plain(name) if isinstance(name, str) else None,
        role=_highest([role for role in roles if role]),
        says_role=bool(words),
    )


def find(claims: Any, path: str) -> Any:
    """The value at a dotted path; a name that holds dots itself, as addresses do, is tried whole at
    each level first. None where there is none.
    """
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        found = find(claims.get(".".join(parts[:length])), ".".join(parts[length:]))
        if found is not None:
            return found
    return None


def _is_true(value: Any) -> bool:
    """Some issuers send the truth as text."""
    return value is True or value == "true"


def _is_fit(email: str) -> bool:
    """Whether it could be an address, and can be stored: a closer look comes later."""
    return 0 < len(email) <= _LONGEST_EMAIL and email.isprintable()


def _plain(name: str) -> str | None:
    """The name without what no name has, as long as a name may be."""
    return "".join(letter for letter in name if letter.isprintable()).strip()[:200] or None


def _words(value: Any) -> list[str]:
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [word for word in words[:200] if isinstance(word, str)]


def _translated(mapping: Mapping[str, Any]) -> Any:
    table: Mapping[str, str] = mapping.get("roles") or {role.value: role.value for role in Role}

    def translate(word: str) -> Role | None:
        return Role(table[word]) if word in table else None

    return translate


def _highest(roles: list[Role]) -> Role | None:
    best = None
    for role in roles:
        best = role if best is None or is_above(role, best) else best
    return best
