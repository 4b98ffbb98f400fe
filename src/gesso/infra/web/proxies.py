"""Who is calling, where proxies stand between: their word is believed, and nobody else's.

`X-Forwarded-For` and `Forwarded` (RFC 7239) grow to the right: each proxy appends whom it heard. So
they are read from the right, as long as those who appended are trusted; whatever stands further
left may have been made up. Only the headers of one family are believed, for a proxy that speaks one
of them lets the other one through as its client wrote it.
"""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple

_MOST_HOPS: Final = 32
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_LONGEST_CHAIN: Final = 4096
"""Bytes of `Forwarded` that are read, from the right: what stands there was written last."""
_PAIR: Final = re.compile(
    r'\s*+(?:([A-Za-z]++)\s*+=\s*+("(?:[^"\\]|\\.)*+"|[^\s;,"]*+)\s*+)?(?:;|$)'
)

Headers = Sequence[tuple[bytes, bytes]]


class Hop(NamedTuple):
    """Whom a proxy heard, and how that one spoke to it."""

    address: str | None
    """None where it cannot be told."""
    scheme: str | None = None
    host: str | None = None


class Peer(NamedTuple):
    """Who calls, and how they reached us."""

    address: str
    scheme: str | None = None
    host: str | None = None


class Networks:
    """Some networks, and whether an address lies in one of them."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(each, strict=False) for each in networks]
        self.holds = lru_cache(maxsize=4096)(self._holds)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def _holds(self, address: str) -> bool:
        found = parse_address(address)
        return found is not None and any(found in network for network in self._networks)


class Proxies:
    """Finds out who calls."""

    def __init__(self, trusted: Sequence[str], family: str) -> None:
        self._trusted, self._is_rfc = Networks(trusted), family == "forwarded"

    def peer(self, client: str, headers: Headers) -> Peer:
        """The one who calls, given who is connected to us."""
        if not self._trusted or not self._trusted.holds(client):
            return Peer(client)
        hops = _forwarded(headers) if self._is_rfc else _x_forwarded(headers)
        found = Peer(client)
        for hop in reversed(hops[-_MOST_HOPS:]):
            if hop.address is None:
                return found._replace(scheme=hop.scheme, host=hop.host)
            found = Peer(hop.address, hop.scheme, hop.host)
            if not self._trusted.holds(hop.address):
                break
        return found

    def apply(self, scope: MutableMapping[str, Any]) -> str:
        """Put the caller's address, scheme and host in the place of the proxy's; the address."""
        client = scope.get("client")
        address = client[0] if client else ""
        if not self._trusted or not self._trusted.holds(address):
            return plain(address)
        peer = self.peer(address, scope["headers"])
        if peer.address != address:
            scope["client"] = (peer.address, 0)
        if peer.scheme is not None:
            scope["scheme"] = peer.scheme
        if peer.host is not None:
            others = [pair for pair in scope["headers"] if pair[0] != b"host"]
            scope["headers"] = [(b"host", peer.host.encode()), *others]
        return plain(peer.address)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one in IPv6's dress as what it is; None for what is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """An address in its usual form; what is none stays as it is."""
    found = parse_address(text)
    return text if found is None else str(found)


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """What is counted for an address: of IPv6 the network /64, which one home has to itself."""
    found = parse_address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return address


@lru_cache(maxsize=1024)
def host_name(text: str) -> str:
    """The name in a `Host` header, in lower case and without its port."""
    name = text.partition("]")[0] + "]" if text.startswith("[") else text.partition(":")[0]
    return name.lower().rstrip(".")


def _x_forwarded(headers: Headers) -> list[Hop]:
    addresses = list(_items(headers, b"x-forwarded-for"))
    schemes = list(_items(headers, b"x-forwarded-proto"))
    hosts = list(_items(headers, b"x-forwarded-host"))
    hops = []
    for place, text in enumerate(addresses):
        scheme = _beside(schemes, place, len(addresses))
        host = _beside(hosts, place, len(addresses))
        hops.append(_hop(text, scheme, host))
    return hops


def _beside(values: Sequence[str], place: int, hops: int) -> str | None:
    """The value that belongs to a hop: its own where each has one, else what the last one said."""
    if not values:
        return None
    return values[place] if len(values) == hops else values[-1]


def _forwarded(headers: Headers) -> list[Hop]:
    hops = []
    chain = b",".join(v for n, v in headers if n == b"forwarded")
    for element in _elements(chain[-_LONGEST_CHAIN:]):
        pairs = _pairs(element)
        hops.append(_hop(pairs.get("for", ""), pairs.get("proto"), pairs.get("host")))
    return hops


def _pairs(element: str) -> dict[str, str]:
    """The pairs of an element; none of one that is malformed, for a quote that a client left open
    swallows what the proxy wrote behind it. Reads every letter once.
    """
    pairs, at = {}, 0
    while at < len(element):
        found = _PAIR.match(element, at)
        if found is None:
            return {}
        if found[1]:
            pairs[found[1].lower()] = _unquoted(found[2])
        at = found.end()
    return pairs


def _elements(raw: bytes) -> Iterator[str]:
    """The parts between commas that stand in no quotes."""
    text = raw.decode("latin-1")
    for element in re.findall(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+', text):
        if element.strip():
            yield element


def _items(headers: Headers, wanted: bytes) -> Iterator[str]:
    for name, value in headers:
        if name == wanted:
            yield from (each.strip() for each in value.decode("latin-1").split(","))


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _hop(address: str, scheme: str | None, host: str | None) -> Hop:
    scheme = scheme.lower() if scheme else None
    return Hop(
        _without_port(address),
        scheme if scheme in ("http", "https") else None,
        host if host and _HOST.fullmatch(host) else None,
    )


def _without_port(text: str) -> str | None:
    """The address of a node (RFC 7239, section 6); None for `unknown` and names that hide one."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    found = parse_address(text)
    return None if found is None else str(found)
