"""The main job on a stack: what `gesso demo` shows, done by several processes."""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from gesso.app.cli import demonstration
from gesso.app.cli.client import connected
from gesso.app.cli.screen import console, table
from gesso.infra.logs import set_up_logs
from gesso.infra.settings import Settings, load_settings
from tools.stack.members import WORKERS, at_work
from tools.stack.servers import Ground, free_port, servers


async def demo(ground: Ground) -> int:
    """Start a stack, be its client, show who did what, end it, and prove that all of it adds up."""
    folder, tell = ground.folder, ground.tell
    for former in (folder / "data", ground.logs):
        shutil.rmtree(former, ignore_errors=True)  # its database went with it
    set_up_logs("warning", "text")
    talk, begun = console(), time.monotonic()
    async with servers(ground) as given:
        tell("An API, two workers and a beat are starting …")
        async with at_work(ground, given, port=free_port()) as stack:
            settings = _settings(stack.environment)
            tell(f"They run: {stack.url}, data in {folder}/data/, logs in {folder}/logs/")
            async with (
                demonstration.invitation(settings) as guest,
                connected(stack.url, guest.key) as client,
            ):
                await demonstration.day(guest, client, folder, talk)
            _show_workers(await stack.workers(), talk)
            tell("Ending what was started …")
        is_clean = await demonstration.prove(settings, talk)
    tell(f"All of it took {time.monotonic() - begun:.1f} s. It is in {folder}/")
    return 0 if is_clean else 1


def _settings(environment: Mapping[str, str]) -> Settings:
    """The stack's settings, for commands of this process."""
    return load_settings(
        data_dir=Path(environment["GESSO_DATA_DIR"]),
        database={"url": environment["GESSO_DATABASE__URL"]},
        log_level="warning",
    )


def _show_workers(workers: Mapping[str, Mapping[str, int]], talk: Console) -> None:
    rows = table("worker", "reads", "did")
    for name, lanes in WORKERS.items():
        done = ", ".join(
            f"{times} × {task.removeprefix('gesso.')}"
            for task, times in sorted(workers.get(name, {}).items())
        )
        rows.add_row(name, lanes, done or "nothing")
    talk.print(rows)
