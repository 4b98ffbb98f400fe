"""Doors: a room of the domain is entered through its `__init__`, and through nothing else.

The danger: whoever imports another room's `service` or `tables` can skip its rules (a balance
written past the ledger), and from then on no room can change its inside without breaking others.
The wiring of the application may also reach `routes` and `work`, to mount and to register them.
import-linter cannot say "only through the package", so this check does.
"""

from collections.abc import Iterator

from tools.checks.source import Finding, Source, imports

DOMAIN = "gesso.domain."
MOUNTERS = (
    "src/gesso/app/comfyui.py",
    "src/gesso/app/staff.py",
    "src/gesso/app/web.py",
)
MOUNTED = {"routes", "work"}


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find imports that climb into a room of the domain through the window."""
    inside = {source.module for source in sources if source.under("src/gesso/domain/")}
    for source in sources:
        if (
            not source.is_python
            or not source.under("src/")
            or source.under("src/gesso/migrations/")
        ):
            continue
        for node, target in imports(source):
            room, _, rest = target.removeprefix(DOMAIN).partition(".")
            part = rest.partition(".")[0]
            if not target.startswith(DOMAIN) or f"{DOMAIN}{room}.{part}" not in inside:
                continue
            at_home = f"{source.module}.".startswith(f"{DOMAIN}{room}.")
            mounts = source.under(*MOUNTERS) and part in MOUNTED
            if not at_home and not mounts:
                yield source.found(node, f"`{DOMAIN}{room}` is entered by its door, not `{part}`")
