"""What gesso itself registers to be run by name, and on which schedules."""

from collections.abc import Sequence
from typing import Any

from gesso.app.erasing import erase
from gesso.app.expiry import expire_credits
from gesso.app.paying import settle_payments
from gesso.app.reconciling import reconcile
from gesso.app.rollup import roll_up
from gesso.app.stopping import cancel_tasks
from gesso.app.tidy import tidy
from gesso.domain.registry import Plan, RegisteredTask, Timing

BUILT_IN: Sequence[RegisteredTask[..., Any]] = (
    tidy,
    roll_up,
    erase,
    expire_credits,
    settle_payments,
    reconcile,
    cancel_tasks,
)

SCHEDULES: Sequence[Plan] = (
    Plan(name="gesso.tidy", function=tidy.name, timing=Timing(cron="17 * * * *")),
    Plan(name="gesso.rollup", function=roll_up.name, timing=Timing(every_seconds=60), at_once=True),
    Plan(name="gesso.erase", function=erase.name, timing=Timing(every_seconds=60)),
    Plan(
        name="gesso.expire_credits",
        function=expire_credits.name,
        timing=Timing(every_seconds=60),
        at_once=True,
    ),
    Plan(name="gesso.payments", function=settle_payments.name, timing=Timing(every_seconds=60)),
    Plan(name="gesso.reconcile", function=reconcile.name, timing=Timing(cron="23 1 * * *")),
)
"""Made where they are missing; operators pause and re-time them, and they stay as they were left.
"""
