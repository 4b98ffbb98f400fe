"""The upload: how far a session is, as the job's row keeps it and as its server tells.

A session is asked with `Content-Range: bytes */N`; it answers 308 with the range that it has, or
200 with the video once that is whole. Source: google-api-python-client 2.202.0,
googleapiclient/http.py.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self
from urllib.parse import urlsplit

from gesso.providers.flow import Answer, Unsure

_RANGE: Final = re.compile(r"(?:bytes=)?0-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload of one file."""

    session: str
    """Where its bytes go, and where it is asked about them."""
    total: int
    """Bytes of the whole file."""
    last: bool = False
    """Whether its last bytes may have been sent. Until then nothing can have been published."""
    video: str | None = None
    """The id of the video, once it is whole."""

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """The upload that a job's row remembers."""
        return cls(str(kept["session"]), int(kept["total"]), bool(kept["last"]), kept["video"])

    def kept(self) -> dict[str, Any]:
        """What a job's row has to remember of it."""
        return asdict(self)

    def moved(self, answer: Answer) -> Self:
        """The same at the address that an answer may name."""
        place = _header(answer, "location")
        return replace(self, session=_same_scheme(place, self.session)) if place else self

    def received(self, answer: Answer) -> int:
        """How many bytes the server has; Unsure where it names none that can be."""
        told = _header(answer, "range")
        if not told:
            return 0
        match = _RANGE.fullmatch(told.strip())
        received = int(match[1]) + 1 if match else self.total + 1
        if received > self.total:
            raise Unsure(f"a range that cannot be: {told}")
        return received


def begun(answer: Answer, total: int, *, root: str) -> Upload:
    """The session that was opened; Unsure where the answer names none."""
    place = _header(answer, "location")
    if not place:
        raise Unsure("an answer without a session")
    return Upload(_same_scheme(place, root), total)


def _same_scheme(place: str, before: str) -> str:
    """An address that a token may go to: absolute, and encrypted where the one before it was."""
    parts = urlsplit(place)
    if not parts.hostname or parts.scheme != urlsplit(before).scheme:
        raise Unsure("a session at an address that no token may go to")
    return place


def _header(answer: Answer, name: str) -> str | None:
    return next((value for each, value in answer.headers.items() if each.lower() == name), None)
