"""The keyring: our accounts at providers, sealed at rest, lent to one attempt at a time."""

from gesso.domain.keyring.errors import (
    BadSecrets,
    KeyInUse,
    KeyRetired,
    LabelTaken,
    MasterKeyMissing,
    NoSuchProviderKey,
)
from gesso.domain.keyring.history import history
from gesso.domain.keyring.lending import Lesson, Purse, learn, open_purse
from gesso.domain.keyring.rotate import (
    Step,
    count_stale,
    forget_unused,
    masters_in_use,
    put_in_force,
    step,
)
from gesso.domain.keyring.safe import Safe
from gesso.domain.keyring.sealed import (
    SealedRows,
    envelope_of,
    master_in_force,
    place_of,
    seal_and_write,
)
from gesso.domain.keyring.service import (
    Count,
    NewKey,
    add,
    change,
    credential_id,
    get,
    page,
    providers_of,
    release,
    remove,
    replace,
    rest,
)
from gesso.domain.keyring.tables import KeyEvent, MasterKey, ProviderKey
from gesso.domain.keyring.wire import KeyChange, KeyIn, KeyOut, event_out, key_out

__all__ = [
    "BadSecrets",
    "Count",
    "KeyChange",
    "KeyEvent",
    "KeyIn",
    "KeyInUse",
    "KeyOut",
    "KeyRetired",
    "LabelTaken",
    "Lesson",
    "MasterKey",
    "MasterKeyMissing",
    "NewKey",
    "NoSuchProviderKey",
    "ProviderKey",
    "Purse",
    "Safe",
    "SealedRows",
    "Step",
    "add",
    "change",
    "count_stale",
    "credential_id",
    "envelope_of",
    "event_out",
    "forget_unused",
    "get",
    "history",
    "key_out",
    "learn",
    "master_in_force",
    "masters_in_use",
    "open_purse",
    "page",
    "place_of",
    "providers_of",
    "put_in_force",
    "release",
    "remove",
    "replace",
    "rest",
    "seal_and_write",
    "step",
]
