"""RabbitMQ for tests: a virtual host on the server that is there, and a server that may be hurt."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

import amqp
import psutil
import pytest

from tests.house.databases import REQUIRED
from tests.house.postgres import free_port, is_stale, new_prefix

USUAL = "amqp://guest:guest@127.0.0.1:5672"
VARIABLE = "GESSO_TEST_RABBITMQ"
MISSING = "RabbitMQ is missing"
_numbers = itertools.count()


class Broker:
    """A server of the tests' own: killed, alarmed and wiped without harm to anybody.

    It needs neither root nor Erlang's port mapper, which would go on running after the tests.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._port, self._distribution = free_port(), free_port()
        self._node = f"gesso{self._port}@localhost"
        self._process: subprocess.Popen[bytes] | None = None
        self._is_alarmed = False
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, within: float = 60) -> None:
        """Start it with the data that it has; returns when it serves."""
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self._programs / "rabbitmq-server"],
                env=self._environment(""),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        ends = time.monotonic() + within
        while not answers(self.url):
            if time.monotonic() > ends or not self.is_running:
                told = (self._folder / "output").read_text()[-2000:]
                raise RuntimeError(f"RabbitMQ did not start:\n{told}")
            time.sleep(0.1)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def wipe(self) -> None:
        """Kill it and take away all that it knew."""
        self.kill()
        shutil.rmtree(self._folder / "mnesia", ignore_errors=True)

    def raise_alarm(self) -> None:
        """Make it believe that its disk is full: it stops reading from publishers."""
        self._is_alarmed = True
        self._control("set_disk_free_limit", "9000GB")

    def calm(self) -> None:
        """Take the alarm away, if it is on."""
        if self._is_alarmed and self.is_running:
            self._control("set_disk_free_limit", "50MB")
        self._is_alarmed = False

    def _control(self, *command: str) -> None:
        subprocess.run(
            [self._programs / "rabbitmqctl", "-n", self._node, *command],
            env=self._environment(" -dist_listen false"),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def _environment(self, flags: str) -> Mapping[str, str]:
        folder = self._folder
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),  # where Erlang keeps its cookie
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none-env"),
            # It shares the machine with the tests: one scheduler that does not spin.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
            "ERL_FLAGS": f"-start_epmd false -erl_epmd_port {self._distribution}{flags}",
        }


@contextmanager
def private_broker() -> Iterator[Broker]:
    """A running server, gone with all its data at the end."""
    programs = installed()
    if programs is None:
        _miss()
    folder = Path(tempfile.mkdtemp(prefix="gesso-rabbitmq-"))
    broker = Broker(programs, folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def only_broker() -> Iterator[Broker]:
    """The one server that may be hurt; starting it takes seconds, so the tests share it."""
    with private_broker() as broker:
        yield broker


@pytest.fixture
def broker(only_broker: Broker) -> Iterator[Broker]:
    """A server that this test may kill, alarm and wipe; it is well at the start of each."""
    if not only_broker.is_running:
        only_broker.start()
    yield only_broker
    only_broker.calm()


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """The address of a virtual host of these tests' own, on a server that nobody may hurt."""
    named = os.environ.get(VARIABLE)
    if named or (answers(USUAL) and _may_rule()):
        with _virtual_host(named) as url:
            yield url
    else:
        with private_broker() as broker:
            yield broker.url


@contextmanager
def own_broker() -> Iterator[str]:
    """The address of a broker that nobody else uses: a virtual host, or else a private server."""
    if os.environ.get(VARIABLE) is None and answers(USUAL) and _may_rule():
        with _virtual_host(None) as url:
            yield url
    else:
        with private_broker() as broker:
            yield broker.url


@contextmanager
def _virtual_host(named: str | None) -> Iterator[str]:
    """One on the usual server; a server that is named is used as it is, for it may be far away."""
    if named:
        if not answers(named):
            _miss()
        yield named
        return
    name = f"{new_prefix()}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_numbers)}"
    _tell("add_vhost", name)
    try:
        _tell("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        yield f"{USUAL}/{name}"
    finally:
        _tell("delete_vhost", name)


def answers(url: str) -> bool:
    """Whether a broker serves at this address."""
    parts = urlsplit(url)
    try:
        connection = amqp.Connection(
            f"{parts.hostname}:{parts.port or 5672}",
            userid=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            virtual_host=unquote(parts.path[1:]) or "/",
            connect_timeout=5,
        )
        connection.connect()
        connection.close()
    except (OSError, amqp.AMQPError):
        return False
    return True


def installed() -> Path | None:
    """Where RabbitMQ's own programs lie; those on Debian's path insist on another user."""
    found = shutil.which("rabbitmq-server")
    places = [Path("/usr/lib/rabbitmq/bin"), *([Path(found).parent] if found else [])]
    return next((place for place in places if (place / "rabbitmq-server").exists()), None)


def _may_rule() -> bool:
    """Whether we may make virtual hosts on the usual server; those that killed runs have left
    behind go away here.
    """
    try:
        names = _tell("list_vhosts", "--no-table-headers").split()
    except (OSError, subprocess.CalledProcessError):
        return False
    for name in names:
        if name.startswith("gesso_test_") and (is_stale(name) or not _lives(name)):
            with suppress(subprocess.CalledProcessError):  # who else runs tests was first
                _tell("delete_vhost", name)
    return True


def _lives(name: str) -> bool:
    """Whether the process that made this host is still there. One that was killed leaves its queues
    to the server, which has a thousand file descriptors and accepts nobody without one.
    """
    try:
        return psutil.pid_exists(int(name.split("_")[3], 16))
    except (IndexError, ValueError):
        return True


def _tell(*command: str) -> str:
    told = subprocess.run(
        ["rabbitmqctl", "-q", *command], check=True, capture_output=True, timeout=60
    )
    return told.stdout.decode()


def _miss() -> NoReturn:
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{MISSING}, and {REQUIRED}=1 says that it must be here", pytrace=False)
    pytest.skip(MISSING)
