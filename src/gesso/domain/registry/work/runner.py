"""The runner: calls a run's function outside any transaction, and reports what came of it."""

import asyncio
import time
from typing import Any

import structlog
from pydantic import ValidationError
from pydantic_core import to_json

from gesso.domain.registry.claim import GONE, GONE_AGAIN, Assigned
from gesso.domain.registry.context import Context, Surroundings
from gesso.domain.registry.function import Cancel, RegisteredTask, Retry
from gesso.domain.registry.report import Again, End, Share
from gesso.domain.registry.work.desk import Desk
from gesso.infra import metrics
from gesso.infra.errors import GessoError
from gesso.infra.trace import Trace, new_trace, within_trace
from gesso.infra.web import read_json
from gesso.kit.backoff import full_jitter
from gesso.work import Ended, Grip, LeaseLost, Leases

log = structlog.get_logger()

MOST_BYTES = 64 * 1024
"""Of a result, as JSON."""
_LONGEST_MESSAGE = 500
_TELL_EVERY = 1.0

_tries = metrics.counter("runs", "Tries of registered functions.", "function", "status")
_seconds = metrics.histogram("run_seconds", "Time that one try took.", "function")


class Runner:
    """Does whatever runs it is given, side by side."""

    def __init__(self, desk: Desk, house: Surroundings) -> None:
        self._desk, self._house = desk, house
        self.leases = Leases(desk.db, desk.lease, renew=desk.renew, release=desk.release)
        self.at_work: set[Grip] = set()

    async def do(self, run: Assigned) -> Ended | None:
        """Try this run under its lease; how it ended, or None if it did not end here."""
        # A run's id has the form of a trace's, and all of its tries belong together.
        trace = Trace(run.grip.id.hex, new_trace().span_id)
        about = {"run_id": str(run.grip.id), "function": run.function, "attempt": run.attempt}
        with (
            within_trace(trace),
            structlog.contextvars.bound_contextvars(trace_id=trace.trace_id, **about),
        ):
            self.at_work.add(run.grip)
            try:
                async with self.leases.holding(run.grip, run.leased_until):
                    return await self._try(run)
            except LeaseLost:
                if await self._desk.stop(run.grip):
                    _tell(run, "cancelled")
                    return Ended(failure="It was cancelled.", is_cancelled=True)
                log.info("run_given_up")
            finally:
                self.at_work.discard(run.grip)
        return None

    async def _try(self, run: Assigned) -> Ended | None:
        begun = time.monotonic()
        outcome = await self._outcome(run)
        _seconds.labels(run.function).observe(time.monotonic() - begun)
        if isinstance(outcome, Again) and run.attempt >= run.max_attempts:
            outcome = End(run.grip, "failed", outcome.error_code, outcome.error_message)
        if isinstance(outcome, Again):
            if await self._desk.again(outcome):
                _tell(run, "retrying", code=outcome.error_code, after=round(outcome.after, 3))
            return None
        if not await self._desk.finish(outcome):
            return None
        _tell(run, outcome.status, code=outcome.error_code)
        return Ended(outcome.result, outcome.error_message, outcome.status == "cancelled")

    async def _outcome(self, run: Assigned) -> End | Again:
        function = self._desk.functions.get(run.function)
        if function is None:
            return Again(run.grip, GONE_AGAIN.total_seconds(), "unknown_function", GONE)
        try:
            parsed = function.parse(run.arguments)
        except ValidationError as error:
            return End(run.grip, "failed", "bad_arguments", _plain(str(error)))
        limit = asyncio.timeout(function.terms.timeout)
        try:
            async with limit:
                result = await function.run(parsed, self._context(run))
        except LeaseLost:
            raise
        except Cancel as error:
            return End(run.grip, "cancelled", "stopped", _plain(str(error) or "It saw no sense."))
        except Exception as error:  # noqa: BLE001  # whatever it raises, it is told and tried again
            return _failed(run, function, error, is_late=limit.expired())
        return _completed(run, result)

    def _context(self, run: Assigned) -> Context:
        teller = _Teller(self._desk, run)
        return Context(run.grip.id, run.attempt, self._house, log.bind(), teller.tell)


class _Teller:
    """Writes progress down, at most once a second."""

    def __init__(self, desk: Desk, run: Assigned) -> None:
        self._desk, self._run, self._last = desk, run, float("-inf")

    async def tell(self, share: float) -> None:
        """Note how far it is; LeaseLost when the run is somebody else's by now."""
        now = time.monotonic()
        if now - self._last < _TELL_EVERY:
            return
        self._last = now
        if not await self._desk.advance(Share(self._run.grip, share)):
            raise LeaseLost(str(self._run.grip.id))


def _failed(
    run: Assigned, function: RegisteredTask[..., Any], error: Exception, *, is_late: bool
) -> Again:
    """Any error means that it may be tried again."""
    first, cap = function.terms.backoff
    after = full_jitter(run.attempt, first=first, cap=cap)
    if isinstance(error, Retry):
        after = after if error.after is None else max(0.0, error.after)
        words = _plain(str(error) or "It asked to be tried again.")
        return Again(run.grip, after, "retry_wanted", words)
    if is_late and isinstance(error, TimeoutError):
        words = f"It did not end within {function.terms.timeout:g} seconds."
        return Again(run.grip, after, "timed_out", words)
    log.warning("run_raised", exc_info=error)
    return Again(run.grip, after, "raised", _plain(f"{type(error).__name__}: {error}"))


def _completed(run: Assigned, result: Any) -> End:
    """The end of a run that returned; what is no JSON, or too much of it, will not be better the
    next time.
    """
    try:
        raw = to_json(result)
        if len(raw) > MOST_BYTES:
            words = f"It returned {len(raw)} bytes; at most {MOST_BYTES} are kept."
            return End(run.grip, "failed", "bad_result", words)
        return End(run.grip, "completed", result=read_json(raw))
    except GessoError as error:
        return End(run.grip, "failed", "bad_result", error.message)
    except ValueError as error:
        return End(run.grip, "failed", "bad_result", _plain(f"It returned no JSON: {error}"))


def _tell(run: Assigned, status: str, **facts: object) -> None:
    _tries.labels(run.function, status).inc()
    log.info("run_reported", status=status, **facts)


def _plain(words: str) -> str:
    """As a database keeps it: no U+0000, no half characters, not without end."""
    words = words.replace("\0", "").encode("utf-8", "replace").decode()
    return words if len(words) <= _LONGEST_MESSAGE else f"{words[:_LONGEST_MESSAGE]}…"
