"""Runway: films of words, of pictures and of films."""

from gesso.providers.runway import Runway
from gesso.simulators.runway import RunwaySimulator
from tests.providers.case import Case

CASES = (
    Case(
        adapter=Runway,
        simulator=RunwaySimulator,
        model={
            "makes": "text_to_video",
            "provider": "runway",
            "model": "text_to_video/gen4.5",
            "input": {"promptText": "$prompt", "ratio": "1280:720", "duration": 5, "seed": "$seed"},
        },
        order={"type": "text_to_video", "seconds": 5, "aspect": "16:9"},
        kind="video",
        policy="SAFETY.INPUT.TEXT",
    ),
    Case(
        adapter=Runway,
        simulator=RunwaySimulator,
        model={
            "makes": "image_to_video",
            "provider": "runway",
            "model": "image_to_video/gen4.5",
            "input": {
                "promptText": "$prompt",
                "promptImage": [{"uri": "$image", "position": "first"}],
                "ratio": "1280:720",
                "duration": "$seconds",
            },
        },
        order={"type": "image_to_video", "seconds": 5},
        kind="video",
        takes_image=True,
        policy="SAFETY.OUTPUT.VIDEO",
    ),
    Case(
        adapter=Runway,
        simulator=RunwaySimulator,
        model={
            "makes": "remix_video",
            "provider": "runway",
            "model": "video_to_video/aleph2",
            "input": {"promptText": "$prompt", "videoUri": "$video", "seed": "$seed"},
        },
        order={"type": "remix_video"},
        kind="video",
        takes_video=True,
        film_as="remix_from",
        policy="SAFETY.INPUT.VIDEO",
    ),
)
