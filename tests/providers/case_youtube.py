"""YouTube: a film of a second, uploaded whole in one chunk."""

from gesso.providers.youtube import YouTube
from gesso.simulators.youtube import YouTubeSimulator
from tests.providers.case import Case

MODEL = {
    "makes": "publish_video",
    "provider": "youtube",
    "model": "videos",
    "unit": "video",
    "input": {
        "snippet": {
            "title": "$title",
            "description": "$description",
            "tags": "$tags",
            "categoryId": "$category",
            "defaultLanguage": "$language",
        },
        "status": {
            "privacyStatus": "$privacy",
            "publishAt": "$publish_at",
            "selfDeclaredMadeForKids": "$made_for_kids",
            "containsSyntheticMedia": "$synthetic",
        },
        "notifySubscribers": "$notify",
    },
}

CASES = (
    Case(
        YouTube,
        YouTubeSimulator,
        model=MODEL,
        order={"type": "publish_video"},
        kind="value",
        takes_video=True,
        named_by="title",
        stops=False,
        policy="inappropriate",
    ),
)
