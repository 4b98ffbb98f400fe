"""A road: what leads from this process to one provider."""

import time
from collections.abc import Callable
from typing import Final

from gesso.infra import metrics
from gesso.providers.traffic.budget import Budget
from gesso.providers.traffic.circuit import Circuit, State
from gesso.providers.traffic.outcome import Outcome
from gesso.providers.traffic.pace import Pace
from gesso.providers.traffic.slots import Slots

_calls = metrics.counter(
    "provider_calls", "Calls that ended, by how.", "provider", "kind", "outcome"
)
_seconds = metrics.histogram("provider_seconds", "Time that a call took.", "provider", "kind")
_retries = metrics.counter("provider_retries", "Calls made once more.", "provider", "kind")
_received = metrics.counter(
    "provider_received_bytes", "Bytes of answers and results.", "provider", "kind"
)
_in_flight = metrics.gauge("provider_in_flight", "Calls under way.", "provider")
_open = metrics.gauge(
    "provider_circuits_open", "Credentials under which it is left alone.", "provider"
)
_WORST_FIRST: Final[tuple[State, ...]] = ("open", "half_open")
_FORGOTTEN: Final = 600.0
_FRESH: Final = 0.2
"""How much the newest call weighs in the mean of the latency."""


class Road:
    """One provider's budget, pace, places, and circuits by credential."""

    def __init__(
        self, provider: str, most: int, now: Callable[[], float], per_minute: int | None = None
    ) -> None:
        self.provider, self._now = provider, now
        self.budget = Budget()
        self.pace = Pace(provider, per_minute, now) if per_minute else None
        self.lanes = {lane: Slots(most) for lane in ("submit", "ask", "download")}
        self.circuits: dict[str, Circuit] = {}
        self.succeeded_at: float | None = None
        """Unix time of the last call that was answered well."""
        self.latency: float | None = None
        """Seconds that a question takes, the newest ones weighing most."""

    def circuit(self, credential: str) -> Circuit:
        """The circuit of this credential."""
        if credential not in self.circuits:
            self.circuits[credential] = Circuit(self._now)
        return self.circuits[credential]

    @property
    def state(self) -> State:
        """The worst of its circuits'; one that nobody has tried for long is not spoken of."""
        now = self._now()
        states = {each.state for each in self.circuits.values() if now - each.since < _FORGOTTEN}
        return next((state for state in _WORST_FIRST if state in states), "closed")

    @property
    def rest(self) -> float:
        """Seconds for which it is left alone under every credential; 0 where it is not."""
        return min((each.rest for each in self.circuits.values()), default=0.0)

    def set_out(self) -> float:
        """A call goes out; when."""
        _in_flight.labels(self.provider).inc()
        return self._now()

    def end(self, kind: str, outcome: Outcome, *, began: float, size: int = 0) -> None:
        """A call that began then has ended so."""
        took = self._now() - began
        _in_flight.labels(self.provider).dec()
        _calls.labels(self.provider, kind, outcome.name).inc()
        _seconds.labels(self.provider, kind).observe(took)
        _received.labels(self.provider, kind).inc(size)
        if outcome.name == "ok":
            self.succeeded_at = time.time()
            if kind != "download":
                known = took if self.latency is None else self.latency
                self.latency = known + _FRESH * (took - known)

    def repeated(self, kind: str) -> None:
        """A call is made once more."""
        _retries.labels(self.provider, kind).inc()

    def tell_circuits(self) -> None:
        """Have the metrics say how many circuits are not closed."""
        shut = sum(each.state != "closed" for each in self.circuits.values())
        _open.labels(self.provider).set(shut)
