"""A pure kit: `gesso.kit` imports the standard library and itself, nothing else.

The danger: everything stands on the kit. One library in it is a library in every process, worker
and test, and the first import upwards is the first knot of a cycle that no one unties again.
"""

import sys
from collections.abc import Iterator

from tools.checks.source import Finding, Source, imports


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find imports of the kit that leave the standard library."""
    for source in sources:
        if source.is_python and source.under("src/gesso/kit/"):
            for node, target in imports(source):
                known = target.partition(".")[0] in sys.stdlib_module_names
                if not known and not f"{target}.".startswith("gesso.kit."):
                    yield source.found(node, f"the kit may not import `{target}`")
