"""`make stack` and `make demo-distributed`: a stack until Ctrl-C, or for as long as the main job
takes.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tools.stack.demo import demo
from tools.stack.members import as_shell, at_work
from tools.stack.servers import Ground, servers
from tools.stack.trouble import Trouble


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say; the exit code."""
    parser = argparse.ArgumentParser("python -m tools.stack", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where data and logs go")
    parser.add_argument("--port", type=int, help="of the API; 8000 if it is free")
    parser.add_argument("--demo", action="store_true", help="do the main job, and end")
    given = parser.parse_args(arguments)
    folder = given.folder or Path("gesso-demo-distributed" if given.demo else "gesso-stack")
    ground = Ground(folder, _tell, forgets=given.demo)
    try:
        if given.demo:
            return _until_told(demo(ground), 130)
        return _until_told(_serve(ground, given.port), 0)
    except Trouble as trouble:
        print(f"stack: {trouble}", file=sys.stderr)
        return 2


async def _serve(ground: Ground, port: int | None) -> int:
    tell = ground.tell
    async with servers(ground) as given:
        tell("The API, two workers and a beat are starting …")
        async with at_work(ground, given, port=port) as stack:
            shell = ground.folder / "env"
            shell.write_text(as_shell(stack.environment))
            for line in _welcome(stack.url, ground.folder, shell):
                tell(line)
            try:
                await asyncio.Event().wait()
            finally:
                tell("Ending what was started …")
    return 0


def _welcome(url: str, folder: Path, shell: Path) -> list[str]:
    return [
        "",
        f"  API       {url}/api/v1",
        f"  try it    {url}/docs",
        f"  data      {folder}/data",
        f"  logs      {folder}/logs/*.log",
        f"  settings  {shell}",
        "",
        "In another terminal, in this folder, take somebody in and make a key:",
        f"  . {shell} && PATH=$PWD/.venv/bin:$PATH",
        "  gesso user create you@example.com --credits 100",
        "  gesso key create you@example.com",
        "Watch the workers: celery -b $GESSO_BROKER__URL inspect active",
        "Ctrl-C ends all of it; the data stays.",
        "",
    ]


def _tell(line: str) -> None:
    print(line, flush=True)


def _until_told(work: Coroutine[Any, Any, int], code: int) -> int:
    """Do the work; the first SIGINT or SIGTERM ends it in good order, and `code` says so. A second
    one changes nothing, for the end has a bound of its own.
    """

    async def run() -> int:
        task = asyncio.ensure_future(work)

        def stop() -> None:
            if not task.cancelling():
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        try:
            return await task
        except asyncio.CancelledError:
            return code

    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
