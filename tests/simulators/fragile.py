"""A plugin with one provider, whose address the settings name; it answers with the work done."""

from gesso.providers import (
    Access,
    Call,
    Delivered,
    Failed,
    Flow,
    Piece,
    Provider,
    Refused,
    Submission,
    Ticket,
)
from gesso.providers.readings import refused
from gesso.simulators.samples import sample


class Fragile(Provider):
    """Does at once what it takes at all; a prompt that is an address is where the result lies."""

    name = "fragile"
    access = Access(root="https://fragile.invalid")

    def submit(self, order: Submission) -> Flow[Delivered | Refused]:
        """Ask, and have it."""
        answer = yield Call("POST", f"{order.credential.root}/jobs", json=dict(order.input))
        if not answer.ok:
            return refused(answer, "It is not well.")
        prompt = str(order.input["prompt"])
        if "://" in prompt:
            return Delivered((Piece(url=prompt),), cost=20_000)
        return Delivered((Piece(data=sample("image")),), cost=0)

    def poll(self, ticket: Ticket) -> Flow[Failed]:
        """Never asked: nothing is ever under way."""
        return Failed("interrupted", "It was cut off.", again=True)
        yield


PROVIDERS = (Fragile,)
