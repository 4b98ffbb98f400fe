"""The server: uvicorn around the application, for the command line and for whoever embeds it."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import uvicorn
from sqlalchemy import make_url

from gesso.app.fleet import Fleet, end_with_parent
from gesso.app.plugins import check_plugins
from gesso.app.protocol import guarded
from gesso.app.web import create_app
from gesso.infra.logs import set_up_logs
from gesso.infra.settings import Settings, SettingsError


class PortTaken(Exception):
    """Something else listens where the server should."""


class Server(uvicorn.Server):
    """Tells a stream's clients to leave before it waits for them to be gone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in good order at SIGTERM and SIGINT, with exit code 0; uvicorn would raise the signal
        once more and die of it.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams first: they would hold the shutdown until their clients leave."""
        house = getattr(self.config.app.state, "house", None)  # type: ignore[union-attr]
        if house is not None:
            house.feed.close()
            house.tail.close()
        await super().shutdown(sockets)


class Guest(Server):
    """A server inside somebody else's process, whose signals are not ours to take."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. PortTaken when the address is in use, SettingsError or
    CatalogError when something that the settings name is unsound.
    """
    set_up_logs(settings.log_level, settings.log_format)
    check_plugins(settings)
    listening = _listen(settings)
    card = _Card(settings, listening)
    try:
        if settings.server.processes > 1:
            _check_shared(settings)
            Fleet(settings, serve_one).run()
        else:
            Server(_config(settings, card.write)).run(sockets=[listening])
    finally:
        card.remove()


def serve_one(settings: Settings) -> None:
    """Serve as one of a fleet; its parent holds the port and takes the card away."""
    end_with_parent()
    set_up_logs(settings.log_level, settings.log_format)
    listening = _listen(settings)
    card = _Card(settings, listening, pid=os.getppid())
    Server(_config(settings, card.write)).run(sockets=[listening])


def _check_shared(settings: Settings) -> None:
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        raise SettingsError(
            "GESSO_SERVER__PROCESSES: several processes need PostgreSQL (GESSO_DATABASE__URL)"
        )
    if settings.server.port == 0:
        raise SettingsError("GESSO_SERVER__PORT: several processes need a port that is named")


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """A server in this process while the block runs; the answer is its address."""
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    settings = settings.model_copy(
        update={"server": settings.server.model_copy(update={"host": host, "port": port})}
    )
    opened, card = asyncio.Event(), _Card(settings, listening)
    server = Guest(_config(settings, opened.set))
    serving = asyncio.create_task(server.serve([listening]))
    serving.add_done_callback(lambda _: opened.set())
    await opened.wait()
    # The house is open a moment before its port is.
    while not server.started and not serving.done():  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.001)
    if serving.done():
        await serving
        raise RuntimeError("the server did not start")
    card.write()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await serving
        card.remove()


def _config(settings: Settings, on_open: Callable[[], None]) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings, on_open=on_open),
        loop="uvloop",
        http=guarded(settings.server, settings.limits),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=settings.server.keep_alive_seconds,
        backlog=2048,
        timeout_graceful_shutdown=5,
    )


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.server.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if settings.server.processes > 1:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((settings.server.host, settings.server.port))
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"{settings.server.host}:{settings.server.port}: {error.strerror}"
        ) from error
    listening.setblocking(False)
    return listening


class _Card:
    """`server.json` in the data directory, by which commands find the server that works there.

    It is written once the house is open: a second server must not write over the first one's.
    """

    def __init__(
        self, settings: Settings, listening: socket.socket, *, pid: int | None = None
    ) -> None:
        host, port = listening.getsockname()[:2]
        self._file: Path = settings.data_dir / "server.json"
        self._facts = {"url": f"http://{host}:{port}", "pid": pid or os.getpid()}

    def write(self) -> None:
        """Put the card where commands look for it."""
        self._file.write_text(json.dumps(self._facts))

    def remove(self) -> None:
        """Take the card away, if it is still ours."""
        with suppress(OSError, ValueError):
            if json.loads(self._file.read_text()).get("pid") == os.getpid():
                self._file.unlink()
