"""What is shown with a question: the order's pictures and films, made ready in a worker process."""

from gesso.infra.pool import TookTooLong, WorkerDied
from gesso.providers.flow import Flow, Refused, Render, Submission
from gesso.providers.language.pictures import Shown
from gesso.providers.readings import INVALID_INPUT

_PICTURES = "gesso.providers.language.pictures"


def shows(order: Submission, *, films: int = 0) -> Flow[list[Shown] | Refused]:
    """Everything that goes with the order, in the order of its names.

    `films`: bytes of a film up to which it is shown whole; of a larger one, moments are shown.
    """
    ready: list[Shown] = []
    for name, source in sorted(order.sources.items()):
        work = {"path": source.path, "content_type": source.content_type, "whole": films}
        try:
            ready += yield Render(f"{_PICTURES}:shown", work, total=120)
        except ValueError as error:
            return Refused(INVALID_INPUT, f"The {name} cannot be shown to the model: {error}.")
        except (WorkerDied, TookTooLong):
            return Refused("worker_died", f"The {name} could not be made ready.", again=True)
    return ready
