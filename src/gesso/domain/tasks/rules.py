"""Which state may follow which: the only table of it in Python; the database's guards are tested
against it.
"""

from gesso.domain.tasks.tables import TERMINAL

TASK_STEPS: dict[str, frozenset[str]] = {
    "queued": frozenset({"running", "failed", "cancelled", "expired"}),
    "running": frozenset({"awaiting_selection", "completed", "failed", "cancelled", "expired"}),
    "awaiting_selection": frozenset({"running", "completed", "cancelled", "expired"}),
}

JOB_STEPS: dict[str, frozenset[str]] = {
    "queued": frozenset({"submitting", "failed", "cancelled", "expired"}),
    "submitting": frozenset({"queued", "running", "ingesting", "retrying", "unknown", "failed"}),
    "unknown": frozenset({"running", "ingesting", "retrying", "failed"}),
    "running": frozenset({"ingesting", "retrying", "failed", "cancelling", "expired"}),
    "cancelling": frozenset({"ingesting", "cancelled", "failed", "expired"}),
    "ingesting": frozenset({"completed", "failed", "cancelled"}),
    "retrying": frozenset({"queued", "failed", "cancelled", "expired"}),
}

HOLD_STEPS: dict[str, frozenset[str]] = {"open": frozenset({"captured", "released"})}

CLOSED_OUTCOMES = ("completed", "rejected", "failed", "absent", "cancelled", "leaked")
"""Fates of an attempt that never change again."""


def before(status: str) -> list[str]:
    """The job states from which `status` may be reached."""
    return [earlier for earlier, later in JOB_STEPS.items() if status in later]


def is_terminal(status: str) -> bool:
    """Whether nothing can happen any more to a task or job in this state."""
    return status in TERMINAL
