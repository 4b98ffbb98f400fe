"""`gesso simulate`: a provider that does not exist, to develop against without an account."""

import asyncio
import shlex
import signal
import sys

import typer

from gesso.app.cli.trouble import Trouble
from gesso.simulators import Simulator
from gesso.simulators.registry import GATEWAYS, SIMULATORS


def simulate(provider: str, *, port: int) -> None:
    """Serve the simulator and print what a server needs to use it, until told to stop."""
    kinds = {**SIMULATORS, **GATEWAYS}
    kind = kinds.get(provider)
    if kind is None:
        known = ", ".join(sorted(kinds)) or "none"
        raise Trouble(f"There is no simulator of {provider!r}. There are: {known}.")
    asyncio.run(_serve(kind(), port))


async def _serve(simulator: Simulator, port: int) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with simulator.open(port):
        typer.echo(f"{simulator.name} is simulated at {simulator.url}, until Ctrl-C.", err=True)
        typer.echo("A server whose environment says this works with it:", err=True)
        for line in settings_for(simulator):
            typer.echo(line)
        sys.stdout.flush()
        await told.wait()


def settings_for(simulator: Simulator) -> list[str]:
    """The settings with which a server works with it, as variables of its environment."""
    return [f"{name}={shlex.quote(value)}" for name, value in simulator.settings().items()]
