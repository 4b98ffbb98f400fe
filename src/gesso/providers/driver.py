"""The driver: carries a flow's wishes to the network and to worker processes, and the answers back
to the flow.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from gesso.infra.http import AnswerTooLong, Http, HttpError, MaySend, NotSent
from gesso.infra.pool import Pool, Tell
from gesso.providers.flow import Accepted, Answer, Call, Flow, Render, Unsure

T = TypeVar("T")


class Unreached(Exception):
    """The provider was not reached at all: it certainly took nothing."""


OnAccept = Callable[[Accepted], Awaitable[None]]


class Driver:
    """One for the process; knows no provider and no database."""

    def __init__(self, http: Http, pool: Pool) -> None:
        self._http, self._pool = http, pool

    async def carry(
        self,
        flow: Flow[T],
        *,
        on_accept: OnAccept | None = None,
        tell: Tell | None = None,
        may_send: MaySend | None = None,
    ) -> T:
        """Run a flow to its verdict.

        Unreached when its very first call never left this machine; Unsure when a call was cut off
        with its fate open. What a worker process raises is thrown into the flow, which knows what
        it means. `may_send` is asked before each call, in the last moment before its bytes leave.
        """
        calls = 0
        try:
            wish = next(flow)
            while True:
                calls += isinstance(wish, Call)
                try:
                    if isinstance(wish, Call):
                        answer: Any = await self._call(wish, may_send)
                    else:
                        answer = await self._do(wish, on_accept, tell)
                except NotSent as error:
                    if calls == 1:
                        raise Unreached(str(error)) from error
                    raise Unsure(str(error)) from error
                except (AnswerTooLong, HttpError) as error:
                    raise Unsure(str(error)) from error
                except Exception as error:  # noqa: BLE001  # the flow decides what it means
                    wish = flow.throw(error)
                else:
                    wish = flow.send(answer)
        except StopIteration as stop:
            verdict: T = stop.value
            return verdict
        finally:
            flow.close()

    async def _do(
        self, wish: Render | Accepted, on_accept: OnAccept | None, tell: Tell | None
    ) -> Any:
        if isinstance(wish, Render):
            return await self._pool.run(wish.function, wish.arguments, total=wish.total, tell=tell)
        if on_accept is not None:
            await on_accept(wish)
        return None

    async def _call(self, wish: Call, may_send: MaySend | None) -> Answer:
        headers, body = dict(wish.headers), wish.body
        if wish.json is not None:
            headers.setdefault("content-type", "application/json")
            body = json.dumps(wish.json).encode()
        reply = await self._http.request(
            wish.method,
            wish.url,
            headers=headers,
            body=body,
            total=wish.total,
            limit=wish.limit,
            may_send=may_send,
        )
        return Answer(reply.status, reply.headers, reply.body)
