"""A load generator that leaves the cores to what it measures: sockets, an epoll, and no parser.

Run as `python -m bench.load` with an `Order` as JSON on its standard input; it prints a `Tally`.
Each connection has one request under way. Templates are sent in turn, `%KEY%` in them replaced by
a text that never comes twice.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import count

KEY = b"%KEY%"
_PATIENCE = 30.0
"""Seconds that the last answers may take once nothing new is sent."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to send, to whom, for how long; `limit` ends it after so many requests."""

    host: str
    port: int
    templates: Sequence[str]
    seconds: float
    warm_up: float = 0.5
    connections: int = 64
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Every answer by its status; of those with 2xx in the window, the rate a second and the times.

    Times are in milliseconds.
    """

    answers: dict[str, int]
    rate: float
    p50: float
    p99: float
    cpu: float
    """Processor seconds of the generator itself, for each second of the window."""
    first_refusal: str = ""


def press(order: Order) -> Tally:
    """Send the load from a process of its own, and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
        timeout=order.warm_up + order.seconds + 2 * _PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the load generator failed:\n{done.stderr}")
    return Tally(**json.loads(done.stdout))


@dataclass(slots=True)
class _Line:
    """A connection with one request under way."""

    sock: socket.socket
    got: bytes = b""
    sent_at: float = 0.0


@dataclass(slots=True)
class _Gauge:
    """What has come in so far."""

    opens: float
    closes: float
    answers: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    first_refusal: str = ""

    def note(self, status: str, sent_at: float, answer: bytes) -> float:
        """Count an answer; its moment."""
        now = time.perf_counter()
        self.answers[status] += 1
        if status[0] != "2":
            self.first_refusal = self.first_refusal or answer.decode(errors="replace")[-400:]
        elif self.opens <= now < self.closes:
            self.waits.append(now - sent_at)
        return now


def _drive(order: Order) -> Tally:
    parts = [template.encode().split(KEY) for template in order.templates]
    run, numbers = os.urandom(6).hex().encode(), count()
    lines = {line.sock.fileno(): line for line in (_connect(order) for _ in _range(order))}
    poller = select.epoll()
    start = time.perf_counter()
    gauge = _Gauge(start + order.warm_up, start + order.warm_up + order.seconds)
    used = time.process_time()

    def send(line: _Line) -> bool:
        n = next(numbers)
        if order.limit is not None and n >= order.limit:
            return False
        line.sent_at = time.perf_counter()
        line.sock.sendall((b"%b-%d" % (run, n)).join(parts[n % len(parts)]))
        return True

    for fileno, line in lines.items():
        poller.register(fileno, select.EPOLLIN)
        send(line)
    under_way = len(lines)
    while under_way:
        ready = poller.poll(_PATIENCE)
        if not ready:
            raise TimeoutError(f"{under_way} answers did not come")
        for fileno, _ in ready:
            line = lines[fileno]
            status = _receive(line)
            if status is not None:
                now = gauge.note(status, line.sent_at, line.got)
                line.got = b""
                under_way -= not (now < gauge.closes and send(line))
    return _tally(gauge, time.process_time() - used, time.perf_counter() - start)


def _range(order: Order) -> range:
    return range(min(order.connections, order.limit or order.connections))


def _connect(order: Order) -> _Line:
    sock = socket.create_connection((order.host, order.port), timeout=_PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Line(sock)


def _receive(line: _Line) -> str | None:
    """The status of an answer that is all here; None while some of it is missing."""
    data = line.sock.recv(1 << 16)
    if not data:
        raise ConnectionError("the server hung up")
    got = line.got = line.got + data
    head = got.find(b"\r\n\r\n")
    if head < 0:
        return None
    at = got.find(b"content-length: ", 0, head)
    length = int(got[at + 16 : got.index(b"\r", at)])
    return got[9:12].decode() if len(got) >= head + 4 + length else None


def _tally(gauge: _Gauge, used: float, whole: float) -> Tally:
    waits = sorted(gauge.waits) or [0.0]
    return Tally(
        answers=dict(gauge.answers),
        rate=len(gauge.waits) / (gauge.closes - gauge.opens),
        p50=waits[len(waits) // 2] * 1000,
        p99=waits[int(len(waits) * 0.99)] * 1000,
        cpu=used / whole,
        first_refusal=gauge.first_refusal,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_drive(Order(**json.load(sys.stdin))))))
