"""Paid submits over HTTP on PostgreSQL, beside pgbench doing one submit a transaction."""

import os
from collections.abc import Sequence

from bench import instant
from bench.figure import Broken, Figure, Goal, middle
from bench.people import Owner, books, take_in
from bench.pgbench import Pgbench
from bench.profiling import tell_profile
from bench.run import Run
from bench.submitting import submit
from bench.target import Target, serving
from bench.usage import usage

OWNERS = 200
ROUNDS = 3
PROCESSES = os.cpu_count() or 1
"""As many serving processes as pgbench may use cores."""
GOAL = Goal(least=0.8)
BESIDE = "submits/s, pgbench"


def measure(run: Run) -> list[Figure]:
    """Several owners, one hot owner, and several with the engine at work beside the server."""
    with run.postgresql() as ours, run.postgresql() as theirs:
        owners = take_in(ours, OWNERS)
        pgbench = Pgbench(run, theirs, take_in(theirs, OWNERS))
        with serving(run, ours) as target:
            alone = Bout(run, ours, target, pgbench)
            alone.warm_up(owners)
            figures = [alone.fight(f"{OWNERS} owners, one serving process", owners)]
        if run.profile:
            count, spent = books(ours).batches, alone.spent
            tell_profile(run, target, tasks=alone.taken, batches=count, spent=spent)
        alone.prove()
        with serving(run, ours, processes=PROCESSES) as target:
            bout = Bout(run, ours, target, pgbench)
            bout.continue_from(alone)
            bout.warm_up(owners)
            figures += [
                bout.fight(f"{OWNERS} owners", owners, goal=GOAL),
                bout.fight("one hot owner", owners[:1], goal=GOAL),
            ]
        bout.prove()
        figures.append(_at_work(run, ours, owners, beside=figures[1].baseline))
    return figures


class Bout:
    """Both sides in turn, so that a slow minute of the machine is shared between them."""

    def __init__(self, run: Run, url: str, target: Target, pgbench: Pgbench) -> None:
        self._run, self._url, self._target, self._pgbench = run, url, target, pgbench
        self.taken, self.done = 0, 0
        self.spent: dict[str, float] = {}

    def continue_from(self, other: "Bout") -> None:
        """Count on from what another bout has left in the same two databases."""
        self.taken, self.done = other.taken, other.done

    def warm_up(self, owners: Sequence[Owner]) -> None:
        """Have both sides fill their caches."""
        self.done += self._pgbench.leg(1).done
        self.taken += submit(self._target, owners, 1).answers["202"]

    def fight(self, name: str, owners: Sequence[Owner], *, goal: Goal | None = None) -> Figure:
        """The middle of some rounds of each side for these owners."""
        rates, limits, tallies = [], [], []
        before, already = usage(self._target, self._url), self.taken
        for number in range(1, ROUNDS + 1):
            self._run.say(f"{name}, round {number} of {ROUNDS}")
            self._run.settle()
            leg = self._pgbench.leg(self._run.seconds, owners=len(owners))
            self.done += leg.done
            limits.append(leg.rate)
            self._run.settle()
            tallies.append(submit(self._target, owners, self._run.seconds))
            self.taken += tallies[-1].answers["202"]
            rates.append(tallies[-1].rate)
        self.spent = usage(self._target, self._url).since(before, self.taken - already)
        facts = {
            "rounds": [round(rate) for rate in rates],
            "pgbench": [round(limit) for limit in limits],
            "p50 ms": middle([tally.p50 for tally in tallies]),
            "p99 ms": middle([tally.p99 for tally in tallies]),
            **self.spent,
        }
        return Figure(name, middle(rates), "submits/s", BESIDE, middle(limits), goal, facts)

    def prove(self) -> None:
        """Broken unless both databases are in order and hold exactly what was acknowledged."""
        for url, count in ((self._url, self.taken), (self._pgbench.url, self.done)):
            found = books(url).tasks
            if found != count:
                raise Broken(f"{count} submits were acknowledged, and {found} tasks are there")


def _at_work(run: Run, url: str, owners: Sequence[Owner], *, beside: float | None) -> Figure:
    """The same load while the engine of the same process works off what comes in."""
    run.say("with the engine at work")
    plugged = instant.settings(run.new_folder("catalog"))
    with serving(run, url, engine="local", settings=plugged) as target:
        tally = submit(target, owners, run.seconds)
    facts = {"p50 ms": tally.p50, "p99 ms": tally.p99}
    name = "with the engine at work, for information"
    return Figure(name, tally.rate, "submits/s", BESIDE, beside, facts=facts)
