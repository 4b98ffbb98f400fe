"""ComfyUI as the server behind an ordinary operation, by a workflow of the same words."""

from pathlib import Path

from gesso.providers.comfyui.provider import ComfyUI
from gesso.simulators.comfyui import ComfyUI as Simulated
from tests.providers.case import Case

WORKFLOWS = Path(__file__).parent / "workflows"

CASES = (
    Case(
        adapter=ComfyUI,
        simulator=Simulated,
        model={
            "makes": "text_to_image",
            "provider": "comfyui",
            "model": "sketch",
            "input": {"prompt": "$prompt", "seed": "$seed"},
        },
        order={"type": "text_to_image"},
        settings={"comfyui": {"templates": WORKFLOWS}},
    ),
)
