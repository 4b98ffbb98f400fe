"""The server under test: the real one, in a process of its own, watched where that is asked for.

Run as `python -m bench.subject`, with settings from the environment. With `--watch FILE` it leaves
there, when it ends, every SQL statement with its number and time. With `--profile FILE` besides it
leaves how often each function was found at work: a sample every few milliseconds of processor time
(what the kernel's clock allows), which slows the server hardly and, unlike a tracer, does not make
small functions look dear.
"""

import argparse
import json
import signal
import time
from collections import Counter, defaultdict
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

from gesso.app.server import run
from gesso.infra.settings import load_settings

EVERY = 0.001
"""Processor seconds from sample to sample; kernels round this up, often to 0.004."""


class Statements:
    """Counts what every engine of this process executes, and how long each answer took."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def listen(self) -> None:
        """Begin to count."""
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)

    def plain(self) -> list[tuple[str, int, float]]:
        """Each statement with its number and its seconds, the dearest first."""
        found = [(text, n, self._seconds[text]) for text, n in self._counts.items()]
        return sorted(found, key=lambda each: each[2], reverse=True)

    def _before(self, connection: Any, _cursor: Any, _statement: str, *_: Any) -> None:
        connection.info["bench_began"] = time.perf_counter()

    def _after(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._counts[statement] += 1
        self._seconds[statement] += time.perf_counter() - connection.info["bench_began"]


class Sampler:
    """Looks at the main thread again and again while it computes."""

    def __init__(self) -> None:
        self.samples = 0
        self._own: Counter[str] = Counter()
        self._lines: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to look; must be called in the main thread."""
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def plain(self) -> dict[str, Any]:
        """The samples: of each function itself, and of each with what it called."""
        return {
            "samples": self.samples,
            "own": self._own.most_common(60),
            "whole": self._lines.most_common(120),
        }

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        self.samples += 1
        if frame is not None:
            self._own[_name(frame)] += 1
        seen = set()
        while frame is not None:
            seen.add(_name(frame))
            frame = frame.f_back
        self._lines.update(seen)


def _name(frame: FrameType) -> str:
    code = frame.f_code
    _, installed, package = code.co_filename.rpartition("/site-packages/")
    _, _, ours = package.rpartition("/src/")
    where = package if installed else "/".join(ours.split("/")[-2:])
    return f"{code.co_qualname} ({where})"


def main() -> None:
    """Serve until SIGTERM, then leave what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watch", type=Path)
    parser.add_argument("--profile", type=Path)
    wanted = parser.parse_args()
    statements, sampler = Statements(), Sampler()
    if wanted.watch:
        statements.listen()
    if wanted.profile:
        sampler.start()
    try:
        run(load_settings())
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if wanted.watch:
            wanted.watch.write_text(json.dumps(statements.plain()))
        if wanted.profile:
            wanted.profile.write_text(json.dumps(sampler.plain()))


if __name__ == "__main__":
    main()
