"""What is refused of an upload.

GessoError
├── BadUpload      422  media_type_refused, media_too_large, media_broken, media_unsafe, bad_length
├── NoRoom         409  the owner's uploads would hold more than they may
├── UploadRunning  409  another one with the same idempotency key is under way
├── UploadGone     409  the account was closed meanwhile
├── UploadBusy     429  too many of the owner's at once
├── LengthMissing  411  how long it is was not said
├── NotExamined    503  whoever looks files through died or took too long
├── InUse          409  a job that has not ended works from the file
└── NotUploaded    409  the file is a result, and stays with its task
"""

from gesso.infra.errors import Conflict, GessoError, Invalid, TooMany, Unavailable


class BadUpload(Invalid):
    """What was sent is not a file that is taken; nothing of it was kept."""

    code = "media_broken"


class NoRoom(Conflict):
    """There is no room left for uploads of this owner's."""

    code = "no_room"


class UploadRunning(Conflict):
    """An upload with the same idempotency key has not ended."""

    code = "upload_running"


class UploadGone(Conflict):
    """The account was closed while the file came."""

    code = "upload_gone"


class UploadBusy(TooMany):
    """As many uploads are under way as one account may have."""

    code = "uploads_at_once"
    retry_after = 5


class LengthMissing(GessoError):
    """Room is taken before the first byte comes, so how many will come has to be said."""

    status = 411
    code = "length_required"


class NotExamined(Unavailable):
    """The process that looked the file through died, or took too long; nothing of it was kept."""

    code = "not_examined"
    retry_after = 10


class InUse(Conflict):
    """A job that has not ended works from this file."""

    code = "asset_in_use"


class NotUploaded(Conflict):
    """The file is the result of a task, and stays with it."""

    code = "asset_not_uploaded"
