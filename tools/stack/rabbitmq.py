"""RabbitMQ, as a stack needs it."""

import asyncio
import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import amqp

from tools.stack.program import Program
from tools.stack.trouble import Trouble

USUAL = "amqp://guest:guest@127.0.0.1:5672"


def address(port: int) -> str:
    """Where a server of our own answers; all of it is the stack's."""
    return f"amqp://guest:guest@127.0.0.1:{port}//"


async def answers(url: str) -> bool:
    """Whether a server lets us in there."""
    return await asyncio.to_thread(_answers, url)


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = amqp.Connection(
        f"{parts.hostname}:{parts.port}",
        userid=parts.username or "guest",
        password=parts.password or "guest",
        virtual_host=unquote(parts.path[1:]) or "/",
        connect_timeout=5,
    )
    try:
        connection.connect()
        connection.close()
    except (OSError, amqp.AMQPError):
        return False
    return True


async def make_vhost(name: str) -> bool:
    """Make a virtual host on the server that runs here, if it is missing; False where only another
    user may, as on Debian anybody but root.
    """
    if not await _control("add_vhost", name):
        return False
    return await _control("set_permissions", "-p", name, "guest", ".*", ".*", ".*")


async def drop_vhost(name: str) -> None:
    """Take it away, with all that is in it."""
    await _control("delete_vhost", name)


async def _control(*command: str) -> bool:
    program = shutil.which("rabbitmqctl")
    if program is None:
        return False
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program, "-q", *command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    return await process.wait() == 0


def prepared(folder: Path, port: int, distribution: int) -> Program:
    """A server on this port with its data in the folder.

    It does without Erlang's port mapper, which would go on running when the stack has ended.
    """
    (folder / "log").mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),  # where Erlang keeps its cookie
        "RABBITMQ_NODENAME": "gesso@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        # Whatever the machine's own server is set up for is no business of this one.
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none-env"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none",
        "ERL_FLAGS": f"-start_epmd false -erl_epmd_port {distribution}",
    }
    return Program("rabbitmq", [str(_program())], environment, folder)


def _program() -> Path:
    """Its own start script; the one on Debian's path insists on another user."""
    own = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    on_path = shutil.which("rabbitmq-server")
    if not own.exists() and on_path is None:
        raise Trouble("RabbitMQ is missing: apt-get install rabbitmq-server")
    return own if own.exists() else Path(str(on_path))
