"""Apify, simulated: runs of actors, their datasets in pages, ad-hoc webhooks without a signature.

Sources: apify-client 3.4.0; docs.apify.com/webhooks.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

COST: Final = 250_000
"""What a run costs, in millionths of a dollar."""
_STATUS: Final = {"working": "RUNNING", "done": "SUCCEEDED", "cancelled": "ABORTED"}
_REFUSALS: Final = {
    400: "invalid-input",
    401: "user-or-token-not-found",
    402: "not-enough-usage-to-run-paid-actor",
    404: "record-not-found",
    429: "rate-limit-exceeded",
}
_USUAL: Final = 25
"""Rows of a run that was told no number."""

_NEEDED: Final = {
    "clockworks~tiktok-scraper": ("searchQueries", "hashtags"),
    "streamers~youtube-scraper": ("searchQueries", "startUrls"),
    "apify~instagram-hashtag-scraper": ("hashtags",),
}
_TIKTOK: Final = {
    "text": "title", "webVideoUrl": "url", "authorMeta": "author", "createTimeISO": "publishedAt",
    "playCount": "views", "diggCount": "likes", "commentCount": "comments", "shareCount": "shares",
}  # fmt: skip
_YOUTUBE: Final = {
    "title": "title", "url": "url", "date": "publishedAt", "viewCount": "views", "likes": "likes",
    "commentsCount": "comments", "hashtags": "hashtags",
}  # fmt: skip
_INSTAGRAM: Final = {
    "caption": "title", "url": "url", "timestamp": "publishedAt", "videoPlayCount": "views",
    "likesCount": "likes", "commentsCount": "comments", "hashtags": "hashtags",
}  # fmt: skip


class ApifySimulator(Simulator):
    """Every actor finds posts about the first words that stand in its input.

    The rows are those of no actor in particular, but for a few that are known: these refuse an
    input that lacks what they need, and tell rows in their own words. `odd` rows are no posts.
    """

    name = "apify"
    odd = 0

    def routes(self) -> Iterable[web.RouteDef]:
        """Runs, datasets."""
        return (
            web.post("/v2/actors/{actor}/runs", self._start),
            web.get("/v2/actor-runs/{id}", self._show),
            web.post("/v2/actor-runs/{id}/abort", self._abort),
            web.get("/v2/datasets/{id}/items", self._items),
        )

    def denied(self) -> web.Response:
        """In Apify's words."""
        return _error(401, "user-or-token-not-found", "User was not found or token is not valid.")

    def refusal(self, fate: Fate) -> web.Response:
        """In Apify's words."""
        kind = fate.error or _REFUSALS.get(fate.status, "internal-error")
        return _error(fate.status, kind, f"Refused: {kind}.")

    def pushed(self, job: Made) -> tuple[bytes, Mapping[str, str]]:
        """The webhook's default payload."""
        run = self._run(job)
        told = {
            "userId": "simulated-user",
            "createdAt": "2026-11-22T00:00:00.000Z",
            "eventType": f"ACTOR.RUN.{run['status'].replace('-', '_')}",
            "eventData": {"actorId": run["actId"], "actorRunId": job.id},
            "resource": run,
        }
        return json.dumps(told).encode(), {"Content-Type": "application/json"}

    async def _start(self, request: web.Request) -> web.Response:
        asked, actor = await request.json(), request.match_info["actor"]
        needed = _NEEDED.get(actor)
        if needed and not any(asked.get(name) for name in needed):
            return _error(400, "invalid-input", f"Input is not valid: {' or '.join(needed)}.")
        job = await self.take(
            request,
            kind="text",
            prompt=_first_words(asked) or "",
            asked={"actor": actor, "input": asked, "query": request.query},
            cost=COST,
            callback=_callback(request),
        )
        return web.json_response({"data": self._run(job)}, status=201)

    async def _show(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _error(404, "record-not-found", "Actor run was not found.")
        return web.json_response({"data": self._run(job)})

    async def _abort(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return _error(404, "record-not-found", "Actor run was not found.")
        self.cancel(job)
        return web.json_response({"data": self._run(job)})

    async def _items(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["id"].removeprefix("dataset-"))
        if job is None or job.fate.file == "gone":
            return _error(404, "record-not-found", "Dataset was not found.")
        offset, limit = (int(request.query.get(name, "0")) for name in ("offset", "limit"))
        rows = self._rows(job)
        page = rows[offset : offset + limit] if limit else rows[offset:]
        paging = {"total": len(rows), "offset": offset, "limit": limit, "count": len(page)}
        headers = {f"x-apify-pagination-{name}": str(value) for name, value in paging.items()}
        return web.json_response(page, headers=headers)

    def _rows(self, job: Made) -> list[Any]:
        number = int(job.asked["query"].get("maxItems", _USUAL))
        return [_post(job, index, is_odd=index < self.odd) for index in range(number)]

    def _run(self, job: Made) -> dict[str, Any]:
        return {
            "id": job.id,
            "actId": job.asked["actor"],
            "userId": "simulated-user",
            "status": _STATUS.get(job.state) or job.fate.fails or "FAILED",
            "statusMessage": f"{job.progress:.0%}",
            "defaultDatasetId": f"dataset-{job.id}",
            "usageTotalUsd": job.billed / 1_000_000,
        }


def _post(job: Made, index: int, *, is_odd: bool) -> Any:
    if is_odd:
        return {"error": "This post is private.", "likes": "many"}
    post: dict[str, Any] = {
        "title": f"{job.prompt} {index}",
        "url": f"https://example.org/{job.id}/{index}",
        "author": {"name": f"author-{index % 7}"},
        "views": 1000 * (index + 1),
        "likes": 10 * (index + 1),
        "comments": index,
        "shares": index // 2,
        "publishedAt": f"2026-11-{1 + index % 20:02}T12:00:00.000Z",
        "hashtags": ["simulated", job.prompt],
    }
    match job.asked["actor"]:
        case "clockworks~tiktok-scraper":
            return _named(post, _TIKTOK) | {
                "hashtags": [{"name": tag} for tag in post["hashtags"]],
            }
        case "streamers~youtube-scraper":
            return _named(post, _YOUTUBE) | {"channelName": post["author"]["name"]}
        case "apify~instagram-hashtag-scraper":
            return _named(post, _INSTAGRAM) | {"ownerUsername": post["author"]["name"]}
    return post


def _named(post: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: post[ours] for theirs, ours in names.items()}


def _first_words(asked: Any) -> str | None:
    """The first text anywhere in an input."""
    if isinstance(asked, str):
        return asked or None
    parts = asked.values() if isinstance(asked, dict) else asked if isinstance(asked, list) else ()
    return next((found for part in parts if (found := _first_words(part))), None)


def _callback(request: web.Request) -> str | None:
    told = request.query.get("webhooks")
    hooks = json.loads(b64decode(told)) if told else []
    return next((str(hook["requestUrl"]) for hook in hooks), None)


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)
