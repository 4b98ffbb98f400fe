"""From outside: an input that an order names by its address is fetched and examined like any other
stranger's file, before anything is sent to a provider.
"""

import asyncio
from pathlib import Path

import anyio

from gesso.infra.examiner import Examiner
from gesso.infra.http import Http, HttpError
from gesso.infra.inspect import Finding, Rejected
from gesso.infra.pool import TookTooLong, WorkerDied

_SECONDS = 300.0


class Unfit(Exception):
    """The input cannot be had, or is not one that is taken; `again`: it may be had later."""

    def __init__(self, code: str, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.again = code, message, again


class Outside:
    """Fetches inputs by their addresses; the client decides which addresses may be reached."""

    def __init__(self, http: Http, examiner: Examiner) -> None:
        self._http, self._examiner = http, examiner

    async def fetch(self, url: str, file: Path) -> Finding:
        """The file behind the address, and what it is; Unfit where there is none that is taken."""
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        try:
            await self._download(url, file)
            return (await self._examiner.examine(file)).finding
        except HttpError as error:
            raise Unfit(
                "source_unreachable", f"{url} could not be fetched: {error}", again=True
            ) from error
        except Rejected as error:
            raise Unfit(error.code, f"What is at {url} is not taken: {error.message}") from error
        except (WorkerDied, TookTooLong) as error:
            raise Unfit("media_broken", f"What is at {url} could not be examined.") from error

    async def _download(self, url: str, file: Path) -> None:
        taken = 0
        async with await anyio.open_file(file, "wb") as out:
            async for chunk in self._http.download(url, total=_SECONDS):
                taken += len(chunk)
                if taken > self._examiner.limits.size:
                    raise Rejected("media_too_large", "it is larger than is taken")
                await out.write(chunk)
