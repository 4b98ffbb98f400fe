"""Names: no module is called after the fact that nobody knew what it holds.

The danger: `utils` has no wrong content, so it gets all content, and everything comes to depend on
it. A file that is named after what it does can be full.
"""

from collections.abc import Iterator

from tools.checks.source import Finding, Source

EMPTY = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
EMPTY |= {"constants", "types"}


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find modules and packages whose names say nothing."""
    for source in sources:
        empty = EMPTY & set(source.module.split(".")) if source.is_python else set()
        for word in sorted(empty):
            yield Finding(source.path, 1, f"`{word}` says nothing about what is in it")
