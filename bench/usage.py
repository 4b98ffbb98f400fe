"""Where the time goes while the load runs: in the server's process, and in PostgreSQL for it."""

from dataclasses import dataclass

from sqlalchemy import text

from bench.people import ask
from bench.target import Target

_BUSY = text("select active_time from pg_stat_database where datname = current_database()")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds so far."""

    server: float
    postgresql: float | None

    def since(self, before: "Usage", tasks: int) -> dict[str, float]:
        """Microseconds a task: processor time of the server, and time in PostgreSQL's sessions.

        The sessions' time includes their waiting, for the disk and for a processor.
        """
        spent = {"server µs a task": (self.server - before.server) / tasks * 1e6}
        if self.postgresql is not None and before.postgresql is not None:
            there = self.postgresql - before.postgresql
            spent["postgresql µs a task"] = there / tasks * 1e6
        return spent


def usage(target: Target, url: str) -> Usage:
    """What the server has used until now, and the sessions of its database."""
    is_sqlite = url.startswith("sqlite")
    return Usage(target.cpu(), None if is_sqlite else float(ask(url, _BUSY)[0][0]) / 1000)
