"""A gesso as its users have it: `gesso serve` as a process of its own, which may be killed."""

import asyncio
import email
import email.policy
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from gesso.app.accounts import open_account
from gesso.domain.identity import Role
from gesso.infra.branches import DatabaseSettings
from gesso.infra.db import Database
from gesso.kit.money import CREDIT
from tests.house.command import surroundings
from tests.house.postgres import free_port

_PATIENCE = 240.0
"""Seconds; a shared machine may be slow at any moment."""
_numbers = itertools.count()


class Site:
    """The server, on a port and a folder that it keeps over restarts, with the studio provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._read: set[Path] = set()

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = str(Path(sys.executable).with_name("gesso"))
        command = [program, "serve", "--port", str(self.port)]
        environment = surroundings(
            self.folder,
            GESSO_LOG_LEVEL="warning",
            GESSO_ENGINE__PROCESSES="1",
            # Each sign-in comes from a network of its own: letters are counted by network.
            GESSO_SERVER__TRUSTED_PROXIES='["127.0.0.1/32"]',
            GESSO_ENGINE__TICK="0.2",
            # One person does in a test what a hundred do in an hour.
            GESSO_LIMITS__USER="10000/second",
            GESSO_LIMITS__SUBMITS="10000/second",
            GESSO_LIMITS__SIGNIN="10000/second",
        )
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends and self._process.poll() is None:
            if self.is_up():
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError((self.folder / "server.log").read_text()[-4000:])

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.url}/health/live", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """kill -9: whoever is connected is cut off, whoever comes is refused."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM, as by whoever runs it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=30)

    async def person(self, credits: int = 100, role: Role | str = Role.USER) -> str:
        """Somebody new; the answer is the address by which they sign in."""
        address = f"person{os.getpid()}-{next(_numbers)}@example.org"
        db = Database(f"sqlite+aiosqlite:///{self.data_dir / 'gesso.db'}", DatabaseSettings())
        try:
            async with db.tx() as tx:
                await open_account(tx, address, amount=credits * CREDIT, role=Role(role))
        finally:
            await db.close()
        return address

    async def code_for(self, address: str) -> str:
        """The six digits of the newest letter to this address that was not read before."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            for file in sorted((self.data_dir / "outbox").glob("*.eml"), reverse=True):
                letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                body = letter.get_body(("plain",))
                found = re.search(r"\b\d{6}\b", body.get_content() if body else "")
                if letter["to"] == address and found and file not in self._read:
                    self._read.add(file)
                    return found[0]
            await asyncio.sleep(0.05)
        raise RuntimeError(f"no letter to {address}")


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """A running site, gone at the end."""
    site = Site(folder)
    site.start()
    try:
        yield site
    finally:
        site.stop()
