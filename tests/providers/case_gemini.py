"""Gemini, for the stories that every provider goes through: an answer, a picture and a film."""

from gesso.providers.gemini import Gemini
from gesso.simulators.gemini import Gemini as Simulated
from tests.providers.case import HASTY, Case

CASES = (
    Case(
        adapter=Gemini,
        simulator=Simulated,
        model={
            "makes": "write_seo",
            "provider": "gemini",
            "model": "gemini-3.1-flash-lite",
            "input": {
                "question": "$question",
                "rates": {"input": 1, "output": 5},
                "stronger": {"model": "gemini-3-pro", "rates": {"input": 2, "output": 12}},
            },
        },
        order={"type": "write_seo"},
        kind="value",
        at_once=True,
        settings=HASTY,
        policy="SAFETY",
    ),
    Case(
        adapter=Gemini,
        simulator=Simulated,
        model={
            "makes": "text_to_image",
            "provider": "gemini",
            "model": "gemini-3.1-flash-image",
            "input": {
                "contents": [{"role": "user", "parts": [{"text": "$prompt"}]}],
                "generationConfig": {"responseModalities": ["IMAGE"]},
                "rates": {"input": 1, "output": 5},
            },
        },
        order={"type": "text_to_image"},
        at_once=True,
        settings=HASTY,
        policy="IMAGE_SAFETY",
    ),
    Case(
        adapter=Gemini,
        simulator=Simulated,
        model={
            "makes": "image_to_video",
            "provider": "gemini",
            "model": "gemini-omni-1.1-flash",
            "input": {
                "input": "$prompt",
                "response_format": {
                    "type": "video",
                    "duration": "${seconds}s",
                    "delivery": "uri",
                },
                "generation_config": {"video_config": {"task": "image_to_video"}},
            },
        },
        order={"type": "image_to_video", "seconds": 5},
        kind="video",
        takes_image=True,
        policy="SAFETY",
    ),
)
