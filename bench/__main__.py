"""`python -m bench [name …] [--seconds N] [--jobs N] …`: measure, and show the figures."""

import argparse
import sys
from collections.abc import Callable

from rich.console import Console

from bench import (
    access,
    admission,
    distributed,
    end_to_end,
    gate,
    outage,
    polling,
    reads,
    startup,
    submit_postgresql,
    submit_sqlite,
)
from bench.figure import Broken, Figure, Skipped
from bench.run import Run, begin
from bench.screen import Outcome, as_json, machine, show

BENCHMARKS: dict[str, Callable[[Run], list[Figure]]] = {
    "submit_postgresql": submit_postgresql.measure,
    "submit_sqlite": submit_sqlite.measure,
    "end_to_end": end_to_end.measure,
    "distributed": distributed.measure,
    "polling": polling.measure,
    "outage": outage.measure,
    "admission": admission.measure,
    "startup": startup.measure,
    "reads": reads.measure,
    "access": access.measure,
    "gate": gate.measure,
}


def main() -> int:
    """Run what is named, or everything; 1 when something did not do its work at all."""
    wanted = _arguments()
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 150)
    began, outcomes, broken = machine(), {}, False
    with begin(
        seconds=wanted.seconds, jobs=wanted.jobs, console=console, profile=wanted.profile
    ) as run:
        for name in wanted.names or BENCHMARKS:
            console.print(f"[bold]{name}[/bold]")
            outcomes[name] = outcome = _measure(run, name)
            broken = broken or (isinstance(outcome, str) and outcome.startswith("broken"))
    if wanted.json:
        print(as_json(began, outcomes))
    else:
        load = " ".join(f"{each:g}" for each in began["load"])
        show(Console(width=None if sys.stdout.isatty() else 150), outcomes)
        print(f"{began['cores']} cores, load before the run {load}, Python {began['python']}")
    return 1 if broken else 0


def _measure(run: Run, name: str) -> Outcome:
    try:
        return BENCHMARKS[name](run)
    except Skipped as missing:
        return f"skipped: {missing}"
    except Broken as error:
        return f"broken: {error}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--seconds", type=float, default=3.0, help="the length of each leg")
    parser.add_argument("--jobs", type=int, default=10_000, help="how many `polling` has in flight")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument(
        "--profile", action="store_true", help="tell where the servers' time went; slows them a bit"
    )
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {min(unknown)!r}; there are {', '.join(BENCHMARKS)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
