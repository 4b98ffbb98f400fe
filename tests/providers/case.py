"""A case: what the stories that every provider goes through have to know of one."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gesso.providers import Provider
from gesso.simulators import Simulator


@dataclass(frozen=True, slots=True)
class Case:
    """One model of a provider: its adapter, its simulator, and an order that leads there.

    The order's prompt names the job at the simulator; stories put their own in its place.
    """

    adapter: type[Provider]
    simulator: type[Simulator]
    model: Mapping[str, Any]
    """Its entry in the catalogue, but for the queue and the price."""
    order: Mapping[str, Any]
    kind: str = "image"
    """What is delivered: image, video or model; `value` where it is no file."""
    takes_image: bool = False
    """Whether the order needs a picture; it is put in as `image`."""
    takes_video: bool = False
    """Whether the order needs a film; it is put in as `film_as` says."""
    film_as: str = "video"
    named_by: str = "prompt"
    """The field of the order that names the job at the simulator; `image`: the picture says it."""
    at_once: bool = False
    """Whether the answer to a submission is the result: until it comes the job is not running yet,
    and cannot be stopped.
    """
    stops: bool = True
    """Whether what it cannot end of itself is stopped; False: it may be finished all the same."""
    policy: str | None = None
    """The simulator's word for a refusal or failure over content; None: it has none."""
    policy_refuses: bool = False
    """Whether that comes as the answer to a submission, and not as the job's end."""
    more: Sequence[Mapping[str, Any]] = ()
    """Further entries of the catalogue, for its own stories."""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name in a test's."""
        return f"{self.adapter.name}:{self.model['makes']}"


HASTY: Mapping[str, Any] = {"server": {"port": 0, "shutdown_seconds": 1}}
"""Settings of a house that does not wait long for what it has in hand when it closes."""


def cases() -> Sequence[Case]:
    """Every case of every `case_*.py` beside this file."""
    names = sorted(file.stem for file in Path(__file__).parent.glob("case_*.py"))
    return [
        case for name in names for case in importlib.import_module(f"tests.providers.{name}").CASES
    ]
