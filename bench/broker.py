"""The message broker for a benchmark: a virtual host of its own on a server that is there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from bench.figure import Skipped
from tests.house.rabbit import USUAL, VARIABLE, answers

_PROGRAM = "beam.smp"


@contextmanager
def virtual_host(name: str) -> Iterator[str]:
    """The address of a new virtual host, deleted afterwards; a server that is named is used as it
    is, for it may be far away.
    """
    named = os.environ.get(VARIABLE)
    if not answers(named or USUAL):
        raise Skipped(f"no RabbitMQ answers at {named or USUAL}")
    if named:
        yield named
        return
    try:
        _tell("add_vhost", name)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped(f"RabbitMQ's vhosts are not ours to make; name one in {VARIABLE}") from error
    try:
        _tell("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        yield f"{USUAL}/{name}"
    finally:
        _tell("delete_vhost", name)


def broker_cpu() -> float:
    """Processor seconds of every RabbitMQ of this machine so far, whoever made it work."""
    seconds = 0.0
    for process in psutil.process_iter(["name", "cpu_times"]):
        if process.info["name"] == _PROGRAM and process.info["cpu_times"]:
            seconds += process.info["cpu_times"].user + process.info["cpu_times"].system
    return seconds


def _tell(*command: str) -> None:
    subprocess.run(["rabbitmqctl", "-q", *command], check=True, capture_output=True)
