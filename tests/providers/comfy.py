"""A house with ComfyUI servers of its own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gesso.domain.identity import Role
from gesso.simulators.comfyui import ComfyUI
from tests.house.person import Person
from tests.house.world import Ground, Home, open_home

WORKFLOWS = Path(__file__).parent / "workflows"
_QUEUE = {
    "max_concurrency": 8,
    "timeout_seconds": 120,
    "max_attempts": 3,
    "backoff_first": 0.05,
    "backoff_cap": 0.2,
}
_CATALOG = {
    "version": "comfy-1",
    "queues": {"comfyui": _QUEUE, "instant": _QUEUE},
    "models": [
        {
            "id": "instant/sketch", "makes": "sketch", "provider": "instant", "model": "sketch",
            "queue": "instant", "price": 1,
        }
    ],
}  # fmt: skip


@dataclass
class Studio:
    """A house, and its servers by name; each can be shut on its own."""

    home: Home
    servers: Mapping[str, ComfyUI]
    doors: Mapping[str, AsyncExitStack] = field(default_factory=dict)

    async def shut(self, name: str) -> None:
        """End a server, as a machine does that is switched off."""
        await self.doors[name].aclose()

    async def order(self, person: Person, prompt: str, **inputs: Any) -> dict[str, Any]:
        """A sketch of this prompt, ordered."""
        return await person.submit(
            "comfyui_workflow", workflow="sketch", inputs={"prompt": prompt, **inputs}
        )

    async def operator(self) -> Person:
        """Somebody who may keep workflows."""
        return await self.home.person(0, Role.OPERATOR)

    def renders(self, prompt: str) -> list[str]:
        """The names of the servers that took this prompt, as often as they did."""
        return [name for name, server in self.servers.items() for _ in server.of(prompt)]


@asynccontextmanager
async def studio(
    ground: Ground,
    folder: Path,
    servers: Mapping[str, ComfyUI],
    *,
    capacity: int = 1,
    lost_after: float = 1.0,
    tags: Mapping[str, Sequence[str]] | None = None,
) -> AsyncIterator[Studio]:
    """A house that works with these servers, each with so many places."""
    catalog = folder / "catalog.yaml"
    catalog.write_text(yaml.safe_dump(_CATALOG))
    doors = {name: AsyncExitStack() for name in servers}
    async with AsyncExitStack() as stack:
        for name, server in servers.items():
            await stack.enter_async_context(doors[name])
            await doors[name].enter_async_context(server.open())
        named = {
            name: {
                "url": server.url,
                "capacity": capacity,
                "token": server.token,
                "tags": list((tags or {}).get(name, ())),
            }
            for name, server in servers.items()
        }
        home = await stack.enter_async_context(
            open_home(
                ground,
                folder,
                plugins=("tests.simulators.plugin",),
                catalog=catalog,
                comfyui={"servers": named, "templates": WORKFLOWS, "lost_after": lost_after},
            )
        )
        yield Studio(home, servers, doors)
        await home.inspect()
