"""Run every check over the repository, print what was found, and exit 1 if anything was."""

import sys
from pathlib import Path

from tools.checks import (
    commit_point,
    doors,
    error_page,
    late_imports,
    names,
    pure_kit,
    quiet_transactions,
    sizes,
    static_logs,
    whose_work,
    words,
)
from tools.checks.source import Check, read_repository

CHECKS: dict[str, Check] = {
    "one commit point": commit_point.check,
    "static log events": static_logs.check,
    "no network in a transaction": quiet_transactions.check,
    "doors": doors.check,
    "page of error codes": error_page.check,
    "whose work": whose_work.check,
    "pure kit": pure_kit.check,
    "no late imports": late_imports.check,
    "sizes": sizes.check,
    "names": names.check,
    "no words": words.check,
}


def main() -> int:
    """Print every finding with the check that made it; the answer is the exit code."""
    sources = read_repository(Path())
    findings = [(each, name) for name, check in CHECKS.items() for each in check(sources)]
    for finding, name in sorted(findings):
        print(f"{finding} [{name}]")
    print(f"{len(CHECKS)} checks, {len(sources)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
