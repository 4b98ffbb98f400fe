"""The examiner: finds out in worker processes what files are, several small ones in one call."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from gesso.infra.batch import Batch
from gesso.infra.inspect import Examined, Limits, Rejected
from gesso.infra.pool import Pool

_EXAMINE: Final = "gesso.infra.inspect.run:examine"
_EXAMINE_ALL: Final = "gesso.infra.inspect.run:examine_all"
_SECONDS: Final = 60.0
_TOGETHER: Final = 16
_SMALL: Final = 1 << 20
"""Bytes of a file that others may wait for; a larger one is examined in a call of its own."""


class Examiner:
    """Examines files of this machine, each within its own limits.

    A call costs more than looking at a small picture does. So small files that are there at the
    same moment go together; when their call breaks or takes too long, each has one of its own, and
    only the one that was to blame fails.
    """

    def __init__(self, pool: Pool, limits: Limits, *, together: int = _TOGETHER) -> None:
        """With `together` of one, no file waits for a stranger's that is looked at beside it."""
        self._pool, self.limits = pool, limits
        self._small: Batch[Path, Examined] = Batch(
            self._process, self._together, limit=together, abreast=pool.processes
        )

    async def examine(self, file: Path) -> Examined:
        """Inspect a file, strip it in place, and write its thumbnail beside it; Rejected when it is
        not taken.
        """
        size = file.stat().st_size  # noqa: ASYNC240  # a hop to a thread costs fifty of these
        return await (self._small(file) if size <= _SMALL else self._alone(self._pool, file))

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Pool]:
        yield self._pool

    async def _together(self, pool: Pool, files: Sequence[Path]) -> Sequence[Examined | Rejected]:
        if len(files) == 1:
            return [await self._alone(pool, files[0])]
        arguments = {
            "files": [(str(file), str(thumb_of(file))) for file in files],
            "limits": self.limits,
        }
        found: Sequence[Examined | Rejected] = await pool.run(
            _EXAMINE_ALL, arguments, total=_SECONDS
        )
        return found

    async def _alone(self, pool: Pool, file: Path) -> Examined:
        arguments = {"path": str(file), "thumb_path": str(thumb_of(file)), "limits": self.limits}
        found: Examined = await pool.run(_EXAMINE, arguments, total=_SECONDS)
        return found


def thumb_of(file: Path) -> Path:
    """Where the thumbnail of a file is written."""
    return file.with_name(f"{file.name}.thumb")
