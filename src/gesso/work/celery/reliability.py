"""The settings of Celery without which work is lost, and a look whether they are in force.

Several of Celery's defaults acknowledge a message before its work is done, or give it up when a
worker dies. What each of these prevents stands beside it; a plugin or a file of somebody's own may
change them, so the boot says aloud what differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

RELIABLE: Final[Mapping[str, tuple[Any, str]]] = {
    "task_acks_late": (True, "a worker that dies takes the messages in its hands along"),
    "task_reject_on_worker_lost": (True, "work of a process that was killed counts as done"),
    "task_acks_on_failure_or_timeout": (True, "a task that raises comes back for ever"),
    "worker_prefetch_multiplier": (1, "a worker hoards what others could do meanwhile"),
    "worker_cancel_long_running_tasks_on_connection_loss": (
        False,
        "work is killed in the middle of a commit when the broker restarts",
    ),
    "worker_enable_soft_shutdown_on_idle": (True, "a stop loses what arrives in its last moment"),
    "task_default_queue_type": ("quorum", "queues do not survive the loss of their node"),
    "task_create_missing_queues": (False, "a misspelt queue takes messages that nobody reads"),
    "task_serializer": ("json", "a message may carry code"),
    "accept_content": (["json"], "a message may carry code"),
    "worker_detect_quorum_queues": (
        True,
        "quorum queues refuse Celery's usual prefetch",
    ),
}
"""Setting → the value in force with gesso, and what happens with another."""

_BOUNDS: Final[Mapping[str, tuple[float, float, str]]] = {
    "broker_heartbeat": (1, 30, "a worker that was cut off is noticed only after minutes"),
    "worker_soft_shutdown_timeout": (1, 60, "a stop cuts off what would have ended in a moment"),
    "worker_proc_alive_timeout": (20, 600, "a busy machine has its workers killed at their start"),
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """A setting that could lose work: what it is, what it should be, and what happens."""

    setting: str
    found: Any
    wanted: str
    danger: str


def deviations(conf: Mapping[str, Any]) -> list[Deviation]:
    """Whatever of a Celery configuration could lose work; empty for the one that gesso makes."""
    found = [
        Deviation(name, conf[name], repr(wanted), danger)
        for name, (wanted, danger) in RELIABLE.items()
        if conf[name] != wanted
    ]
    for name, (least, most, danger) in _BOUNDS.items():
        value = conf[name]
        if value is None or not least <= float(value) <= most:
            found.append(Deviation(name, value, f"between {least:g} and {most:g}", danger))
    if not (conf["broker_transport_options"] or {}).get("confirm_publish"):
        danger = "what the broker refuses is taken for sent"
        found.append(Deviation("broker_transport_options.confirm_publish", None, "True", danger))
    limits = conf["task_time_limit"], conf["task_soft_time_limit"]
    if limits != (None, None):
        danger = "work is killed in the middle; deadlines stand in the database"
        found.append(Deviation("task_time_limit", limits, "none", danger))
    return found
