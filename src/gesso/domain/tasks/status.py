"""Conditions on a job's status, written out as literals: a partial index serves only a condition it
can read.
"""

from sqlalchemy import ColumnElement, literal_column

from gesso.domain.tasks.tables import AT_PROVIDER, Job


def status_is(*statuses: str) -> ColumnElement[bool]:
    """The job's status is one of these; they must be constants of ours, for they go into the SQL as
    they are.
    """
    names = ", ".join(f"'{status}'" for status in statuses)
    if len(statuses) == 1:
        return Job.status == literal_column(names)
    return literal_column(f"job.status in ({names})")


WAITING_NOW = status_is("queued")
AT_PROVIDER_NOW = status_is(*AT_PROVIDER)
LIVE = Job.finished_at.is_(None)
