"""Answers without a language model: what can be counted and measured, called no more than that.

They have the shape of the operations' results, so that an application can be built offline. Words
are compared with a list; pictures are not judged, and nothing is understood.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gesso.providers.studio.watch import Film, watch

_MANY: Final = 15
_WORD: Final = re.compile(r"[^\W\d_][\w'-]{2,}")
_WORDS_OF_LITTLE_USE: Final = """
about after again all also and any are because been but can did does for from had has have her him
his how into its just like more most not now off one only other our out over own she some such than
that the their them then there these they this those through too under until very was were what when
where which while who will with you your
"""
_EMPTY: Final = frozenset(_WORDS_OF_LITTLE_USE.split())
_LISTED: Final = {
    "violence": frozenset(("behead", "gore", "massacre", "murder", "torture")),
    "sexual": frozenset(("nude", "porn", "sex", "xxx")),
    "self_harm": frozenset(("selfharm", "suicide")),
    "illegal": frozenset(("bomb", "cocaine", "heroin", "meth")),
    "spam": frozenset(("casino", "jackpot", "viagra")),
}
_NOTE: Final = "By a list of words alone"


def analyze_video(material: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG001
    """What can be measured of the film."""
    film = watch(shown)
    per_minute = 60 * len(film.cuts) / film.seconds if film.seconds else 0.0
    pace = "fast" if per_minute > 20 else "steady"
    return {
        "summary": f"{film.about} It was measured, not understood.",
        "hooks": [
            {"at_seconds": cut, "what": "The picture changes.", "why": "Nobody has judged that."}
            for cut in film.cuts
            if cut <= 3
        ],
        "pacing": {
            "rhythm": pace if film.cuts else "slow",
            "cuts": len(film.cuts),
            "comment": f"{per_minute:.1f} changes of picture a minute, at"
            f" {_listed([f'{cut:g} s' for cut in film.cuts])}.",
        },
        "elements": [
            {"name": colour, "role": "One of the colours that fill most of it."}
            for colour in film.colours
        ],
        "audience": "Not known: nothing was understood.",
        "why_it_spreads": "Measuring cannot tell.",
        "suggestions": _suggestions(film),
    }


def moderate_content(material: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:
    """Words that are on the list; what is shown is left to a person."""
    words = {word.replace("-", "") for word in _words(str(material.get("prompt", "")))}
    findings = [
        {"category": category, "severity": "medium", "reason": f"It has the word {word}."}
        for category, listed in _LISTED.items()
        for word in sorted(listed & words)
    ]
    if findings:
        return {
            "verdict": "reject",
            "findings": findings[:40],
            "summary": f"{_NOTE}: it has {len(findings)} of them.",
        }
    if shown:
        summary = f"{_NOTE}: none is there. Pictures and films are not looked at."
        return {"verdict": "review", "findings": [], "summary": summary}
    return {"verdict": "allow", "findings": [], "summary": f"{_NOTE}: none is there."}


def write_seo(material: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:
    """The words of the prompt, in the places where they belong."""
    told = " ".join(str(material["prompt"]).split())
    facts = f" {watch(shown).about}" if shown.keys() & {"video", "url"} else ""
    wished = [str(word) for word in material.get("keywords", [])]
    counted = [word for word, _ in Counter(_words(told)).most_common()]
    tags = [tag[:30] for tag in dict.fromkeys([*wished, *counted])][:_MANY]
    title = told if len(told) <= 100 else f"{told[:99].rpartition(' ')[0] or told[:99]}…"
    return {
        "title": title[:1].upper() + title[1:],
        "description": f"{told[:4000]}{facts}",
        "tags": tags or ["video"],
    }


def analyze_trends(material: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG001
    """Words that several posts have, counted in the newer half and in the older one."""
    items: Sequence[Mapping[str, Any]] = material["items"]
    places: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        for word in dict.fromkeys(_words(f"{item['title']} {item.get('text', '')}")):
            places.setdefault(word, []).append(place)
    shared = sorted(
        (word for word in places if len(places[word]) > 1), key=lambda word: -len(places[word])
    )[:10]
    trends = [
        {
            "name": word[:500],
            "strength": _strength(places[word], len(items)),
            "evidence": places[word],
            "why": f"{len(places[word])} of {len(items)} posts have the word.",
        }
        for word in shared
    ]
    named = _listed(shared[:3])
    return {
        "summary": f"Words were counted in {len(items)} posts. Most have in common: {named}.",
        "trends": trends,
        "ideas": [f"Something about {word[:400]}." for word in shared[:3]],
    }


ANSWERS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, str]], dict[str, Any]]]] = {
    "analyze_trends": analyze_trends,
    "analyze_video": analyze_video,
    "moderate_content": moderate_content,
    "write_seo": write_seo,
}
"""By the operation that asks: from its material and the paths of what is shown."""


def _suggestions(film: Film) -> list[str]:
    if film.seconds > 3 and not any(cut <= 3 for cut in film.cuts):
        return ["Change the picture within the first three seconds."]
    return []


def _strength(places: Sequence[int], among: int) -> str:
    newer = sum(place < among / 2 for place in places)
    older = len(places) - newer
    if newer == older:
        return "steady"
    return "rising" if newer > older else "falling"


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _EMPTY]


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) if words else "nothing"
