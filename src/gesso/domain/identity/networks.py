"""Networks: from which addresses a key may be used."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, cast

from gesso.domain.identity.errors import BadKeyRequest

Network = IPv4Network | IPv6Network
Networks = tuple[Network, ...]

MOST: Final = 32
_LONGEST: Final = 64


def read_networks(texts: Sequence[str]) -> Networks:
    """The networks that are meant, a single address as one of its own; BadKeyRequest names the
    first that makes no sense.
    """
    if len(texts) > MOST:
        raise BadKeyRequest(f"A key is bound to at most {MOST} addresses.")
    return tuple(dict.fromkeys(_network(text) for text in texts))


def admits(networks: Iterable[Network], address: str | None) -> bool:
    """Whether somebody at this address may come in; nobody may from nowhere, if it matters."""
    allowed = tuple(networks)
    if not allowed:
        return True
    try:
        place = ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(place, IPv6Address) and place.ipv4_mapped is not None:
        place = place.ipv4_mapped  # a socket that takes both kinds shows IPv4 in this form
    return any(place in network for network in allowed)


def covers(outer: Networks, inner: Networks) -> bool:
    """Whether everything in `inner` lies in `outer`; none means everywhere."""
    if not outer:
        return True
    return bool(inner) and all(any(_lies_in(part, whole) for whole in outer) for part in inner)


def _lies_in(part: Network, whole: Network) -> bool:
    return part.version == whole.version and part.subnet_of(cast(IPv4Network, whole))  # type: ignore[arg-type]  # of one version


def _network(text: str) -> Network:
    try:
        if len(text) > _LONGEST:
            raise ValueError(text)
        return ip_network(text.strip())
    except ValueError:
        raise BadKeyRequest(
            f"{text[:_LONGEST]!r} is no address and no network, like 192.0.2.7 or 2001:db8::/32."
        ) from None
