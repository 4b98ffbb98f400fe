"""text_to_video: a short film of a prompt."""

from collections.abc import Sequence
from typing import Literal

from gesso.domain.tasks import Draft, Operation, Prompt
from gesso.operations.film import FilmOrder, film_input


class TextToVideoOrder(FilmOrder):
    """A film of a prompt."""

    type: Literal["text_to_video"]
    prompt: Prompt


class TextToVideo(Operation[TextToVideoOrder]):
    """One job, one film."""

    type = "text_to_video"
    title = "Text to video"
    summary = "A short film of what you describe."
    params = TextToVideoOrder
    phases = ("video",)
    makes = ("text_to_video",)

    def plan(self, order: TextToVideoOrder) -> Sequence[Draft]:
        """The film."""
        return [Draft(makes="text_to_video", index=0, input=film_input(order, order.prompt))]
