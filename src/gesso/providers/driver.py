"""The driver: carries a flow's wishes to the network and to worker processes, and the answers back
to the flow.

What leaves is never sent twice where it might count twice; see `traffic/outcome.py`.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from gesso.infra.http import Body, Http, HttpError, MaySend, NotSent, Reply
from gesso.infra.pool import Pool, Tell
from gesso.infra.trace import current_trace
from gesso.providers.flow import Accepted, Answer, Call, Flow, Read, Render, Unsure
from gesso.providers.keeping import Keeping
from gesso.providers.traffic import Outcome, Traffic, Trip
from gesso.providers.traffic.outcome import of_error, of_reply, pause_before_repeating

T = TypeVar("T")


class Unreached(Exception):
    """The flow broke off before the provider could take the job: it certainly took nothing."""


OnAccept = Callable[[Accepted], Awaitable[None]]


class Driver:
    """One for the process; knows no provider and no database."""

    def __init__(
        self,
        http: Http,
        pool: Pool,
        traffic: Traffic | None = None,
        *,
        roots: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """`roots`: where an operator has said that providers are; what they send us to is trusted
        there and nowhere else.
        """
        self._http, self._pool, self._roots = http, pool, roots or {}
        self.traffic = traffic or Traffic()
        self._keeping = Keeping()

    async def carry(
        self,
        flow: Flow[T],
        *,
        trip: Trip | None = None,
        on_accept: OnAccept | None = None,
        tell: Tell | None = None,
        may_send: MaySend | None = None,
    ) -> T:
        """Run a flow to its verdict.

        Unreached when no call has left this machine by which a job is taken; Unsure when one has,
        and its fate is open. What a worker process raises is thrown into the flow, which knows what
        it means. `may_send` is asked before each call, in the last moment before its bytes leave.
        """
        trip, open_fate = trip or self.traffic.trip("", "other"), False
        try:
            wish = next(flow)
            while True:
                takes = isinstance(wish, Call) and not wish.takes_nothing
                try:
                    if isinstance(wish, Call):
                        answer: Any = await self._call(wish, trip, may_send)
                    else:
                        answer = await self._do(wish, on_accept, tell)
                except HttpError as error:
                    open_fate |= takes and not isinstance(error, NotSent)
                    raise (Unsure if open_fate else Unreached)(str(error)) from error
                except Exception as error:  # noqa: BLE001  # the flow decides what it means
                    wish = flow.throw(error)
                else:
                    open_fate |= takes and not (isinstance(answer, Answer) and answer.is_refusal)
                    wish = flow.send(answer)
        except StopIteration as stop:
            verdict: T = stop.value
            return verdict
        finally:
            flow.close()

    async def download(
        self, provider: str, url: str, *, total: float
    ) -> AsyncGenerator[bytes, None]:
        """A result of this provider's in chunks; HttpError where it cannot be had, Busy where
        enough of its results are under way. Who stops in the middle closes it.
        """
        road = self.traffic.road(provider)
        async with road.lanes["download"].take(0.0):
            began, size, outcome = road.set_out(), 0, Outcome("withdrawn")
            source = self._http.download(url, total=total, trusted=self._root(provider, url))
            try:
                async with aclosing(source):
                    async for chunk in source:
                        size += len(chunk)
                        yield chunk
                outcome = Outcome("ok")
            except HttpError as error:
                # A result may be anybody's to hand out, so it tells nothing of the provider.
                outcome = of_error(error)
                raise
            finally:
                road.end("download", outcome, began=began, size=size)

    async def _do(
        self, wish: Render | Read | Accepted, on_accept: OnAccept | None, tell: Tell | None
    ) -> Any:
        if isinstance(wish, Read):
            return await asyncio.to_thread(_read, Path(wish.path), wish.limit)
        if isinstance(wish, Render):
            return await self._pool.run(wish.function, wish.arguments, total=wish.total, tell=tell)
        if on_accept is not None:
            await on_accept(wish)
        return None

    async def _call(self, wish: Call, trip: Trip, may_send: MaySend | None) -> Answer:
        if wish.keep and wish.takes_nothing:
            return await self._keeping.ask(wish, partial(self._send, trip=trip))
        return await self._send(wish, trip=trip, may_send=may_send)

    async def _send(self, wish: Call, *, trip: Trip, may_send: MaySend | None = None) -> Answer:
        """One call, or two where that is safe and the first one came to nothing."""
        if wish.after:
            await asyncio.sleep(wish.after)
        trip.road.budget.earn()
        came = await self._try(wish, trip, may_send)
        pause = pause_before_repeating(wish, came)
        if pause is not None and trip.may_repeat():
            await asyncio.sleep(pause)
            came = await self._try(wish, trip, may_send)
        if isinstance(came, HttpError):
            raise came
        return Answer(came.status, came.headers, came.body)

    async def _try(self, wish: Call, trip: Trip, may_send: MaySend | None) -> Reply | HttpError:
        began, outcome, size = trip.set_out(), Outcome("withdrawn"), 0
        try:
            reply = await self._exchange(wish, trip, may_send)
        except HttpError as error:
            outcome = of_error(error)
            return error
        else:
            outcome, size = of_reply(reply), len(reply.body)
            return reply
        finally:
            trip.end(outcome, began=began, size=size)

    async def _exchange(self, wish: Call, trip: Trip, may_send: MaySend | None) -> Reply:
        headers, trace = dict(wish.headers), current_trace()
        body: Body = wish.body if wish.body is not None else wish.form or None
        if wish.json is not None:
            headers.setdefault("content-type", "application/json")
            body = json.dumps(wish.json).encode()
        if trace is not None:
            headers |= trace.next_span().headers()
        return await self._http.request(
            wish.method,
            wish.url,
            headers=headers,
            body=body,
            total=wish.total,
            silence=wish.silence,
            limit=wish.limit,
            may_send=may_send,
            trusted=self._root(trip.road.provider, wish.url),
        )

    def _root(self, provider: str, url: str) -> str | None:
        """Where an operator has said that this provider is, if the address leads there."""
        place = urlsplit(url).netloc
        roots = self._roots.get(provider, ())
        return next((root for root in roots if urlsplit(root).netloc == place), None)


def _read(file: Path, limit: int) -> bytes | None:
    with file.open("rb") as source:
        content = source.read(limit + 1)
    return content if len(content) <= limit else None
