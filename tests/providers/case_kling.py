"""Kling: films of words and of pictures."""

from gesso.providers.kling import Kling
from gesso.simulators.kling import KlingSimulator
from tests.providers.case import Case

CASES = (
    Case(
        adapter=Kling,
        simulator=KlingSimulator,
        model={
            "makes": "text_to_video",
            "provider": "kling",
            "model": "videos/text2video/kling-v2-5-turbo",
            "input": {"prompt": "$prompt", "mode": "std", "duration": "5"},
        },
        order={"type": "text_to_video"},
        kind="video",
        policy="1301",
        policy_refuses=True,
    ),
    Case(
        adapter=Kling,
        simulator=KlingSimulator,
        model={
            "makes": "image_to_video",
            "provider": "kling",
            "model": "videos/image2video/kling-v2-5-turbo",
            "input": {"prompt": "$prompt", "image": "$image", "duration": "5"},
        },
        order={"type": "image_to_video"},
        kind="video",
        takes_image=True,
        policy="1301",
        policy_refuses=True,
    ),
)
