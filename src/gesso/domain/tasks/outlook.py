"""The outlook of an order that is not given yet: when its first phase would begin, and how long
that takes then.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gesso.domain.tasks.line import Line, Pace, Span
from gesso.domain.tasks.menu import Priced
from gesso.infra.db import View


@dataclass(frozen=True, slots=True)
class Outlook:
    """Ranges of seconds; None where nobody can tell."""

    ahead: int
    wait: Span | None
    takes: Span | None


async def outlook(
    view: View, line: Line, owner_id: UUID, pieces: Sequence[Priced], *, priority: int
) -> Outlook:
    """Of pieces in several queues the slowest counts, and one that cannot be told leaves all
    untold.
    """
    paces = await line.paces(view)
    found = []
    for name, count in Counter(piece.target.queue for piece in pieces).items():
        pace = paces.get(name, Pace(name, 0))
        before = await line.newcomer(view, pace, owner_id, priority)
        found.append(Outlook(before, pace.wait(before), _takes(pace, count)))
    return Outlook(
        max((each.ahead for each in found), default=0),
        _slowest([each.wait for each in found]),
        _slowest([each.takes for each in found]),
    )


def _takes(pace: Pace, count: int) -> Span | None:
    """How long so many pieces take; more than there are places come one after the other."""
    if pace.takes is None or pace.places == 0:
        return None
    return Span(pace.takes.low, pace.takes.high * math.ceil(count / pace.places))


def _slowest(spans: Sequence[Span | None]) -> Span | None:
    known = [span for span in spans if span is not None]
    if not known or len(known) < len(spans):
        return None
    return Span(max(span.low for span in known), max(span.high for span in known))
