"""Tripo: models of pictures and of words."""

from gesso.providers.tripo import Tripo
from gesso.simulators.tripo import TripoSimulator
from tests.providers.case import Case

CASES = (
    Case(
        adapter=Tripo,
        simulator=TripoSimulator,
        model={
            "makes": "image_to_3d",
            "provider": "tripo",
            "model": "image-to-model/v2.5-20250123",
            "input": {"input": "$image", "model_seed": "$seed"},
        },
        order={"type": "image_to_3d"},
        kind="model",
        takes_image=True,
        named_by="image",
        policy="banned",
    ),
    Case(
        adapter=Tripo,
        simulator=TripoSimulator,
        model={
            "makes": "text_to_model",
            "provider": "tripo",
            "model": "text-to-model/v2.5-20250123",
            "input": {"prompt": "$prompt"},
        },
        order={"type": "carve"},
        kind="model",
        policy="banned",
    ),
)
