"""The resolver that stands behind the guard: a connection is made to an address that was checked,
and to no other, whatever the name means a moment later.
"""

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from gesso.infra.http.client import Resolve
from gesso.infra.http.exchange import NotAllowed
from gesso.infra.http.guard import Guard


class GuardedResolver(AbstractResolver):
    """Tells of a name's addresses only those that may be reached; NotAllowed where none may be."""

    def __init__(self, guard: Guard, resolve: Resolve | None) -> None:
        self._guard, self._resolve = guard, resolve or _by_the_system

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  # the caller takes both
    ) -> list[ResolveResult]:
        """The permitted addresses, in the order in which they came."""
        found = await self._resolve(host, port)
        permitted = [address for address in found if self._guard.permits(address, port)]
        if not permitted:
            raise NotAllowed(f"{host}:{port} is not in the public network")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in permitted
        ]

    async def close(self) -> None:
        """Nothing is held open."""


async def _by_the_system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
