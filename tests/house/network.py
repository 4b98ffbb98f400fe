"""A fence around the tests: this process reaches nothing but this machine.

It stands on Python's audit events, which no library that uses Python's sockets can go around.
Servers that a test starts as processes of their own are outside of it.
"""

import ipaddress
import sys
from dataclasses import dataclass, field
from urllib.parse import urlsplit


class ReachedOut(RuntimeError):
    """A test tried to reach another machine; not an OSError, because code handles those."""


@dataclass
class Fence:
    """Refuses other machines, and remembers what was tried even if the error is swallowed."""

    also: set[str] = field(default_factory=set)
    tried: list[str] = field(default_factory=list)

    def watch(self, event: str, arguments: tuple[object, ...]) -> None:
        """The audit hook: raises ReachedOut before a packet leaves."""
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            address = arguments[1]
            self._pass(address[0] if isinstance(address, tuple) else None)
        elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            host = arguments[0]
            # Reading an address that is written in numbers asks nobody.
            self._pass(None if _address(host) else host)

    def allow(self, url: str | None) -> None:
        """Let the tests reach one server more, which the person who runs them has named."""
        host = urlsplit(url or "").hostname
        if host:
            self.also.add(host)

    def _pass(self, host: object) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if not isinstance(name, str) or not name or name in self.also or _is_here(name):
            return
        self.tried.append(name)
        raise ReachedOut(f"a test reached out to {name}; tests stay on this machine")


def _address(host: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return None


def _is_here(name: str) -> bool:
    address = _address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def build_fence() -> Fence:
    """Put up the fence for as long as this process lives; an audit hook cannot be taken down."""
    fence = Fence()
    sys.addaudithook(fence.watch)
    return fence
