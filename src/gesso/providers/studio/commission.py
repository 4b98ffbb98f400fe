"""A commission: what a maker is given, as it travels to the worker process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Commission:
    """The order, the picture to work from with its origin, and a folder for the result."""

    order: Mapping[str, Any]
    image: str | None
    made_from: Mapping[str, Any] | None
    folder: str
    shown: Mapping[str, str] = field(default_factory=dict)
    """Paths of all inputs, by name."""

    def picture(self) -> bytes | None:
        """The picture's bytes; None when there is none."""
        return Path(self.image).read_bytes() if self.image else None
