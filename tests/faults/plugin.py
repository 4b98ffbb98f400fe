"""The adapters to the provider of the fault tests, and functions that end badly; the server under
test loads them as a plugin.
"""

import asyncio
import io
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from gesso.domain.registry import Context, register_task
from gesso.infra.pool import WorkerDied
from gesso.providers import (
    Absent,
    Accepted,
    Call,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Offers,
    Piece,
    Provider,
    Refused,
    Render,
    Submission,
    Ticket,
    Working,
)

ADDRESS = "GESSO_FAULTS_PROVIDER"
POISON = "GESSO_FAULTS_ANTIDOTE"


class Outside(Provider):
    """A provider that can be asked by our reference."""

    name = "outside"
    offers = Offers(lookup=True, first_poll=0.2, slowest_poll=1.0)

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Order a picture."""
        wanted = {"ref": str(order.ref), "prompt": order.input["prompt"]}
        answer = yield Call("POST", f"{_url()}/jobs", json=wanted)
        return Accepted(answer.json()["id"], poll_after=0.3)

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask whether it is done."""
        answer = yield Call("GET", f"{_url()}/jobs/{ticket.provider_job_id}")
        job = answer.json()
        return Delivered((Piece(url=job["url"]),), cost=1) if job["done"] else Working()

    def cancel(self, ticket: Ticket) -> Flow[NotCancelled]:
        """It never stops."""
        return NotCancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Delivered | Failed | Absent]:
        """Ask for the job by our reference."""
        answer = yield Call("GET", f"{_url()}/jobs?ref={ticket.ref}")
        ids = answer.json()["ids"]
        return Accepted(ids[0], poll_after=0.3) if ids else Absent()


class Blind(Outside):
    """The same provider for somebody whom it does not tell which references it knows."""

    name = "blind"
    offers = Offers(first_poll=0.2, slowest_poll=1.0)


class Napper(Provider):
    """A provider on this machine: a worker process naps as long as was asked, then delivers."""

    name = "napper"
    offers = Offers(lookup=True, cancel=True, stays=True, first_poll=0.2)

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Nap in a worker process."""
        yield Accepted(str(order.ref))
        arguments = {"seconds": order.input["seconds"], "folder": order.scratch}
        try:
            made = yield Render("tests.faults.plugin:nap", arguments)
        except WorkerDied:
            return Failed("worker_died", "The process that was making it ended.", again=True)
        return Delivered((Piece(path=str(made)),), cost=0)

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Nobody stayed with it."""
        return Failed("interrupted", "The process that was making it ended.", again=True)
        yield

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """The worker is stopped."""
        return Cancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Delivered | Failed | Absent]:
        """What nobody stays with does not exist."""
        return Absent()
        yield


class Poison(Napper):
    """Takes the process down that asks it for anything, until there is an antidote."""

    name = "poison"
    offers = Offers(lookup=True, cancel=True, first_poll=0.2)

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Kill whoever asks."""
        _kill_without_antidote()
        return Delivered((Piece(data=_picture()),), cost=0)
        yield

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Delivered | Failed | Absent]:
        """Kill whoever asks."""
        _kill_without_antidote()
        return Absent()
        yield


PROVIDERS = (Outside, Blind, Napper, Poison)


def _kill_without_antidote() -> None:
    if not Path(os.environ[POISON]).exists():
        os.kill(os.getpid(), signal.SIGKILL)


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (9, 90, 9)).save(file, "PNG")
    return file.getvalue()


@register_task(name="fault.nap")
async def take_a_nap(context: Context, seconds: float) -> int:
    """Sleep, and tell in which process."""
    await context.progress(0.5)
    await asyncio.sleep(seconds)
    return os.getpid()


@register_task(name="fault.die")
async def die() -> None:
    """Take the whole process down."""
    os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.sleep(60)


@register_task(name="fault.stumble", max_attempts=2, backoff=(0.1, 0.1))
async def stumble(context: Context, times: int) -> str:
    """Fail so many times."""
    if context.attempt <= times:
        raise LookupError(f"stumbled {context.attempt}")
    return "up again"


@register_task(name="fault.tick")
async def tick() -> None:
    """Be there."""


TASKS = (take_a_nap, die, stumble, tick)


def nap(seconds: float, folder: str, progress: Callable[[float], None]) -> str:
    """Runs in the worker process, whose number it leaves in the folder."""
    Path(folder, "pid").write_text(str(os.getpid()))
    time.sleep(seconds)
    file = Path(folder, "result.png")
    Image.new("RGB", (64, 64), (9, 90, 9)).save(file)
    return str(file)


def _url() -> str:
    return os.environ[ADDRESS]
