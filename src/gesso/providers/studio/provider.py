"""The studio as a provider: it stays with its work, which a process of this machine does."""

from gesso.infra.pool import TookTooLong, WorkerDied
from gesso.providers.flow import (
    Absent,
    Accepted,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    Piece,
    Refused,
    Render,
    Submission,
    Ticket,
)
from gesso.providers.provider import Offers, Provider
from gesso.providers.studio.commission import Commission

_MAKERS = "gesso.providers.studio.makers"
_SECONDS = {
    "paint": 120.0,
    "film": 600.0,
    "animate": 600.0,
    "remix": 600.0,
    "sculpt": 300.0,
    "enlarge": 300.0,
    "answer": 120.0,
}


class Studio(Provider):
    """Paints, films, remixes, sculpts, enlarges and counts offline. The same prompt and seed give
    the same bytes.
    """

    name = "studio"
    offers = Offers(lookup=True, cancel=True, stays=True, first_poll=1.0)

    def submit(self, order: Submission) -> Flow[Delivered | Refused | Failed]:
        """Take the job, make it, deliver it;
        a worker that dies has made nothing and costs nothing.
        """
        seconds = _SECONDS.get(order.model)
        if seconds is None:
            return Refused("unknown_model", f"The studio has no model {order.model!r}.")
        yield Accepted(str(order.ref))
        try:
            made = yield Render(
                f"{_MAKERS}:{order.model}", {"commission": _commission(order)}, total=seconds
            )
        except WorkerDied:
            return Failed("worker_died", "The process that was making it ended.", again=True)
        except TookTooLong:
            return Failed("took_too_long", "It could not be made in time.", again=True)
        except ValueError as error:
            return Failed("impossible", str(error))
        if isinstance(made, dict):
            return Delivered(value=made, cost=0)
        return Delivered((Piece(path=str(made)),), cost=0)

    def poll(self, ticket: Ticket) -> Flow[Failed]:  # noqa: ARG002
        """Only asked once the worker that stayed with the job has fallen silent: then it was not
        finished.
        """
        return Failed("interrupted", "The process that was making it ended.", again=True)
        yield

    def cancel(self, ticket: Ticket) -> Flow[Cancelled]:  # noqa: ARG002
        """Always possible: the worker finds its lease gone and stops."""
        return Cancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Absent]:  # noqa: ARG002
        """Work that nobody stays with does not exist."""
        return Absent()
        yield


def _commission(order: Submission) -> Commission:
    image = order.sources.get("image")
    return Commission(
        order=dict(order.input),
        image=image.path if image else None,
        made_from=dict(image.made_from) if image and image.made_from else None,
        folder=order.scratch,
        shown={name: source.path for name, source in order.sources.items() if source.path},
    )
