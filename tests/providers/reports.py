"""What stories about providers' reports have in common: what arrives, and what came of it."""

import asyncio
import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from gesso.domain.identity import Role
from gesso.domain.media import Links
from gesso.kit.signing import Signer
from gesso.simulators import Fate
from gesso.simulators.fal import FalSimulator
from gesso.simulators.simulator import Made
from tests.house.person import Person
from tests.providers.conftest import Trade

KEYS = "GET /.well-known/jwks.json"
Headers = Mapping[str, str]


def sim(trade: Trade) -> FalSimulator:
    assert isinstance(trade.simulator, FalSimulator)
    return trade.simulator


async def pushes_of(trade: Trade, task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The task's rows of the inbox, as an operator sees them."""
    operator = await trade.home.person(0, Role.OPERATOR)
    return list((await operator.ask("GET", f"/inbox?task={task['id']}")).body["items"])


async def settled(trade: Trade, task: Mapping[str, Any], count: int) -> list[str]:
    """The statuses of so many pushes of this task, once none is left to be applied."""
    async with asyncio.timeout(20):
        while True:
            found = [push["status"] for push in await pushes_of(trade, task)]
            if len(found) >= count and "stored" not in found:
                return found
            await asyncio.sleep(0.05)


async def send(
    trade: Trade, url: str | None, body: bytes | io.BytesIO, headers: Headers
) -> tuple[int, Any]:
    """A delivery by whomever; the status, and the answer's body."""
    assert url is not None
    async with trade.home.web.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def endless(trade: Trade, person: Person, prompt: str) -> tuple[dict[str, Any], Made]:
    """A job that is at work until somebody says otherwise."""
    trade.simulator.plan(prompt, Fate(seconds=None, pushes=0))
    task = await trade.order(person, prompt)
    await person.see(task, lambda now: now["outputs"][0]["status"] == "running")
    (made,) = trade.simulator.of(prompt)
    return task, made


def hook_of(trade: Trade, made: Made, attempt_id: UUID) -> str:
    """The address of another attempt's reports, made with the house's own key."""
    secret = (trade.home.data_dir / "signing.key").read_bytes()
    assert made.callback is not None
    root = made.callback.partition("/hooks/")[0]
    links = Links(Signer(secret), root, seconds=60, now=trade.home.db.now)
    return links.callback("fal", attempt_id)
