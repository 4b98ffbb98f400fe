"""A provider without pushes, far away: whatever becomes of a job there, one has to ask.

A plugin like any other: named in `GESSO_PLUGINS`, with an operation that orders many pieces at
once and a catalogue that gives them to it. It is asked as often as Runway is. The other end is
`bench.distant_server`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from gesso.domain.tasks import Draft, Operation, Order, Prompt
from gesso.providers import (
    Accepted,
    Access,
    Call,
    Credential,
    Delivered,
    Failed,
    Flow,
    Offers,
    Piece,
    Provider,
    Refused,
    Submission,
    Ticket,
    Working,
)
from gesso.providers.readings import known, refused

A_TASK: Final = 50
"""Jobs that a task may have."""
KEY: Final = "a-key"
CATALOG = """
version: bench
queues:
  distant: {max_concurrency: 100000, timeout_seconds: 7200}
models:
  - id: bench/distant
    makes: sheet
    provider: distant
    model: dot
    queue: distant
    price: 1
    provider_cost: 0.01
"""


class Distant(Provider):
    """Takes a job, tells how far it is, and in the end where the result lies."""

    name = "distant"
    access = Access(root="http://distant.invalid", secrets={"key": "DISTANT_KEY"})
    offers = Offers(first_poll=5.0, slowest_poll=60.0)

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        """Ask for the work."""
        answer = yield _call(order.credential, "POST", "/jobs")
        if answer.ok:
            return Accepted(answer.json()["id"], poll_after=self.offers.first_poll)
        return refused(answer, "It was not taken.")

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far it is."""
        answer = yield _call(ticket.credential, "GET", f"/jobs/{ticket.provider_job_id}")
        job = known(answer).json()
        if job["progress"] < 1:
            return Working(job["progress"])
        return Delivered((Piece(url=job["url"]),))


def _call(credential: Credential, method: str, path: str) -> Call:
    headers = {"Authorization": f"Bearer {credential.secret()}"}
    return Call(method, credential.root + path, headers=headers)


class SheetOrder(Order):
    """Many small pictures."""

    type: Literal["sheet"]
    prompt: Prompt
    count: int = Field(1, ge=1, le=A_TASK)


class Sheet(Operation[SheetOrder]):
    """A job a picture."""

    type = "sheet"
    title = "Sheet"
    summary = "Small pictures in great number."
    params = SheetOrder
    phases = ("pictures",)
    makes = ("sheet",)

    def plan(self, order: SheetOrder) -> Sequence[Draft]:
        """So many pictures."""
        return [Draft("sheet", index, {"prompt": order.prompt}) for index in range(order.count)]


PROVIDERS = (Distant,)
OPERATIONS = (Sheet,)


def settings(folder: Path, root: str) -> dict[str, str]:
    """The environment of a server that works with this provider where it serves at `root`; its
    catalogue goes to `folder`.
    """
    catalog = folder / "distant.yaml"
    catalog.write_text(CATALOG)
    return {
        "GESSO_PLUGINS": '["bench.distant"]',
        "GESSO_CATALOG": str(catalog),
        "GESSO_PROVIDERS__DISTANT__ROOT": root,
        "DISTANT_KEY": KEY,
    }
