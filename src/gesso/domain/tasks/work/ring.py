"""The ring at work: every attempt gets a key of the keyring, or the customary one where the ring
has none of its provider.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from uuid import UUID

import structlog

from gesso.domain import keyring
from gesso.domain.keyring import Lesson, ProviderKey, Safe
from gesso.domain.tasks.lend import Lent, NoneFree, Wish, hear, lend
from gesso.infra.batch import Batch
from gesso.infra.db import Database
from gesso.infra.vault import Tampered, UnknownMaster
from gesso.kit.ids import parse_id
from gesso.providers import Access, Credential
from gesso.providers.credentials import CUSTOMARY, Customary, NoCredential
from gesso.providers.flow import Accepted, Delivered, Failed, Refused, Verdict, Working
from gesso.providers.readings import fault_of

log = structlog.get_logger()

_FRESH = 2.0
"""Seconds for which the list of providers that have keys is good."""
_UNREADABLE = 60.0
"""Seconds after which a key is tried again that this process could not open."""
_MOST = 1000
"""Opened keys that are kept at hand."""


class Ring:
    """Hands out keys, remembers what each was opened to, and passes on what attempts showed."""

    def __init__(self, db: Database, safe: Safe, customary: Customary) -> None:
        self._db, self._safe, self._customary = db, safe, customary
        self._lend = Batch(db.tx, lend)
        self._learn = Batch(db.tx, hear)
        self._opened: OrderedDict[object, Mapping[str, str]] = OrderedDict()
        self._unreadable: dict[UUID, float] = {}
        self._probes: set[UUID] = set()
        self._providers: frozenset[str] = frozenset()
        self._stale_at = 0.0

    async def choose(
        self, provider: str, access: Access, model: str, *, attempt_id: UUID
    ) -> Credential:
        """The key that this attempt is lent; NoCredential while every one rests or is full."""
        if not access.secrets or provider not in await self._with_keys():
            return await self._customary.choose(provider, access, model, attempt_id=attempt_id)
        now = time.monotonic()
        without = frozenset(key for key, until in self._unreadable.items() if until > now)
        answer = await self._lend(Wish(attempt_id, provider, without))
        if isinstance(answer, Lent):
            if answer.is_probe:
                self._probes.add(attempt_id)
            return await self._credential(answer.key, access)
        if isinstance(answer, NoneFree):
            raise NoCredential(
                "no_key_free", f"Every key of {provider} rests or is full.",
                again=True, after=answer.after,
            )  # fmt: skip
        return await self._customary.choose(provider, access, model, attempt_id=attempt_id)

    async def recall(self, provider: str, access: Access, name: str) -> Credential | None:
        """The key of this name, retired or not, while it is there and can be opened."""
        key_id = parse_id("pkey", name)
        if name == CUSTOMARY or key_id is None:
            return await self._customary.recall(provider, access, name)
        async with self._db.view() as view:
            key = await view.get(ProviderKey, key_id)
        if key is None or key.provider != provider:
            return None
        try:
            return await self._credential(key, access)
        except NoCredential:
            return None

    async def learn(
        self, provider: str, credential: Credential, verdict: Verdict, *, attempt_id: UUID
    ) -> bool:
        """Have what a verdict shows of the key remembered; True where the key alone was refused and
        another may do better.
        """
        if credential.id == CUSTOMARY:
            return await self._customary.learn(provider, credential, verdict, attempt_id=attempt_id)
        lesson = _lesson(credential, verdict, attempt_id)
        if lesson is None or (lesson.code is None and attempt_id not in self._probes):
            return False
        self._probes.discard(attempt_id)
        is_spared = await self._learn(lesson)
        return is_spared and isinstance(verdict, Refused)

    async def _credential(self, key: ProviderKey, access: Access) -> Credential:
        """The key, opened; what this process cannot open it does not ask for again for a minute,
        while others may.
        """
        # By all that the seal is bound to: a row that was altered is opened anew, and refused.
        row = (key.id, key.provider, key.root, key.version, bytes(key.sealed))
        if row not in self._opened:
            try:
                self._opened[row] = await self._safe.open(key)
            except (Tampered, UnknownMaster) as error:
                self._unreadable[key.id] = time.monotonic() + _UNREADABLE
                name = keyring.credential_id(key.id)
                log.warning("provider_key_unreadable", key_id=name, reason=str(error))
                raise NoCredential(
                    "key_unreadable", "The key cannot be opened here.", again=True, after=1.0
                ) from error
            if len(self._opened) > _MOST:
                self._opened.popitem(last=False)
        root = key.root or self._customary.root(key.provider, access)
        return Credential(keyring.credential_id(key.id), root, self._opened[row])

    async def _with_keys(self) -> frozenset[str]:
        if time.monotonic() >= self._stale_at:
            async with self._db.view() as view:
                self._providers = await keyring.providers_of(view)
            self._stale_at = time.monotonic() + _FRESH
        return self._providers


def _lesson(credential: Credential, verdict: Verdict, attempt_id: UUID) -> Lesson | None:
    """What a verdict shows of a key; None where it shows nothing."""
    match verdict:
        case Refused(code=code, after=after) if fault_of(code) == "key":
            return Lesson(credential.id, attempt_id, code, after)
        case Failed(code=code) if fault_of(code) == "key":
            return Lesson(credential.id, attempt_id, code)
        case Accepted() | Delivered() | Working():
            return Lesson(credential.id, attempt_id)
        case Refused(code=code) if fault_of(code) == "user":
            return Lesson(credential.id, attempt_id)  # whoever reads the input has let the key in
        case _:
            return None
