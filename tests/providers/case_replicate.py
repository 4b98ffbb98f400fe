"""Replicate's models, as stories order them."""

from gesso.providers.replicate import Replicate
from gesso.simulators.replicate import ReplicateSimulator
from tests.providers.case import Case

CASES = (
    Case(
        Replicate,
        ReplicateSimulator,
        model={
            "makes": "text_to_image",
            "provider": "replicate",
            "model": "black-forest-labs/flux-dev",
        },
        order={"type": "text_to_image", "tier": "standard"},
        policy="NSFW content detected. Try running it again, or try a different prompt.",
    ),
    Case(
        Replicate,
        ReplicateSimulator,
        model={
            "makes": "text_to_video",
            "provider": "replicate",
            "model": "minimax/video-01",
        },
        order={"type": "text_to_video", "tier": "standard"},
        kind="video",
        policy="NSFW content detected. Try running it again, or try a different prompt.",
    ),
)
