"""The grip: the right to write a row back, held by whoever took it last."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Grip:
    """A row and the fence under which it was taken; an older fence changes nothing any more."""

    id: UUID
    fence: int

    def __str__(self) -> str:
        """As it travels to another process."""
        return f"{self.id}.{self.fence}"

    @classmethod
    def parse(cls, text: str) -> "Grip | None":
        """What `str` made; None for anything else."""
        name, _, fence = text.partition(".")
        try:
            return cls(UUID(name), int(fence))
        except ValueError:
            return None
