"""Passes: what people and programs come in with who have a session, beside the keys of this room.

The room of sessions makes and reads them; it stands above this one, so all that is known here is
what can be asked of it.
"""

from typing import Protocol

from starlette.requests import Request

from gesso.domain.identity.rules import Caller


class Passes(Protocol):
    """Reads access tokens, wherever they are carried."""

    async def recognise(self, token: str) -> Caller | None:
        """Whose token this is; None for one that is not ours, has expired, or whose session has
        ended.
        """

    def in_cookie(self, request: Request) -> str | None:
        """The access token that a browser sends along, if there is one."""

    def check_write(self, request: Request, caller: Caller) -> None:
        """Refuse a write that another site may have had the browser send."""

    async def note(self) -> None:
        """Write down which sessions were used since the last time."""
