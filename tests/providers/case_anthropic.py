"""Anthropic, for the stories that every provider goes through."""

from gesso.providers.anthropic import Anthropic
from gesso.simulators.anthropic import Anthropic as Simulated
from tests.providers.case import HASTY, Case

CASES = (
    Case(
        adapter=Anthropic,
        simulator=Simulated,
        model={
            "makes": "moderate_content",
            "provider": "anthropic",
            "model": "claude-haiku-5-5",
            "input": {
                "question": "$question",
                "rates": {"input": 1, "output": 5},
                "stronger": {"model": "claude-opus-5-5", "rates": {"input": 5, "output": 25}},
            },
        },
        order={"type": "moderate_content"},
        kind="value",
        at_once=True,
        settings=HASTY,
        policy="refusal",
    ),
)
