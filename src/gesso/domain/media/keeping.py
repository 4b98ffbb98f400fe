"""Keeping: an examined file goes into the storage, with the picture that shows it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from gesso.infra.examiner import thumb_of
from gesso.infra.files import read_chunks
from gesso.infra.inspect import Examined
from gesso.infra.storage import Storage

_DETAILS: Final = (
    "width", "height", "mean_color", "duration", "fps", "frames",
    "triangles", "vertices", "watertight", "bounds", "textured", "vertex_coloured",
)  # fmt: skip
"""What an asset remembers of its examination."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is safely stored, and what was found out about it."""

    kind: str
    content_type: str
    size: int
    sha256: str
    key: str
    thumbnail_key: str | None
    details: Mapping[str, Any]

    @property
    def columns(self) -> dict[str, Any]:
        """The same as columns of an asset."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


async def keep(storage: Storage, key: str, file: Path, examined: Examined, *, limit: int) -> Kept:
    """Store a file of this machine that was examined here; doing it again changes nothing."""
    stored = await storage.put(key, read_chunks(file), limit=limit)
    thumbnail = await storage.put(thumbnail_of(key), read_chunks(thumb_of(file)), limit=limit)
    facts = asdict(examined.finding)
    details = {name: facts[name] for name in _DETAILS if facts[name] is not None}
    return Kept(
        kind=examined.finding.kind,
        content_type=examined.finding.content_type,
        size=stored.size,
        sha256=stored.sha256,
        key=key,
        thumbnail_key=thumbnail.key,
        details=details | {"thumbnail": asdict(examined.thumb)},
    )


def thumbnail_of(key: str) -> str:
    """Where the picture of what lies under a key lies."""
    return f"{key}.thumb.webp"
