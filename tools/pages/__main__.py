"""`python -m tools.pages build|check|test|dev`: what `make` runs for web/.

Node is the system's where it is new enough; elsewhere it is fetched into the environment from PyPI,
so that Python and make are all that a machine needs.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import hatch_build

WEB: Final = Path("web")
_LOCK: Final = WEB / "package-lock.json"
_INSTALLED: Final = WEB / "node_modules" / ".package-lock.json"
_SCRIPTS: Final = {
    "build": ("build",),
    "check": ("check",),
    "test": ("test",),
    "format": ("format",),
    "dev": ("api", "dev"),
}


def main(task: str) -> None:
    """Do this for the pages; a build of what has not changed is none."""
    if task == "build" and not hatch_build.is_stale(WEB):
        return
    npm, environment = _node()
    if not _INSTALLED.is_file() or _INSTALLED.stat().st_mtime < _LOCK.stat().st_mtime:
        _say("installing what the pages are built with")
        _run(npm, environment, "ci", "--no-audit", "--no-fund", "--loglevel=error")
        _INSTALLED.touch()
    if task == "build":
        _say("building the pages")
    for script in _SCRIPTS[task]:
        _run(npm, environment, "run", "--silent", script)


def _node() -> tuple[list[str], dict[str, str]]:
    if hatch_build.system_node() is None:
        _say("no Node here that is new enough: fetching one into the environment")
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, hatch_build.NODE_FROM_PYPI], check=True)
    return hatch_build.node_commands()


def _run(npm: list[str], environment: dict[str, str], *arguments: str) -> None:
    try:
        done = subprocess.run([*npm, *arguments], cwd=WEB, env=environment, check=False)
    except KeyboardInterrupt:
        sys.exit(130)
    if done.returncode:
        sys.exit(done.returncode)


def _say(sentence: str) -> None:
    print(f"pages: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main(sys.argv[1])
