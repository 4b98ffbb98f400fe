"""The Celery crew: what an engine has claimed is done by workers, on this machine and on others.

The database says what is due; a message only carries the claim to it. So a message that is lost
costs a lease, and one that comes twice costs a query (ADR 0002, ADR 0023). Celery, RabbitMQ and
their tools are used as they are: `celery inspect` and Flower see every message as a task.
"""

from gesso.work.celery.application import make_celery
from gesso.work.celery.bench import Bench
from gesso.work.celery.dispatch import Dispatch
from gesso.work.celery.reliability import Deviation, deviations
from gesso.work.celery.undertaker import DeadMessage, undertake

__all__ = [
    "Bench",
    "DeadMessage",
    "Deviation",
    "Dispatch",
    "deviations",
    "make_celery",
    "undertake",
]
