"""Twins: providers of this process that do alike, each with a mood and a count of who asked it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from gesso.providers import (
    Accepted,
    Delivered,
    Failed,
    Flow,
    Offers,
    Piece,
    Provider,
    Refused,
    Submission,
    Ticket,
    Unsure,
)
from gesso.providers.access import Access
from tests.unit.media import corpus


class Twin(Provider):
    """Delivers a picture at once, or does what its mood says."""

    offers = Offers()
    mood: ClassVar[Refused | Failed | str] = "well"
    usage: ClassVar[Mapping[str, int]] = {}
    asked: ClassVar[list[Submission]]

    def __init_subclass__(cls) -> None:
        cls.asked = []

    def submit(self, order: Submission) -> Flow[Delivered | Refused | Failed]:
        """Have it at once."""
        kind = type(self)
        kind.asked.append(order)
        if kind.mood == "lost":
            raise Unsure("nobody knows")
        if not isinstance(kind.mood, str):
            return kind.mood
        picture = corpus.saved(corpus.picture(16, 16), "PNG")
        return Delivered((Piece(data=picture),), cost=10_000, usage=kind.usage)
        yield Accepted("never")

    def poll(self, ticket: Ticket) -> Flow[Failed]:
        """Never asked: nothing is ever under way."""
        return Failed("interrupted", "It was cut off.", again=True)
        yield

    @classmethod
    @contextmanager
    def being(cls, mood: Refused | Failed | str) -> Iterator[None]:
        """Be in this mood while the block lasts."""
        cls.mood, before = mood, cls.mood
        try:
            yield
        finally:
            cls.mood = before

    @classmethod
    def heard(cls, prompt: str) -> int:
        """How often it was asked for this."""
        return sum(order.input.get("prompt") == prompt for order in cls.asked)


class Anna(Twin):
    """The first."""

    name = "anna"


class Bert(Twin):
    """The second."""

    name = "bert"


class Locked(Twin):
    """Somebody to whom nobody here has the key."""

    name = "locked"
    access = Access(root="https://locked.example", secrets={"key": "NOBODY_HAS_THIS_KEY"})


PROVIDERS = (Anna, Bert, Locked)
