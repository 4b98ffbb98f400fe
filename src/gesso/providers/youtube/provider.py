"""The adapter to the YouTube Data API v3. A video must never be published twice.

The submission opens a session and sends no byte, so it publishes nothing: what is lost of it may
simply be begun anew. Every poll first asks the session what it has, then sends a few chunks more;
so an upload goes on wherever it was broken off, in whatever process. Before the last chunk is sent
for the first time, the job's row says that it may be: from then on, a session that has gone means
that nobody knows, and nothing is begun anew. Sources: google-api-python-client 2.202.0; discovery
document youtube.v3.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from gesso.infra.http import File
from gesso.providers.access import Access
from gesso.providers.flow import (
    Absent,
    Accepted,
    Answer,
    Call,
    Cancelled,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Refused,
    Source,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.provider import Offers, Provider
from gesso.providers.readings import INVALID_INPUT, known, retry_after
from gesso.providers.youtube import words
from gesso.providers.youtube.token import ROOT, opened
from gesso.providers.youtube.upload import Upload, begun

_OPEN: Final = "/upload/youtube/v3/videos"
_GONE: Final = frozenset({404, 410})
_SENT: Final = 0.9
"""The share of the whole that the upload is; the rest is YouTube's processing."""


class YouTube(Provider):
    """Opens a session, sends the file chunk by chunk, and waits until the video is processed."""

    name = "youtube"
    offers = Offers(lookup=True, cancel=True, needs_sources=True, first_poll=2.0, slowest_poll=60.0)
    access = Access(
        root=ROOT,
        secrets={
            "client_id": "YOUTUBE_CLIENT_ID",
            "client_secret": "YOUTUBE_CLIENT_SECRET",
            "refresh_token": "YOUTUBE_REFRESH_TOKEN",
        },
    )
    chunk: ClassVar[int] = 8 << 20
    """Bytes that are sent at once: a multiple of 256 KiB."""
    turn: ClassVar[int] = 4
    """Chunks that are sent in one poll."""

    def submit(self, order: Submission) -> Flow[Accepted | Refused]:
        """Open a session for the file."""
        video = order.sources.get("video")
        if video is None or not video.size:
            return Refused(INVALID_INPUT, "There is no video to publish.")
        answer = yield from opened(order.credential, partial(_begin, order, video))
        if isinstance(answer, Refused):
            return answer
        if not answer.ok:
            return words.refusal(answer)
        upload = begun(answer, video.size, root=order.credential.root)
        whole = replace(upload, last=video.size <= self.chunk)
        return Accepted(str(order.ref), poll_after=0.0, metadata=whole.kept())

    def poll(self, ticket: Ticket) -> Flow[Working | Delivered | Failed]:
        """Carry the upload on; once it is whole, ask how far YouTube has processed it."""
        upload = Upload.read(ticket.metadata)
        if upload.video:
            return (yield from _processing(ticket, upload.video))
        answer = yield from _opened(ticket, partial(_ask, upload))
        sent = 0
        while answer.status == 308:
            upload = upload.moved(answer)
            at = upload.received(answer)
            share = _SENT * at / upload.total
            if at == upload.total:
                return Working(share, poll_after=2.0, metadata=upload.kept())
            if ticket.ending or sent == self.turn:
                return Working(share, poll_after=0.0, metadata=upload.kept())
            if at + self.chunk >= upload.total and not upload.last:
                upload = replace(upload, last=True)
                return Working(share, poll_after=0.0, metadata=upload.kept())
            answer = yield from _opened(ticket, partial(self._send, upload, ticket, at))
            sent += 1
        return _concluded(ticket, upload, answer)

    def cancel(self, ticket: Ticket) -> Flow[Cancelled | NotCancelled]:
        """Send no more. What is published already stays: it can be taken off the channel alone."""
        upload = Upload.read(ticket.metadata)
        if upload.video:
            return NotCancelled()
        answer = yield from _opened(ticket, partial(_ask, upload))
        if answer.status == 308 and upload.received(answer) < upload.total:
            return Cancelled()
        if answer.status in _GONE and not upload.last:
            return Cancelled()
        if answer.ok or answer.status in _GONE:
            return NotCancelled()
        raise Unsure(f"status {answer.status}")

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Absent]:
        """A session that nobody remembers has got no byte, and never will."""
        if ticket.provider_job_id is not None:
            raise Unsure("the session of this job is known")
        return Absent()
        yield

    def _send(self, upload: Upload, ticket: Ticket, at: int, token: str) -> Call:
        video, length = ticket.sources["video"], min(self.chunk, upload.total - at)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Range": f"bytes {at}-{at + length - 1}/{upload.total}",
        }
        body = File(str(video.path), video.content_type, start=at, length=length)
        return Call("PUT", upload.session, headers=headers, body=body, total=600.0, silence=120.0)


def _begin(order: Submission, video: Source, token: str) -> Call:
    """Open a session. One without a byte comes to nothing, so whatever breaks off here took
    nothing.
    """
    asked = dict(order.input)
    query = {"uploadType": "resumable", "part": "snippet,status"}
    if "notifySubscribers" in asked:
        query["notifySubscribers"] = str(bool(asked.pop("notifySubscribers"))).lower()
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Upload-Content-Type": video.content_type,
        "X-Upload-Content-Length": str(video.size),
    }
    url = f"{order.credential.root}{_OPEN}?{urlencode(query)}"
    return Call("POST", url, headers=headers, json=asked, prepares=True)


def _opened(ticket: Ticket, call: Callable[[str], Call]) -> Flow[Answer]:
    """The answer to a call about an upload under way; without a token it is made another time."""
    answer = yield from opened(ticket.credential, call)
    if isinstance(answer, Refused):
        raise Unsure(answer.message)
    return answer


def _ask(upload: Upload, token: str) -> Call:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Range": f"bytes */{upload.total}",
    }
    return Call("PUT", upload.session, headers=headers, body=b"")


def _concluded(ticket: Ticket, upload: Upload, answer: Answer) -> Working | Delivered | Failed:
    """What a session's answer means that asks for no more bytes."""
    if answer.ok:
        video = words.video_of(answer)
        if ticket.ending:
            return words.delivered(video)
        found = replace(upload, video=str(video["id"]))
        return Working(_SENT, poll_after=1.0, metadata=found.kept())
    if answer.status in _GONE:
        return _expired(upload)
    if words.is_passing(answer):
        return Working(poll_after=retry_after(answer), metadata=upload.kept())
    return words.rejection(answer)


def _expired(upload: Upload) -> Failed:
    """What follows from a session that has gone."""
    if upload.last:
        return Failed(
            "fate_unknown",
            "The session went before it said whether the video was published; look at the channel.",
        )
    return Failed("session_expired", "The session of the upload has gone.", again=True)


def _processing(ticket: Ticket, video: str) -> Flow[Working | Delivered | Failed]:
    """How far a video is that is published; nothing that comes after it makes it unpublished."""
    if ticket.ending:
        return words.delivered({"id": video})
    query = urlencode({"part": "status,processingDetails", "id": video})
    url = f"{ticket.credential.root}/youtube/v3/videos?{query}"
    answer = yield from _opened(ticket, partial(_get, url))
    if answer.status == 403 and not words.is_passing(answer):
        # A token that may only upload: the video is there, and no more can be learnt of it.
        return words.delivered({"id": video})
    seen = _found(known(answer), video)
    verdict = words.verdict_on(seen)
    return verdict or Working(_SENT + (1 - _SENT) * words.processed(seen))


def _get(url: str, token: str) -> Call:
    return Call("GET", url, headers={"Authorization": f"Bearer {token}"})


def _found(answer: Answer, video: str) -> Mapping[str, Any]:
    """The video in a list of videos; one that is not seen yet is being processed."""
    try:
        items = answer.json()["items"]
        return next((dict(each) for each in items if each.get("id") == video), {"id": video})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unsure("a list of videos that is none") from error
