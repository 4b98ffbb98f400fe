"""What the engine has to do for this room: fire schedules, and run what is due."""

from collections.abc import Sequence

from gesso.domain.registry.asking import CANCELS
from gesso.domain.registry.claim import Assigned
from gesso.domain.registry.report import RUNS
from gesso.domain.registry.schedules import SCHEDULES
from gesso.domain.registry.work.desk import Desk
from gesso.domain.registry.work.runner import Runner
from gesso.kit.ids import public_id
from gesso.work import Duty, Grip, Look, Ticket


class Duties:
    """The duties of this room, for the engine."""

    def __init__(self, desk: Desk, runner: Runner) -> None:
        self._desk, self._runner = desk, runner

    def all(self) -> list[Duty[Assigned]]:
        """Schedules, which are done as they are claimed, and runs."""
        return [
            Duty(
                "schedule", (SCHEDULES,), self._fire, self._runner.do,
                kinds=(),
                ticket=_ticket, redeem=self._redeem, put_back=self._put_back,
            ),
            Duty(
                "run", (RUNS, CANCELS), self._claim, self._runner.do,
                kinds=tuple(sorted(self._desk.functions)),
                ticket=_ticket, redeem=self._redeem, put_back=self._put_back,
            ),
        ]  # fmt: skip

    async def _fire(self, look: Look) -> Sequence[Assigned]:
        """What fires becomes runs at once, so there is nothing to hand out."""
        await self._desk.fire(look)
        return ()

    async def _claim(self, look: Look) -> Sequence[Assigned]:
        await self._runner.leases.catch_up()
        if self._runner.at_work:
            for grip in await self._desk.not_wanted(list(self._runner.at_work)):
                self._runner.leases.stop(grip)
        return await self._desk.claim(look)

    async def _redeem(self, claims: Sequence[str], again: bool) -> Sequence[Assigned]:  # noqa: FBT001  # a Duty's own signature
        grips = [grip for claim in claims if (grip := Grip.parse(claim)) is not None]
        return await self._desk.begin(grips, again=again)

    async def _put_back(self, runs: Sequence[Assigned]) -> None:
        await self._desk.put_back([run.grip for run in runs])


def _ticket(run: Assigned) -> Ticket:
    """Each run travels alone and under the API's id for it, for whoever watches the broker."""
    name = public_id("run", run.grip.id)
    return Ticket(run.queue, run.function, str(run.grip), together=1, id=name)
