"""Uploads that were begun in a bucket and never ended: found and aborted.

The S3 client has no call for this, so the requests are made from addresses that we sign.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from gesso.infra.http import Http, HttpError
from gesso.infra.storage import StorageUnavailable
from gesso.infra.storage.settings import StorageSettings
from gesso.kit.presign import Presigner, object_url

_VALID: Final = 60
_LONGEST_LIST: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class _Begun:
    key: str
    upload_id: str
    at: datetime


class Uploads:
    """The unfinished uploads under one prefix."""

    def __init__(
        self, presigner: Presigner, settings: StorageSettings, *, page: int = 1000
    ) -> None:
        self._presigner, self._settings, self._page = presigner, settings, page
        self._prefix = f"{settings.prefix}/" if settings.prefix else ""

    async def abort(self, *, before: datetime) -> int:
        """Abort those that were begun before then; tells how many."""
        aborted, marker = 0, dict[str, str]()
        async with Http() as http:
            while True:
                listing = {"uploads": "", "prefix": self._prefix, "max-uploads": str(self._page)}
                answer = await self._ask(http, "GET", "", listing | marker)
                begun, marker = _read(answer)
                for one in begun:
                    if one.at <= before:
                        await self._ask(http, "DELETE", one.key, {"uploadId": one.upload_id})
                        aborted += 1
                if not marker:
                    return aborted

    async def _ask(self, http: Http, method: str, key: str, query: dict[str, str]) -> bytes:
        url = self._presigner.url(
            method,
            object_url(self._settings.bucket_url, key),
            at=datetime.now(UTC),
            seconds=_VALID,
            query=query,
        )
        try:
            reply = await http.request(
                method, url, headers={}, body=None,
                total=self._settings.timeout, limit=_LONGEST_LIST,
                trusted=self._settings.bucket_url,
            )  # fmt: skip
        except HttpError as error:
            raise StorageUnavailable("The storage does not answer.") from error
        # Aborted by somebody else meanwhile is aborted.
        if reply.status >= 300 and not (method == "DELETE" and b"NoSuchUpload" in reply.body):
            raise StorageUnavailable(f"The storage answered with status {reply.status}.")
        return reply.body


def _read(answer: bytes) -> tuple[list[_Begun], dict[str, str]]:
    """A page of the list, and where the next one begins; nothing when this is the last."""
    try:
        page = ET.fromstring(answer)  # noqa: S314  # from the operator's own storage
    except ET.ParseError as error:
        raise StorageUnavailable("The storage answered what nobody can read.") from error
    begun = [
        _Begun(
            upload.findtext("{*}Key", ""),
            upload.findtext("{*}UploadId", ""),
            datetime.fromisoformat(upload.findtext("{*}Initiated", "")).astimezone(UTC),
        )
        for upload in page.iterfind("{*}Upload")
    ]
    if page.findtext("{*}IsTruncated") != "true":
        return begun, {}
    return begun, {
        "key-marker": page.findtext("{*}NextKeyMarker", ""),
        "upload-id-marker": page.findtext("{*}NextUploadIdMarker", ""),
    }
