"""Meshy: models of pictures and of words."""

from gesso.providers.meshy import Meshy
from gesso.simulators.meshy import MeshySimulator
from tests.providers.case import Case

CASES = (
    Case(
        adapter=Meshy,
        simulator=MeshySimulator,
        model={
            "makes": "image_to_3d",
            "provider": "meshy",
            "model": "image-to-3d/latest",
            "input": {"image_url": "$image", "target_formats": ["glb"]},
        },
        order={"type": "image_to_3d"},
        kind="model",
        takes_image=True,
        named_by="image",
        policy="moderation_blocked",
    ),
    Case(
        adapter=Meshy,
        simulator=MeshySimulator,
        model={
            "makes": "text_to_model",
            "provider": "meshy",
            "model": "text-to-3d/meshy-6",
            "input": {"prompt": "$prompt", "target_formats": ["glb"]},
        },
        order={"type": "carve"},
        kind="model",
        policy="moderation_blocked",
        more=(
            {
                "id": "meshy/refine",
                "makes": "refined_model",
                "provider": "meshy",
                "model": "text-to-3d/meshy-6",
                "input": {"mode": "refine", "texture_prompt": "$prompt", "enable_pbr": True},
            },
        ),
    ),
)
