"""Work: what is due is claimed and done, blind to what it means."""

from gesso.work.crew import Crew, Wake
from gesso.work.duty import Duty, Ended, Look, Ticket
from gesso.work.engine import Engine
from gesso.work.grip import Grip
from gesso.work.hands import Hands
from gesso.work.holders import is_gone, own_name
from gesso.work.leases import LeaseLost, Leases
from gesso.work.rows import MOST_LOST, DueRow, Rows

__all__ = [
    "MOST_LOST",
    "Crew",
    "DueRow",
    "Duty",
    "Ended",
    "Engine",
    "Grip",
    "Hands",
    "LeaseLost",
    "Leases",
    "Look",
    "Rows",
    "Ticket",
    "Wake",
    "is_gone",
    "own_name",
]
