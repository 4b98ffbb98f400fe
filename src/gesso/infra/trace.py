"""Trace ids: the headers of W3C Trace Context (level 2), read, made and remembered.

`traceparent` is ours to continue; `tracestate` belongs to others and goes on as it came.

The trace of the running task is the one that logs, problems and calls to providers carry.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any

# Version ff is forbidden; later versions may append fields, version 00 may not (section 2.2.2).
_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 0x01
_MEMBER = re.compile(
    r"[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
_MOST_MEMBERS = 32
_LONGEST_STATE = 512


@dataclass(frozen=True, slots=True)
class Trace:
    """One span of a trace, by its ids in lower-case hexadecimal."""

    trace_id: str
    span_id: str
    flags: int = 0
    state: str = ""
    """What tracing systems on the way have noted: `tracestate`."""

    @property
    def traceparent(self) -> str:
        """The header's value by which the next one in line continues this trace."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    def next_span(self) -> "Trace":
        """A new span of the same trace."""
        return Trace(self.trace_id, os.urandom(8).hex(), self.flags, self.state)

    def headers(self) -> dict[str, str]:
        """What tells the next one in line of this trace."""
        told = {"traceparent": self.traceparent}
        return {**told, "tracestate": self.state} if self.state else told


_current: ContextVar[Trace | None] = ContextVar("gesso_trace", default=None)


def new_trace() -> Trace:
    """A trace that begins here."""
    return Trace(os.urandom(16).hex(), os.urandom(8).hex())


def continue_trace(traceparent: str | None, tracestate: str | None = None) -> Trace:
    """A span of our own in the caller's trace; a new trace if the header is absent or malformed.

    A state that is malformed or too long is left out, and so is one without a parent.
    """
    found = _PARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return new_trace()
    version, trace_id, parent_id, flags, rest = found.groups()
    if (version == "00" and rest) or not (trace_id.strip("0") and parent_id.strip("0")):
        return new_trace()
    state = _state(tracestate) if tracestate else ""
    return Trace(trace_id, os.urandom(8).hex(), int(flags, 16) & _SAMPLED, state)


def _state(text: str) -> str:
    """A list of at most 32 different members, of 512 characters in all (section 3.3)."""
    members = [member.strip(" \t") for member in text.split(",")]
    members = [member for member in members if member]
    keys = {member.partition("=")[0] for member in members}
    is_sound = len(members) <= _MOST_MEMBERS and len(keys) == len(members)
    joined = ",".join(members)
    is_sound = is_sound and len(joined) <= _LONGEST_STATE
    return joined if is_sound and all(map(_MEMBER.fullmatch, members)) else ""


def current_trace() -> Trace | None:
    """The trace that the running task belongs to."""
    return _current.get()


def traceparent() -> str | None:
    """What tells others of the trace that the running task belongs to."""
    trace = current_trace()
    return None if trace is None else trace.traceparent


def tracestate() -> str:
    """What tracing systems on the way have noted of it; empty where there is nothing."""
    trace = current_trace()
    return "" if trace is None else trace.state


def kept_trace(kept: Mapping[str, Any]) -> Trace:
    """A span in the trace of the request that asked for something, from what was kept with it."""
    return continue_trace(kept.get("traceparent"), kept.get("tracestate"))


def enter_trace(trace: Trace) -> Token[Trace | None]:
    """Make `trace` the running task's; give the token to `leave_trace` at the end."""
    return _current.set(trace)


def leave_trace(token: Token[Trace | None]) -> None:
    """Put back the trace that was in force before."""
    _current.reset(token)


@contextmanager
def within_trace(trace: Trace) -> Iterator[None]:
    """Make `trace` the running task's while the block lasts."""
    token = enter_trace(trace)
    try:
        yield
    finally:
        leave_trace(token)
