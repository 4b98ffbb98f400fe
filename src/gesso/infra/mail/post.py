"""The post: takes letters after the commit, tries each as often as makes sense, and tells nobody
to wait.

A letter is in memory only. Who never gets one asks for another; kept in the database it would be a
code in plain text. So a process that is killed loses letters, and none is ever sent twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from datetime import datetime
from email.message import EmailMessage
from typing import Final, Protocol

import structlog

from gesso.infra.db import in_transaction
from gesso.infra.mail.letter import Letter, message_of
from gesso.infra.metrics import counter

log = structlog.get_logger("gesso.mail")
_letters = counter("letters", "Letters, by what they are about and what became of them.",
                   "kind", "outcome")  # fmt: skip

_MOST: Final = 1000
"""Letters in hand; more are given up, or a server that hangs would fill the memory."""
_ABREAST: Final = 8
LATER: Final = 0.05
"""Seconds after which a letter is made and handed over: by then the answer to who caused it has
left, and took as long as one that causes none.
"""
_PATIENCE: Final = 5.0
"""Seconds that letters in hand have when the process ends."""


class NotDelivered(Exception):
    """A letter was not taken; `again` says whether another try could help without sending twice."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


class InTransaction(RuntimeError):
    """A letter was posted with a transaction open: it could tell of what never happens."""


class Mail(Protocol):
    """A way to have a letter delivered."""

    async def deliver(self, letter: Letter, message: EmailMessage) -> str:
        """Deliver one letter, and say in a few words where it is now; NotDelivered if it is not."""


class Post:
    """Takes letters in, and delivers them beside everything else."""

    def __init__(
        self,
        mail: Mail,
        *,
        sender: str,
        now: Callable[[], datetime],
        waits: Sequence[float],
        later: float = LATER,
    ) -> None:
        """`waits` are the seconds before each further try, `later` those before the first."""
        self._mail, self._sender, self._now, self._waits = mail, sender, now, waits
        self._later = later
        self._in_hand: set[asyncio.Task[None]] = set()
        self._abreast = asyncio.Semaphore(_ABREAST)

    def send(self, letter: Letter) -> None:
        """Have the letter delivered, and go on at once. InTransaction while one is open."""
        if in_transaction():
            raise InTransaction(f"a letter ({letter.kind}) was posted inside a transaction")
        if len(self._in_hand) >= _MOST:
            _done(letter, "given_up", "too many letters in hand")
            return
        # A context of its own: what is bound to the request ends with the request.
        task = asyncio.create_task(self._deliver(letter), context=Context())
        self._in_hand.add(task)
        task.add_done_callback(lambda done: self._ended(letter, done))

    async def settle(self) -> None:
        """Wait until every letter in hand has come to its end."""
        while self._in_hand:
            await asyncio.wait(set(self._in_hand))

    async def close(self) -> None:
        """Give what is in hand a few seconds, and then it up."""
        if not self._in_hand:
            return
        _, late = await asyncio.wait(set(self._in_hand), timeout=_PATIENCE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, letter: Letter, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _done(letter, "given_up", repr(error))  # no letter can be made of it

    async def _deliver(self, letter: Letter) -> None:
        await asyncio.sleep(self._later)
        message = message_of(letter, sender=self._sender, at=self._now())
        for wait in (*self._waits, None):
            try:
                async with self._abreast:
                    said = await self._mail.deliver(letter, message)
            except NotDelivered as error:
                if not error.again or wait is None:
                    _done(letter, "refused" if not error.again else "given_up", str(error))
                    return
                log.info("letter_postponed", **_facts(letter, str(error)))
                await asyncio.sleep(wait)
            except OSError as error:
                _done(letter, "given_up", str(error))
                return
            except asyncio.CancelledError:
                _done(letter, "given_up", "the process ended")
                raise
            else:
                _done(letter, "delivered", said)
                return


@asynccontextmanager
async def open_post(
    mail: Mail,
    *,
    sender: str,
    now: Callable[[], datetime],
    waits: Sequence[float],
    later: float = LATER,
) -> AsyncIterator[Post]:
    """A post that is open while the block runs."""
    post = Post(mail, sender=sender, now=now, waits=waits, later=later)
    try:
        yield post
    finally:
        await post.close()


def _done(letter: Letter, outcome: str, said: str) -> None:
    _letters.labels(letter.kind, outcome).inc()
    if outcome == "delivered":
        log.info("letter_delivered", **_facts(letter, said))
    else:
        log.warning("letter_not_delivered", outcome=outcome, **_facts(letter, said))


def _facts(letter: Letter, said: str) -> dict[str, str]:
    """What the log tells. Servers repeat the address in their answers; the log does not."""
    return {"kind": letter.kind, "about": letter.about, "said": said.replace(letter.to, "…")}
