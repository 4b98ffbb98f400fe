"""fal's models, as stories order them."""

from gesso.providers.fal import Fal
from gesso.simulators.fal import FalSimulator
from tests.providers.case import Case

CASES = (
    Case(
        Fal,
        FalSimulator,
        model={"makes": "text_to_image", "provider": "fal", "model": "fal-ai/flux/dev"},
        order={"type": "text_to_image", "tier": "standard"},
        policy="content_policy_violation",
    ),
    Case(
        Fal,
        FalSimulator,
        model={"makes": "text_to_video", "provider": "fal", "model": "fal-ai/ltx-video"},
        order={"type": "text_to_video", "tier": "standard"},
        kind="video",
        policy="content_policy_violation",
    ),
)
