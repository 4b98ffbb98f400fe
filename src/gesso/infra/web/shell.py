"""The outermost layer of the HTTP side: limits on bodies, the trace, the last net, what was served.

One plain ASGI wrapper, because every layer costs each request; the framework's own middleware class
makes a task and a queue a request.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from structlog.contextvars import bind_contextvars, reset_contextvars

from gesso.infra import metrics
from gesso.infra.branches import ServerSettings
from gesso.infra.errors import GessoError
from gesso.infra.logs import debug_is_on
from gesso.infra.trace import Trace, continue_trace, enter_trace, leave_trace
from gesso.infra.web.errors import BodyTooLarge, BodyTooSlow, MalformedPath, MalformedQuery
from gesso.infra.web.passage import PASSAGE, Passage, gate_of
from gesso.infra.web.problems import crash, refusal
from gesso.infra.web.proxies import Proxies, host_name

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger("gesso.web")
_ALWAYS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_LINGER_BYTES: Final = 32 << 20
_LINGER_SECONDS: Final = 2.0
_SLOW: Final = 1.0
"""Seconds to the first byte of an answer after which it is worth a line in the log."""


@dataclass(frozen=True, slots=True)
class Large:
    """How many bytes a body may have, and how many seconds it may take."""

    most: int
    seconds: float


class Shell:
    """ASGI middleware around the whole application; nothing that goes wrong inside gets past it."""

    def __init__(
        self,
        app: App,
        *,
        settings: ServerSettings,
        headers: Mapping[str, str],
        large: Mapping[tuple[str, str], Large],
    ) -> None:
        self._app, self._large = app, large
        self._usual = Large(settings.max_body, settings.body_seconds)
        named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._always = [*_ALWAYS, *named]
        self._settings = settings
        self._proxies = Proxies(settings.trusted_proxies, settings.proxy_headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; lifespan and WebSocket pass through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = self._proxies.apply(scope)
        head = _Head(scope["headers"])
        trace = continue_trace(head.traceparent, head.tracestate)
        passage = Passage(address, scope["path"], host=head.host, channel_named=head.channel)
        scope[PASSAGE] = passage
        exchange = _Exchange(send, trace, passage, self._always)
        token, bound = enter_trace(trace), bind_contextvars(trace_id=trace.trace_id, client=address)
        try:
            await self._serve(scope, head, receive, exchange)
        finally:
            passage.end()
            exchange.report(scope)
            reset_contextvars(**bound)
            leave_trace(token)

    async def _serve(
        self, scope: Scope, head: "_Head", receive: Receive, exchange: "_Exchange"
    ) -> None:
        passage = exchange.passage
        gate = gate_of(getattr(scope["app"].state, "house", None)) if "app" in scope else None
        try:
            if gate is not None and (refused := gate.turned_away(passage)) is not None:
                raise refused
            if "\0" in scope["path"]:
                raise MalformedPath("The path holds the character U+0000.")
            if b"%00" in scope["query_string"]:
                raise MalformedQuery("The query holds the character U+0000.")
            limits = self._large.get((scope["method"], scope["path"]), self._usual)
            if head.length > limits.most:
                raise _too_large(limits)
            await self._app(scope, self._limited(head, limits, receive), exchange.send)
        except GessoError as error:
            if isinstance(error, BodyTooLarge) and not head.is_asking:
                await _drain(receive)
            await exchange.end(scope, receive, refusal(error))
        except ClientDisconnect:
            _log.debug("client_left", route=_template(scope, 499))
        except Exception:  # noqa: BLE001  # the last net: a fault is logged, and told to nobody
            _log.exception("request_crashed", route=_template(scope, 500))
            await exchange.end(scope, receive, crash())
        if gate is not None and not passage.is_counted:
            await gate.count(passage)

    def _limited(self, head: "_Head", limits: Large, receive: Receive) -> Receive:
        """`receive` with an end to its patience and its appetite, for requests that have a body."""
        settings = self._settings
        if not head.has_body:
            return receive
        began = asyncio.get_running_loop().time()
        deadline = began + limits.seconds
        taken, complete = 0, False

        async def limited() -> Message:
            nonlocal taken, complete
            if complete:
                return await receive()
            try:
                # What has come pays for the time until more has to.
                paid = began + settings.body_grace + taken / settings.body_speed
                async with asyncio.timeout_at(min(paid, deadline)):
                    message = await receive()
            except TimeoutError as error:
                raise BodyTooSlow("The body did not arrive in time.") from error
            taken += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if taken > limits.most:
                raise _too_large(limits)
            return message

        return limited


class _Head:
    """What of a request's head concerns the shell."""

    __slots__ = (
        "channel", "has_body", "host", "is_asking", "length", "traceparent", "tracestate",
    )  # fmt: skip

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.has_body = False
        self.is_asking = False
        self.length = 0
        self.host = ""
        self.channel: str | None = None
        parents, states = [], []
        for name, value in headers:
            if name == b"content-length":
                self.length = int(value) if value.isdigit() else 0
                self.has_body = value != b"0"
            elif name == b"transfer-encoding":
                self.has_body = True
            elif name == b"expect":
                self.is_asking = True
            elif name == b"traceparent":
                parents.append(value.decode("latin-1"))
            elif name == b"tracestate":
                states.append(value.decode("latin-1"))
            elif name == b"host":
                self.host = host_name(value.decode("latin-1"))
            elif name == b"gesso-channel":
                self.channel = value.decode("latin-1")
        # More than one is as good as none (W3C Trace Context, section 4.3).
        self.traceparent = parents[0] if len(parents) == 1 else None
        self.tracestate = ",".join(states)


class _Exchange:
    """One request and its answer: what was sent, and when."""

    __slots__ = ("_always", "_began", "_first_byte", "_send", "_status", "_trace", "passage")

    def __init__(
        self, send: Send, trace: Trace, passage: Passage, always: list[tuple[bytes, bytes]]
    ) -> None:
        self.passage = passage
        self._always = always
        self._send = send
        self._trace = trace
        self._began = time.perf_counter()
        self._first_byte = 0.0
        self._status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on, with our headers on the first one."""
        if message["type"] == "http.response.start":
            self._first_byte = time.perf_counter()
            self._status = message["status"]
            traceparent = (b"traceparent", self._trace.traceparent.encode())
            told = (*self._always, traceparent, *self.passage.answer_headers)
            message["headers"] = [*message.get("headers", ()), *told]
        await self._send(message)

    async def end(self, scope: Scope, receive: Receive, response: Response) -> None:
        """Answer, unless an answer has begun: then the server can only cut it off."""
        if not self._status:
            await response(scope, receive, self.send)

    def report(self, scope: Scope) -> None:
        """Count and log the request; one whose client went away before an answer is no figure."""
        if not self._status:
            return
        status, waited = self._status, self._first_byte - self._began
        route = _template(scope, status)
        metrics.count_request(scope["method"], route, status, waited)
        slow = waited > _SLOW
        if not (slow or status >= 500 or debug_is_on()):
            return
        fields = {
            "method": scope["method"],
            "route": route,
            "status": status,
            "first_byte_seconds": round(waited, 4),
            "duration_seconds": round(time.perf_counter() - self._began, 4),
        }
        if status >= 500:
            _log.warning("request_served", **fields)
        elif slow:
            _log.info("request_served", **fields)
        else:
            _log.debug("request_served", **fields)


def _too_large(limits: Large) -> BodyTooLarge:
    return BodyTooLarge(f"A body has at most {limits.most} bytes.", max_bytes=limits.most)


async def _drain(receive: Receive) -> None:
    """Throw away what is on its way, for a while.

    To close on unread bytes would reset the connection, and the answer could be lost with it.
    """
    taken = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            while taken < _LINGER_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _template(scope: Scope, status: int) -> str:
    """The route's pattern: a path would give every id a time series of its own."""
    included = scope.get("fastapi", {}).get("effective_route_context")
    pattern = getattr(included or scope.get("route"), "path_format", None)
    if pattern is not None:
        return str(pattern)
    return "unmatched" if status == 404 else scope.get("root_path") or "other"
