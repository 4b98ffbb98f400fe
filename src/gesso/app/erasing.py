"""Erasing: a registered function that brings every account that is being ended nearer to its end.

Killed anywhere, it goes on in its next run from the step that was not done.
"""

import asyncio
from typing import cast

from pydantic import BaseModel

from gesso.domain import account
from gesso.domain.registry import Context, register_task

_ENDS = 45.0
"""Seconds for which a run waits for what has to end elsewhere; the next one comes in a minute."""
_LOOK = 1.0


class Erased(BaseModel):
    """How many accounts are still on their way."""

    waiting: int


@register_task(name="gesso.erase", timeout=3600, max_attempts=10, parallel=False)
async def erase(context: Context) -> Erased:
    """End the accounts whose people asked for it: stop what runs, then erase step by step."""
    house = cast(account.Ending, context.house)
    now = asyncio.get_running_loop().time
    ends = now() + _ENDS
    while waiting := await account.work_off(house):
        if now() > ends:
            break
        await asyncio.sleep(_LOOK)
    return Erased(waiting=waiting)
