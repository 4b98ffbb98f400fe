"""Luma's Dream Machine: films of Ray and pictures of Photon, reported by unsigned pushes.

Source: the package lumaai 1.21.0 (types/generation.py, resources/generations) and
docs.lumalabs.ai/changelog. It takes links only, tells no costs, and says in free text alone why a
generation failed; whether a DELETE stops one is not known, so nothing is stopped.
"""

from typing import Any, ClassVar

from gesso.providers.access import Access
from gesso.providers.flow import Answer, Submission, Ticket
from gesso.providers.polled import Polled, Report, Trouble, endpoint, segment
from gesso.providers.provider import Offers
from gesso.providers.push import reachable
from gesso.providers.words import Code, Id, Link, Said, Soft, Words, glance, read

_ENDPOINTS = {"video", "image", "video/modify", "video/reframe", "image/reframe"}


class _Assets(Words):
    video: Soft[Link] = None
    image: Soft[Link] = None


class _Generation(Words):
    id: Id
    state: Code
    failure_reason: Soft[Said] = None
    assets: Soft[_Assets] = None


class _Named(Words):
    id: Id


class _Complaint(Words):
    detail: Soft[Said] = None


class Luma(Polled):
    """Generations, each one film or one picture."""

    name = "luma"
    title = "Luma"
    access = Access("https://api.lumalabs.ai/dream-machine/v1", {"key": "LUMAAI_API_KEY"})
    offers = Offers(push="hint", first_poll=3.0)
    stages: ClassVar = {
        "queued": "working",
        "dreaming": "working",
        "completed": "done",
        "failed": "failed",
    }

    def request(self, order: Submission, words: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An endpoint for each kind of result."""
        where, model = endpoint(order.model)
        if where not in _ENDPOINTS:
            raise LookupError(where)
        hook = reachable(order)
        callback = {"callback_url": hook} if hook else {}
        return f"/generations/{where}", {"model": model, **words, **callback}

    def taken(self, answer: Answer) -> str:
        """The generation's UUID."""
        return read(_Named, answer.body).id

    def trouble(self, answer: Answer) -> Trouble | None:
        """Its status says which; the body may have a sentence."""
        said = glance(_Complaint, answer.body)
        return Trouble(message=said.detail) if said and said.detail else None

    def place(self, ticket: Ticket) -> str:
        """One place for generations of every kind."""
        return f"/generations/{segment(ticket.provider_job_id)}"

    def report(self, ticket: Ticket, answer: Answer) -> Report:  # noqa: ARG002
        """Its film, or else its picture."""
        made = read(_Generation, answer.body)
        assets = made.assets or _Assets()
        links = [link for link in (assets.video or assets.image,) if link]
        return Report(made.state, links=links, message=made.failure_reason)

    def pushed(self, body: bytes) -> str | None:
        """The generation itself, as it would be shown."""
        made = glance(_Named, body)
        return made.id if made else None
