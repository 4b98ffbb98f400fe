"""Trace ids: the `traceparent` header of W3C Trace Context (level 2), read, made and remembered.

The trace of the running task is the one that logs, problems and calls to providers carry.
"""

import os
import re
from contextvars import ContextVar, Token
from dataclasses import dataclass

# Version ff is forbidden; later versions may append fields, version 00 may not (section 2.2.2).
_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 0x01


@dataclass(frozen=True, slots=True)
class Trace:
    """One span of a trace, by its ids in lower-case hexadecimal."""

    trace_id: str
    span_id: str
    flags: int = 0

    @property
    def traceparent(self) -> str:
        """The header's value by which the next one in line continues this trace."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"


_current: ContextVar[Trace | None] = ContextVar("gesso_trace", default=None)


def new_trace() -> Trace:
    """A trace that begins here."""
    return Trace(os.urandom(16).hex(), os.urandom(8).hex())


def continue_trace(traceparent: str | None) -> Trace:
    """A span of our own in the caller's trace; a new trace if the header is absent or malformed."""
    found = _PARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return new_trace()
    version, trace_id, parent_id, flags, rest = found.groups()
    if (version == "00" and rest) or not (trace_id.strip("0") and parent_id.strip("0")):
        return new_trace()
    return Trace(trace_id, os.urandom(8).hex(), int(flags, 16) & _SAMPLED)


def current_trace() -> Trace | None:
    """The trace that the running task belongs to."""
    return _current.get()


def enter_trace(trace: Trace) -> Token[Trace | None]:
    """Make `trace` the running task's; give the token to `leave_trace` at the end."""
    return _current.set(trace)


def leave_trace(token: Token[Trace | None]) -> None:
    """Put back the trace that was in force before."""
    _current.reset(token)
