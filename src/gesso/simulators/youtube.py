"""YouTube, simulated: tokens for a refresh token, resumable uploads, videos that are processed.

A session keeps what it has got in multiples of 256 KiB, as the real one does. `trip` lays down what
befalls an upload on its way. Sources: google-api-python-client 2.202.0; discovery document
youtube.v3.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web

from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made, Simulator

STEP: Final = 256 << 10
"""Chunks are multiples of it, but for the last."""
_RANGE: Final = re.compile(r"bytes (?:\*|(\d+)-(\d+))/(\d+)")
_FAILURES: Final = frozenset(
    {"conversion", "invalidFile", "emptyFile", "tooSmall", "codec", "uploadAborted"}
)
_REASONS: Final = {
    400: "invalidVideoMetadata",
    401: "authError",
    403: "forbidden",
    429: "rateLimitExceeded",
}


@dataclass(frozen=True, slots=True)
class Trip:
    """What befalls the chunk that holds the byte `at`, once."""

    at: int
    how: Literal["cut", "unavailable", "short", "expires", "loses_answer", "vanishes"]
    """The connection is cut there; the chunk is answered with 503; half of it is forgotten; the
    session has gone; the chunk is taken and its answer lost; so, and the session goes as well.
    """


@dataclass(slots=True)
class UploadSession:
    """An upload under way, or at its end."""

    id: str
    asked: Mapping[str, Any]
    total: int
    fate: Fate
    content: bytearray = field(default_factory=bytearray)
    video: Made | None = None
    gone: bool = False

    @property
    def title(self) -> str:
        """The video's title, by which trips are laid down."""
        return str(self.asked["snippet"]["title"])


class YouTubeSimulator(Simulator):
    """One channel; a video's title is its job's prompt."""

    name = "youtube"
    secrets = {  # noqa: RUF012  # as the base class declares it
        "client_id": "a-simulated-client",
        "client_secret": "a-simulated-secret",
        "refresh_token": "a-simulated-refresh-token",
    }

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, UploadSession] = {}
        self.videos: dict[str, bytes] = {}
        """What was published, by the video's id."""
        self.pace = 0.0
        """Seconds that each chunk takes."""
        self.trusts = True
        """Whether the refresh token is any good; its owner may have taken it back."""
        self._tokens: set[str] = set()
        self._trips: dict[str, list[Trip]] = {}

    def trip(self, title: str, *trips: Trip) -> None:
        """Say what befalls the uploads of this title."""
        self._trips.setdefault(title, []).extend(trips)

    def routes(self) -> Iterable[web.RouteDef]:
        """The token's address, uploads, videos."""
        return (
            web.post("/token", self._token),
            web.post("/upload/youtube/v3/videos", self._begin),
            web.put("/upload/youtube/v3/videos", self._put),
            web.get("/youtube/v3/videos", self._list),
        )

    def allows(self, request: web.Request) -> bool:
        """An access token opens everything but the address that gives them."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return request.path == "/token" or token in self._tokens

    def denied(self) -> web.Response:
        """In Google's words."""
        return _error(401, "authError", "Invalid Credentials")

    def refusal(self, fate: Fate) -> web.Response:
        """In Google's words."""
        reason = fate.error or _REASONS.get(fate.status, "backendError")
        return _error(fate.status, reason, f"Refused: {reason}.")

    async def _token(self, request: web.Request) -> web.Response:
        form = {**await request.post()}
        if form.pop("grant_type", None) != "refresh_token":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if form != self.secrets or not self.trusts:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        told = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
        return web.json_response(told)

    async def _begin(self, request: web.Request) -> web.Response:
        asked, query = await request.json(), request.query
        if query.get("uploadType") != "resumable" or query.get("part") != "snippet,status":
            return _error(400, "badRequest", "Only resumable uploads are simulated.")
        fate = await self.fate_of(str(asked["snippet"]["title"]))
        if fate.status >= 400:
            self.refuse(fate)
        session = UploadSession(
            secrets.token_urlsafe(24), asked, int(request.headers["X-Upload-Content-Length"]), fate
        )
        self.sessions[session.id] = session
        if fate.loses_answer:
            _cut(request)
        place = f"{self.url}{request.path}?uploadType=resumable&upload_id={session.id}"
        return web.Response(headers={"Location": place})

    async def _put(self, request: web.Request) -> web.Response:
        session = self.sessions.get(request.query.get("upload_id", ""))
        match = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if session is None or session.gone:
            return _error(404, "notFound", "The session has expired.")
        if match is None or int(match[3]) != session.total:
            return _error(400, "badContentRange", "The Content-Range makes no sense.")
        if match[1] is None:
            return self._standing(session)
        start, end = int(match[1]), int(match[2]) + 1
        if end < session.total and (end - start) % STEP:
            return _error(400, "badChunk", "Chunks are multiples of 256 KiB.")
        await asyncio.sleep(self.pace)
        return await self._take_chunk(request, session, start, end)

    async def _take_chunk(
        self, request: web.Request, session: UploadSession, start: int, end: int
    ) -> web.Response:
        trip = self._next_trip(session, start, end)
        how = trip.how if trip else None
        if how == "unavailable":
            return _error(503, "backendError", "Backend Error")
        if how == "expires":
            session.gone = True
            return _error(404, "notFound", "The session has expired.")
        until = trip.at if trip and how == "cut" else end
        await self._read(request, session, start, until)
        if how == "cut":
            _cut(request)
        if how == "short":
            keep = start + (len(session.content) - start) // 2 // STEP * STEP
            del session.content[keep:]
        elif len(session.content) == session.total:
            self._publish(session)
        if how in {"loses_answer", "vanishes"}:
            session.gone = how == "vanishes"
            _cut(request)
        return self._standing(session)

    def _next_trip(self, session: UploadSession, start: int, end: int) -> Trip | None:
        laid = self._trips.get(session.title, [])
        trip = next((each for each in laid if start <= each.at < end), None)
        if trip:
            laid.remove(trip)
        return trip

    async def _read(
        self, request: web.Request, session: UploadSession, start: int, until: int
    ) -> None:
        """Take what goes on from where the session is; of a chunk that breaks off, whole steps."""
        got, place = bytearray(), start
        try:
            async for part in request.content.iter_chunked(1 << 16):
                got += part
                if start + len(got) >= until:
                    break
        except (ConnectionError, web.HTTPException):
            until = start + len(got)
        place = min(start + len(got), until)
        if place < session.total:
            place -= place % STEP
        has = len(session.content)
        if start <= has < place:
            session.content += got[has - start : place - start]

    def _publish(self, session: UploadSession) -> None:
        if session.video is not None:
            return
        name = f"video{len(self.jobs):06d}"
        session.video = Made(name, "video", session.title, session.asked, session.fate, cost=0)
        session.video.begun = time.monotonic()
        self.jobs[name] = session.video
        self.videos[name] = bytes(session.content)

    def _standing(self, session: UploadSession) -> web.Response:
        if session.video is not None:
            return web.json_response(self._shown(session.video))
        has = len(session.content)
        return web.Response(status=308, headers={"Range": f"bytes=0-{has - 1}"} if has else {})

    async def _list(self, request: web.Request) -> web.Response:
        wanted = request.query.get("id", "").split(",")
        items = [self._shown(self.jobs[name]) for name in wanted if name in self.jobs]
        return web.json_response({"kind": "youtube#videoListResponse", "items": items})

    def _shown(self, job: Made) -> dict[str, Any]:
        status = {**job.asked.get("status", {}), **_status(job)}
        parts = {"partsTotal": 100, "partsProcessed": int(100 * job.progress)}
        details = {"working": "processing", "done": "succeeded"}.get(job.state, "failed")
        return {
            "kind": "youtube#video",
            "id": job.id,
            "snippet": job.asked["snippet"],
            "status": status,
            "processingDetails": {"processingStatus": details, "processingProgress": parts},
        }


def _status(job: Made) -> dict[str, str]:
    if job.state == "failed":
        if job.fate.fails in _FAILURES:
            return {"uploadStatus": "failed", "failureReason": str(job.fate.fails)}
        return {"uploadStatus": "rejected", "rejectionReason": str(job.fate.fails)}
    return {"uploadStatus": "processed" if job.state == "done" else "uploaded"}


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _error(status: int, reason: str, message: str) -> web.Response:
    errors = [{"domain": "youtube", "reason": reason, "message": message}]
    told = {"code": status, "message": message, "errors": errors}
    return web.json_response({"error": told}, status=status)
