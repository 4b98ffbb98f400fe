"""`gesso simulate`: a provider that does not exist, to develop against without an account."""

import asyncio
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields

import typer
from pydantic import TypeAdapter, ValidationError

from gesso.app.cli.trouble import Trouble
from gesso.simulators import Fate, Simulator
from gesso.simulators.registry import GATEWAYS, SIMULATORS


def simulate(provider: str, *, port: int, fate: Sequence[str] = ()) -> None:
    """Serve the simulator and print what a server needs to use it, until told to stop."""
    kinds = {**SIMULATORS, **GATEWAYS}
    kind = kinds.get(provider)
    if kind is None:
        known = ", ".join(sorted(kinds)) or "none"
        raise Trouble(f"There is no simulator of {provider!r}. There are: {known}.")
    simulator = kind()
    simulator.usual = fate_of(fate)
    asyncio.run(_serve(simulator, port))


def fate_of(given: Sequence[str]) -> Fate:
    """The fate that these say, each `name=value`; Trouble for what is none."""
    parts = [each.partition("=") for each in given]
    known = [each.name for each in fields(Fate)]
    for name, _, _ in parts:
        if name not in known:
            raise Trouble(f"No fate is called {name!r}. There are: {', '.join(known)}.")
    said = {name: None if value == "never" else value for name, _, value in parts}
    try:
        return TypeAdapter(Fate).validate_python(said)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Trouble(f"The fate {wrong['loc'][0]} cannot be that: {wrong['msg']}.") from error


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
