"""Traffic: how much goes to each provider at once, and when one is left alone for a while.

It is memory of one process and knows no database: each process learns for itself, from its own
calls, and a restart forgets.
"""

from gesso.providers.traffic.circuit import Circuit, State
from gesso.providers.traffic.outcome import Outcome
from gesso.providers.traffic.road import Road
from gesso.providers.traffic.shown import Word, show, shown
from gesso.providers.traffic.slots import Busy
from gesso.providers.traffic.traffic import Down, Traffic, Trip

__all__ = [
    "Busy",
    "Circuit",
    "Down",
    "Outcome",
    "Road",
    "State",
    "Traffic",
    "Trip",
    "Word",
    "show",
    "shown",
]
