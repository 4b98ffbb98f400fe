"""A program that is kept running: its output in a file, started again when it dies, ended in time.

Each has a process group of its own. So Ctrl-C reaches us alone and we end the others in order, and
what a program that was killed has left behind goes with it.
"""

import asyncio
import os
import pwd
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tools.stack.trouble import Trouble

Tell = Callable[[str], None]

_PAUSE = 1.0
"""Seconds before a program that died is started again."""
_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Program:
    """What to run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    user: pwd.struct_passwd | None = None
    ending: signal.Signals = signal.SIGTERM
    """What ends it in good order."""


class Kept:
    """A program that runs until it is told to end."""

    def __init__(self, program: Program, log: Path, tell: Tell) -> None:
        self.program, self.log, self.deaths = program, log, 0
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()
        self._keeping = asyncio.create_task(self._keep())

    async def ready(self, is_ready: Callable[[], Awaitable[bool]], *, within: float) -> None:
        """Wait until it does its work; Trouble with the end of its log when it dies instead."""
        try:
            async with asyncio.timeout(within):
                while not await is_ready():
                    if self.deaths or self._keeping.done():
                        raise Trouble(f"{self.program.name} did not start.\n{self._told()}")
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError as error:
            said = f"{self.program.name} was not ready within {within:g} seconds."
            raise Trouble(f"{said}\n{self._told()}") from error

    async def end(self, *, patience: float) -> None:
        """End it, in good order if that takes no longer than `patience` seconds."""
        self._ending.set()
        self._signal(self.program.ending)
        ended, _ = await asyncio.wait([self._keeping], timeout=patience)
        if not ended:
            self._tell(f"{self.program.name} has not ended within {patience:g} s, and is killed.")
            self._signal(signal.SIGKILL)
            await asyncio.wait([self._keeping])

    async def _keep(self) -> None:
        while not self._ending.is_set():
            process = self._process = await self._launch()
            if self._ending.is_set():
                self._signal(self.program.ending)
            code = await process.wait()
            self._process = None
            _sweep(process.pid)
            if not self._ending.is_set():
                self.deaths += 1
                self._tell(f"{self.program.name} has died ({_said(code)}) and is started again.")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _PAUSE)

    async def _launch(self) -> asyncio.subprocess.Process:
        program = self.program
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *program.command,
                cwd=program.folder,
                env=program.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=program.user.pw_uid if program.user else None,
                group=program.user.pw_gid if program.user else None,
                start_new_session=True,
            )

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)

    def _told(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f"The end of {self.log}:", *(f"  {line}" for line in lines)])


@asynccontextmanager
async def kept(
    programs: Sequence[Program], logs: Path, tell: Tell, *, patience: float
) -> AsyncIterator[Sequence[Kept]]:
    """These programs, kept running for the block; all of them end together."""
    running = [Kept(each, logs / f"{each.name}.log", tell) for each in programs]
    try:
        yield running
    finally:
        await asyncio.gather(*(each.end(patience=patience) for each in running))


def _sweep(group: int) -> None:
    """Kill what a program that has ended left of its process group."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _said(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
