"""`gesso worker` and `gesso beat`: the processes of the distributed stack that serve nobody."""

import os
from pathlib import Path

import typer
from sqlalchemy import make_url

from gesso.app.cli.place import settings_at
from gesso.app.cli.trouble import Trouble
from gesso.app.plugins import check_plugins
from gesso.app.pulse import PATIENCE, silence
from gesso.infra.logs import set_up_logs
from gesso.infra.settings import Settings


def work(
    data_dir: Path | None,
    *,
    queues: str | None,
    concurrency: int | None,
    pool: str,
    name: str | None,
) -> None:
    """Be a worker until told to stop."""
    settings = _settings(data_dir)
    # Celery reads it when it is imported: SIGTERM then ends what is in hand within a bounded time,
    # where its own default would wait for ever.
    os.environ["REMAP_SIGTERM"] = "SIGQUIT"
    # late: Celery looks at the environment that was set just above
    from gesso.app import worker

    if pool not in worker.POOLS:
        raise Trouble(f"--pool is one of {', '.join(worker.POOLS)}")
    lanes = tuple(lane.strip() for lane in (queues or "").split(",") if lane.strip())
    worker.work(settings, worker.Wishes(lanes, concurrency, pool, name))


def beat(data_dir: Path | None, *, pulse: Path | None) -> None:
    """Be a beat until told to stop."""
    settings = _settings(data_dir)
    from gesso.app import beat as beating  # late: it loads the broker's client

    beating.beat(settings, pulse=pulse)


def check_beat(pulse: Path) -> int:
    """Tell whether the beat that touches this file does its work; 1 when it does not."""
    silent = silence(pulse)
    if silent is None:
        typer.echo(f"No beat has touched {pulse} yet.")
    else:
        typer.echo(f"The last pulse in {pulse} is {silent:.0f} s old.")
    return 0 if silent is not None and silent < PATIENCE else 1


def _settings(data_dir: Path | None) -> Settings:
    """The settings of a distributed stack; Trouble for those of another."""
    settings = settings_at(data_dir)
    if settings.engine.kind != "celery":
        raise Trouble("There is nothing to do here unless GESSO_ENGINE__KIND is celery.")
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        raise Trouble("Several processes need PostgreSQL: set GESSO_DATABASE__URL.")
    if settings.broker.url is None:
        raise Trouble("Workers are reached through a broker: set GESSO_BROKER__URL.")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    set_up_logs(settings.log_level, settings.log_format)
    check_plugins(settings)
    return settings
