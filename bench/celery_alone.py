"""The baseline in Celery: tasks that do nothing, published and worked off, with results off.

The settings that keep work from being lost are gesso's own, for without them the same messages mean
less: quorum queues, acknowledgement after the work, confirmed publishing.
"""

import os
import sys
import time
from typing import Any

import psutil
from celery import Celery
from kombu import Queue

from bench.figure import Broken
from bench.run import Run
from bench.target import launched
from gesso.work.celery.reliability import RELIABLE

_URL = "GESSO_BENCH_BROKER"
_QUEUE = "noop"
_PILOT = 200
_PATIENCE = 30.0
_LOOK_EVERY = 0.01

app = Celery("bench.celery_alone", broker=os.environ.get(_URL))
app.conf.update(
    {name: value for name, (value, _) in RELIABLE.items()},
    task_queues=[Queue(_QUEUE, routing_key=_QUEUE, queue_arguments={"x-queue-type": "quorum"})],
    task_default_queue=_QUEUE,
    task_ignore_result=True,
    broker_transport_options={"confirm_publish": True},
    worker_hijack_root_logger=False,
)


@app.task
def noop() -> None:
    """Do nothing."""


def tasks_a_second(run: Run, broker: str) -> tuple[float, dict[str, float]]:
    """How many tasks a second are published and worked off, by a process a core; and the time
    that each takes the worker and whoever publishes.
    """
    app.conf.update(broker_url=broker)
    processes = os.cpu_count() or 1
    command = [sys.executable, "-m", "celery", "-A", "bench.celery_alone", "worker"]
    command += ["--concurrency", str(processes), "-O", "fair", "--without-gossip"]
    command += ["--without-mingle", "--loglevel", "warning"]
    log = (run.new_folder("celery") / "log").open("wb")
    with log, launched(command, {**os.environ, _URL: broker}, log.fileno()) as worker:
        rate = _PILOT / _work_off(_PILOT)  # the worker's start is in it
        rate = _PILOT / _work_off(_PILOT)
        count = max(_PILOT, round(rate * run.seconds * 1.5))
        tree = psutil.Process(worker.pid)
        before, published = _cpu(tree), time.process_time()
        seconds = _work_off(count)
        spent = {
            "tasks": count,
            "publisher µs a task": (time.process_time() - published) / count * 1e6,
            "worker µs a task": (_cpu(tree) - before) / count * 1e6,
        }
    return count / seconds, spent


def _work_off(count: int) -> float:
    """Seconds from the first of so many tasks until the queue holds none of them."""
    began = time.perf_counter()
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(count):
            noop.apply_async(producer=producer)
        with app.connection_for_read() as connection:
            channel: Any = connection.default_channel
            while channel.queue_declare(_QUEUE, passive=True).message_count:
                if time.perf_counter() - began > _PATIENCE:
                    raise Broken("Celery did not work its tasks off")
                time.sleep(_LOOK_EVERY)
    return time.perf_counter() - began


def _cpu(tree: psutil.Process) -> float:
    times = [each.cpu_times() for each in (tree, *tree.children(recursive=True))]
    return sum(each.user + each.system for each in times)
