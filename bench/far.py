"""The distant provider at work, in a process of its own, and what a benchmark asks it."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from bench.figure import Broken
from bench.run import Run
from bench.target import launched

_PATIENCE = 600.0
_LOOK_EVERY = 1.0


@contextmanager
def far_provider(run: Run) -> Iterator[str]:
    """Its address, for as long as the block lasts."""
    file = run.new_folder("provider") / "log"
    command = [sys.executable, "-m", "bench.distant_server"]
    with file.open("wb") as log, launched(command, dict(os.environ), log.fileno()):
        until(lambda: file.read_text().endswith("\n"))
        yield file.read_text().strip()


def ask_far(root: str, path: str, body: Mapping[str, object] | None = None) -> Any:
    """What it says to that; with a body, it is told something."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(root + path, data), timeout=30) as answer:
        return json.load(answer)


def until(is_so: Callable[[], bool], *, every: float = _LOOK_EVERY) -> None:
    """Return when it is so; Broken when that takes longer than ten minutes."""
    ends = time.monotonic() + _PATIENCE
    while not is_so():
        if time.monotonic() > ends:
            raise Broken("it did not come to an end")
        time.sleep(every)
