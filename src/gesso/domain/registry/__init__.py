"""The registry: functions that are run by name, on schedules or when an operator asks.

A function is code that is installed here; a run of it is a row, tried until it returns.
"""

from gesso.domain.registry import schedules
from gesso.domain.registry.asking import Asked, Wish, ask, cancel, checked
from gesso.domain.registry.claim import release_leases
from gesso.domain.registry.context import Context, Surroundings
from gesso.domain.registry.function import (
    Cancel,
    Functions,
    RegisteredTask,
    Retry,
    UnsoundTask,
    register_task,
)
from gesso.domain.registry.letters import RunKeeper
from gesso.domain.registry.reading import forget_runs, forget_runs_of, get, page
from gesso.domain.registry.schedules import Plan, ensure
from gesso.domain.registry.tables import Run, Schedule
from gesso.domain.registry.timing import Timing
from gesso.domain.registry.wire import run_out

__all__ = [
    "Asked",
    "Cancel",
    "Context",
    "Functions",
    "Plan",
    "RegisteredTask",
    "Retry",
    "Run",
    "RunKeeper",
    "Schedule",
    "Surroundings",
    "Timing",
    "UnsoundTask",
    "Wish",
    "ask",
    "cancel",
    "checked",
    "ensure",
    "forget_runs",
    "forget_runs_of",
    "get",
    "page",
    "register_task",
    "release_leases",
    "run_out",
    "schedules",
]
