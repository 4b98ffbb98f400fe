"""Bodies that leave: files are streamed from where they lie, never held in memory whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A file of this machine, or a stretch of it, to be sent."""

    path: str
    content_type: str = "application/octet-stream"
    name: str | None = None
    """The name that it is sent under in a form; none: its own."""
    start: int = 0
    length: int | None = None
    """Bytes from `start` on; none: to its end."""

    @property
    def filename(self) -> str:
        """The name that it is sent under."""
        return self.name or Path(self.path).name


Form = Sequence[tuple[str, str | File]]
"""The fields of a form in their order, a name more than once where it is a list (RFC 7578)."""

Body = bytes | File | Form | None
