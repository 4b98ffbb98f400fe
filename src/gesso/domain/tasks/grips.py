"""Grips on jobs: what every write-back under a fence has in common."""

from typing import Any

from sqlalchemy import ColumnElement, case

from gesso.domain.tasks.tables import Job
from gesso.work import Rows

JOBS = Rows(Job)


def let_go(step: ColumnElement[int]) -> dict[str, Any]:
    """Let go of the job where `step` is 1; where it is 0, the worker stays with it and keeps it."""
    return {
        "fence": Job.fence + step,
        "holder": case((step == 1, None), else_=Job.holder),
        "lost": case((step == 1, 0), else_=Job.lost),
    }
