"""OpenAI, for the stories that every provider goes through."""

from gesso.providers.openai import OpenAI
from gesso.simulators.openai import OpenAI as Simulated
from tests.providers.case import HASTY, Case

CASES = (
    Case(
        adapter=OpenAI,
        simulator=Simulated,
        model={
            "makes": "text_to_image",
            "provider": "openai",
            "model": "gpt-image-2",
            "input": {
                "prompt": "$prompt",
                "size": "1024x1024",
                "quality": "low",
                "rates": {"input": 5, "output": 40},
            },
        },
        order={"type": "text_to_image"},
        at_once=True,
        settings=HASTY,
        policy="moderation_blocked",
        policy_refuses=True,
    ),
)
