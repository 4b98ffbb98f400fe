"""MiniMax: films, through both generations of its API."""

from gesso.providers.minimax import MiniMax
from gesso.simulators.minimax import MiniMaxSimulator
from tests.providers.case import Case

CASES = (
    Case(
        adapter=MiniMax,
        simulator=MiniMaxSimulator,
        model={
            "makes": "image_to_video",
            "provider": "minimax",
            "model": "v1/MiniMax-Hailuo-02",
            "input": {
                "prompt": "$prompt",
                "first_frame_image": "$image",
                "duration": 6,
                "resolution": "768P",
            },
        },
        order={"type": "image_to_video"},
        kind="video",
        takes_image=True,
        policy="1026",
        policy_refuses=True,
    ),
    Case(
        adapter=MiniMax,
        simulator=MiniMaxSimulator,
        model={
            "makes": "text_to_video",
            "provider": "minimax",
            "model": "v2/MiniMax-H3",
            "input": {
                "content": [{"type": "text", "text": "$prompt"}],
                "resolution": "768P",
                "duration": 5,
            },
        },
        order={"type": "text_to_video"},
        kind="video",
        policy="1026",
        policy_refuses=True,
    ),
)
