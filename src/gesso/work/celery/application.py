"""The Celery application: configured so that nothing is lost, and with one task for each kind of
ticket.
"""

from collections.abc import Collection
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from gesso.work.celery.reliability import RELIABLE
from gesso.work.celery.topology import WORK, WORK_EXCHANGE, queue_for

TASK_PREFIX = "gesso."
"""What the names of Celery's tasks begin with, where the kind has no name of its own."""


def task_name(kind: str) -> str:
    """The name of the Celery task for a kind of ticket; a kind with a dot has a name of its own."""
    return kind if "." in kind else f"{TASK_PREFIX}{kind}"


def make_celery(broker_url: str, result_url: str | None, lanes: Collection[str]) -> Celery:
    """An application whose workers read these lanes; tasks are added by whoever can do them."""
    celery = Celery("gesso", broker=broker_url, backend=result_url)
    celery.conf.update(
        {name: value for name, (value, _) in RELIABLE.items()},
        task_queues=[queue_for(lane) for lane in lanes],
        task_default_queue=queue_for("default").name,
        task_default_exchange=WORK,
        task_default_exchange_type=WORK_EXCHANGE.type,
        task_default_routing_key="default",
        task_ignore_result=True,
        broker_heartbeat=10,
        broker_transport_options={"confirm_publish": True},
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=5,
        # Celery declares 28 queues for delays that gesso never asks for, and each quorum queue
        # keeps files open: a broker with a thousand descriptors is full with a few houses.
        broker_native_delayed_delivery_queue_type="classic",
        worker_soft_shutdown_timeout=20,
        worker_proc_alive_timeout=60,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=True,
        result_expires=86_400,
        # A result is a courtesy to whoever watches Celery: the run's own row is the truth.
        result_backend_always_retry=False,
        redis_socket_timeout=1.0,
        redis_socket_connect_timeout=1.0,
        enable_utc=True,
        timezone="UTC",
    )
    return celery


@setup_logging.connect
def _keep_our_logs(**_: Any) -> None:
    """Celery sets no logs up where somebody listens to this signal; ours are up already."""
