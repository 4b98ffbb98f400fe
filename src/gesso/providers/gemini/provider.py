"""Gemini as a provider: which of its doors an order goes through is told by the order's own words.

A `question` and `contents` go to generateContent, whose answer is the result; `input` goes to the
Interactions API, where films are made in the background and polled. Source: the SDK `google-genai`
3.4.0.
"""

from gesso.providers.access import Access
from gesso.providers.flow import (
    Accepted,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Refused,
    Submission,
    Ticket,
    Working,
)
from gesso.providers.gemini import content, interaction
from gesso.providers.provider import Offers, Provider
from gesso.providers.readings import INVALID_INPUT


class Gemini(Provider):
    """Answers at once where it can; a film is polled, and can be stopped. It finds no lost jobs."""

    name = "gemini"
    offers = Offers(cancel=True, first_poll=5.0, slowest_poll=30.0)
    access = Access(
        root="https://generativelanguage.googleapis.com", secrets={"key": "GEMINI_API_KEY"}
    )

    def submit(self, order: Submission) -> Flow[Accepted | Delivered | Refused | Failed]:
        """Ask for an answer, a picture or a film."""
        if "question" in order.input:
            return (yield from content.question(order))
        if "contents" in order.input:
            return (yield from content.picture(order))
        if "input" in order.input:
            return (yield from interaction.begin(order))
        return Refused(INVALID_INPUT, "The entry has neither question, contents nor input.")

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Ask how far a film is."""
        return (yield from interaction.look(ticket))

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Have a film stopped."""
        return (yield from interaction.stop(ticket))
