"""How soon a finished job is noticed where no webhook tells of it, with very many in flight.

One process serves and works on PostgreSQL; the provider is another, far away, and knows when it
finished each job. Ours is the moment of the transaction that wrote it down. The difference is told
in intervals: the one in force between two looks at a job of that age.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from bench import distant
from bench.far import ask_far, far_provider, until
from bench.figure import Broken, Figure, Goal
from bench.people import ask, books, take_in
from bench.run import Run
from bench.submitting import submit
from bench.target import Target, serving
from gesso.domain.events.tables import Event
from gesso.domain.tasks.tables import Job, Task

OWNERS = 10
LEGS = 40
"""The provider finishes everything within a window of so many legs."""
_CLOCKS = 0.5
"""Seconds by which the clocks of the two truths may differ."""
_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Noticed:
    """A job's end as the provider knows it, and when it was written down."""

    created_at: float
    finished_at: float
    written_at: float

    @property
    def late(self) -> float:
        """Seconds between the two."""
        return self.written_at - self.finished_at

    @property
    def intervals(self) -> float:
        """The same in intervals between two looks at a job of that age."""
        offers = distant.Distant.offers
        fifth = (self.finished_at - self.created_at) / 5
        return self.late / min(offers.slowest_poll, max(offers.first_poll, fifth))


def measure(run: Run) -> list[Figure]:
    """Submit, wait until the provider has everything, have it finish, and compare its truth."""
    tasks = max(1, run.jobs // distant.A_TASK)
    count = tasks * distant.A_TASK
    with run.postgresql() as url, far_provider(run) as root:
        run.settle()
        plugged = distant.settings(run.new_folder("catalog"), root)
        with serving(run, url, engine="local", settings=plugged) as target:
            run.say(f"{count} jobs to a provider that does not report")
            facts = {"jobs": count, "seconds to submit": _fill(url, target, root, tasks)}
            run.say(f"it finishes them within {LEGS * run.seconds:.0f} s")
            facts |= _finish(url, target, root, tasks, LEGS * run.seconds)
        noticed = _compare(url, ask_far(root, "/truth")["ends"])
        found = books(url)
    if not found.tasks == found.completed == tasks:
        raise Broken(f"of {tasks} tasks {found.completed} are completed")
    return _figures(noticed, facts)


def _fill(url: str, target: Target, root: str, tasks: int) -> float:
    """Have the provider take all the jobs of so many tasks; the seconds that it took."""
    began = time.monotonic()
    body = {"type": "sheet", "prompt": "a ceramic owl", "count": distant.A_TASK}
    submit(target, take_in(url, OWNERS), _PATIENCE, limit=tasks, body=json.dumps(body))
    until(lambda: len(ask_far(root, "/truth")["ends"]) >= tasks * distant.A_TASK)
    return time.monotonic() - began


def _finish(url: str, target: Target, root: str, tasks: int, window: float) -> dict[str, float]:
    """Open the window and wait until every task has ended; what the polls within it took."""
    asked, used = int(ask_far(root, "/truth")["polls"]), target.own_cpu()
    ask_far(root, "/window", {"seconds": window})
    time.sleep(window)
    polls, cores = int(ask_far(root, "/truth")["polls"]) - asked, (target.own_cpu() - used) / window
    ended = select(func.count()).select_from(Task).where(Task.finished_at.is_not(None))
    until(lambda: ask(url, ended)[0][0] >= tasks)
    return {"polls a second": polls / window, "cores of the server": cores}


def _compare(url: str, ends: Mapping[str, float]) -> list[Noticed]:
    """Every job's end in both truths; Broken where they do not speak of the same jobs."""
    query = (
        select(Job.provider_job_id, Job.created_at, Event.at)
        .join(Event, Event.job_id == Job.id)
        .where(Event.type == "job.ingesting")
    )
    rows = ask(url, query)
    if sorted(name for name, *_ in rows) != sorted(ends):
        raise Broken(f"the provider took {len(ends)} jobs, and {len(rows)} were noticed")
    return [
        Noticed(created_at.timestamp(), ends[name], written_at.timestamp())
        for name, created_at, written_at in rows
    ]


def _figures(noticed: Sequence[Noticed], facts: Mapping[str, float]) -> list[Figure]:
    intervals = sorted(each.intervals for each in noticed)
    seconds = sorted(each.late for each in noticed)
    if seconds[0] < -_CLOCKS:
        raise Broken(f"a job was noticed {-seconds[0]:.1f} s before it was finished")
    at = {share: int(share * (len(noticed) - 1)) for share in (0.5, 0.95, 0.99)}
    told = {
        **{f"p{share * 100:g}, intervals": intervals[place] for share, place in at.items()},
        **{f"p{share * 100:g}, seconds": seconds[place] for share, place in at.items()},
    }
    name = "from a job's end to its noticing, p95"
    goal = Goal(most=2, of="value")
    return [Figure(name, intervals[at[0.95]], "intervals", goal=goal, facts={**facts, **told})]
