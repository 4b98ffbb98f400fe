"""Luma: pictures of words, and films of pictures and of films."""

from gesso.providers.luma import Luma
from gesso.simulators.luma import LumaSimulator
from tests.providers.case import Case

CASES = (
    Case(
        adapter=Luma,
        simulator=LumaSimulator,
        model={
            "makes": "text_to_image",
            "provider": "luma",
            "model": "image/photon-1",
            "input": {"prompt": "$prompt", "format": "png"},
        },
        order={"type": "text_to_image"},
    ),
    Case(
        adapter=Luma,
        simulator=LumaSimulator,
        model={
            "makes": "image_to_video",
            "provider": "luma",
            "model": "video/ray-2",
            "input": {
                "prompt": "$prompt",
                "duration": "5s",
                "resolution": "720p",
                "keyframes": {"frame0": {"type": "image", "url": "$image"}},
            },
        },
        order={"type": "image_to_video"},
        kind="video",
        takes_image=True,
    ),
    Case(
        adapter=Luma,
        simulator=LumaSimulator,
        model={
            "makes": "remix_video",
            "provider": "luma",
            "model": "video/modify/ray-2",
            "input": {
                "generation_type": "modify_video",
                "prompt": "$prompt",
                "media": {"url": "$video"},
                "mode": "flex_1",
            },
        },
        order={"type": "remix_video"},
        kind="video",
        takes_video=True,
        film_as="remix_from",
    ),
)
