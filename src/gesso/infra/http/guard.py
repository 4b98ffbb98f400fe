"""The guard: which addresses may be reached at the word of somebody outside.

A user, a provider or a redirect may name any address. Unless the settings allow more, only public
ones are reached, on the usual ports: never this machine, its network, or the place where clouds
keep credentials. The lists are IANA's registries of special-purpose addresses (RFC 6890).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final
from urllib.parse import urlsplit

Place = tuple[str, int]
"""A host, as it stands in an address, and a port."""

_USUAL_PORTS: Final = frozenset({80, 443})
_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # public by its number, and Azure's own inside
    )
)  # fmt: skip
_PUBLIC_6: Final = IPv6Network("2000::/3")
"""All that is routed; what maps, embeds or translates IPv4 elsewhere is outside of it."""
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


@dataclass(frozen=True, slots=True)
class Guard:
    """Knows what the settings allow beside the public network."""

    places: frozenset[Place] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: frozenset[int] = _USUAL_PORTS
    """Those on which the public network is reached."""

    @classmethod
    def that_allows(cls, entries: Iterable[str]) -> "Guard":
        """One that allows these besides: `host:port`, or a network such as `10.1.0.0/16`, on every
        port. ValueError names the entry that is neither.
        """
        places, networks = set[Place](), []
        for entry in entries:
            if "/" in entry:
                networks.append(ip_network(entry))
            else:
                places.add(_place(entry))
        return cls(frozenset(places), tuple(networks))

    def permits(self, address: str, port: int) -> bool:
        """Whether this numeric address may be connected to."""
        try:
            known = ip_address(address)
        except ValueError:
            return False
        # A scope names an interface of this machine; nobody outside can mean that.
        if isinstance(known, IPv6Address) and known.scope_id is not None:
            return False
        return any(known in network for network in self.networks) or (
            port in self.ports and _is_public(known)
        )


@lru_cache(maxsize=4096)
def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def is_numeric(host: str) -> bool:
    """Whether a host is, or might be taken for, an address in numbers."""
    return ":" in host or host.replace(".", "").isdigit()


def _place(entry: str) -> Place:
    parts = urlsplit(f"//{entry}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path or parts.username is not None:
        raise ValueError(f"{entry!r} is neither host:port nor a network (10.1.0.0/16)")
    return host, port
