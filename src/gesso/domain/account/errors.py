"""What the room of accounts refuses.

GessoError
├── Invalid
│   └── PreferencesTooLarge  422  more than 16 KiB of them
├── Forbidden
│   └── ProofNeeded          403  who ends an account proves that they are who they say, just now
├── NotFound
│   └── NoSuchErasure        404  no receipt of ours
└── Conflict
    ├── RevMismatch          409  somebody else changed them meanwhile
    └── ExportRunning        409  one export at a time
"""

from gesso.infra.errors import Conflict, Forbidden, Invalid, NotFound


class PreferencesTooLarge(Invalid):
    """Preferences are at most 16 KiB of JSON."""

    code = "preferences_too_large"


class ProofNeeded(Forbidden):
    """Ending an account takes a sign-in of a moment ago, or a confirmation that was just given."""

    code = "proof_needed"


class NoSuchErasure(NotFound):
    """This is no receipt of ours."""

    code = "erasure_not_found"


class RevMismatch(Conflict):
    """The thing is at another revision than the one that was to be replaced."""

    code = "rev_mismatch"


class ExportRunning(Conflict):
    """An export of this account is under way; one is enough."""

    code = "export_running"
