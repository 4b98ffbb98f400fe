"""Usage: what was made, charged and paid for, added up by day, tenant, operation and provider.

The figures are derived from the main database and live in the analytics bind. They may lag behind,
and say how far; they can be thrown away and counted anew.
"""

from gesso.domain.usage.counting import count, earliest
from gesso.domain.usage.errors import BadRange, TooManyGroups
from gesso.domain.usage.report import By, Group, Question, Report, report
from gesso.domain.usage.rolling import Step, complete_to, roll_back, roll_up
from gesso.domain.usage.wire import FiguresOut, UsageOut, usage_out

__all__ = [
    "BadRange",
    "By",
    "FiguresOut",
    "Group",
    "Question",
    "Report",
    "Step",
    "TooManyGroups",
    "UsageOut",
    "complete_to",
    "count",
    "earliest",
    "report",
    "roll_back",
    "roll_up",
    "usage_out",
]
