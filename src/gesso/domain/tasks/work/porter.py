"""The porter: stands where providers report, lets in what can be believed, and keeps it.

What a report means is found out later, by whoever is free (`postman.py`): the provider has its
answer as soon as the report is stored.
"""

from collections.abc import Mapping
from uuid import UUID

import structlog

from gesso.domain import inbox, media
from gesso.domain.tasks.hooks import NoSuchHook, PushNotBelieved, PushNotVerified
from gesso.domain.tasks.pushed import Subject, subject_of
from gesso.infra import metrics
from gesso.infra.batch import Batch
from gesso.infra.db import Database
from gesso.providers import Challenge, Credential, Forged, Hint, Provider, Push, Signed, Unsure
from gesso.providers.credentials import CUSTOMARY, Credentials
from gesso.providers.driver import Driver, Unreached

log = structlog.get_logger()

_TOGETHER = 16
"""Reports that are stored in one transaction, at most: each may hold a mebibyte."""
_SECRET = {"authorization", "cookie", "proxy-authorization"}
_LONGEST_HEADER = 2048
_KEYS = "keys"
"""What keys of a provider's are asked for under: no fault of theirs closes the way to its jobs."""

_pushes = metrics.counter("pushes", "Reports of providers, as they came.", "provider", "outcome")


class Porter:
    """Believes, stores and answers for reports, each once. It holds no session while it asks for a
    provider's keys.
    """

    def __init__(
        self,
        db: Database,
        providers: Mapping[str, Provider],
        driver: Driver,
        *,
        credentials: Credentials,
        links: media.Links,
        trusts_unsigned: bool = False,
    ) -> None:
        self._db, self._providers, self._driver = db, providers, driver
        self._credentials, self._links = credentials, links
        self._trusts_unsigned = trusts_unsigned
        self._store: Batch[inbox.New, bool] = Batch(db.tx, inbox.store, limit=_TOGETHER)

    def attempt_of(self, provider: str, token: str) -> UUID:
        """The attempt that this address belongs to; NoSuchHook when it is none of ours."""
        found = self._links.attempt_of(provider, token)
        if found is None or provider not in self._providers:
            _pushes.labels("unknown", "no_such_hook").inc()
            raise NoSuchHook("There is nothing here.")
        return found

    async def receive(
        self, provider: str, attempt_id: UUID, headers: Mapping[str, str], body: bytes
    ) -> Challenge | bool:
        """Keep it, if it can be believed; False for what is there already. PushNotBelieved and
        PushNotVerified where it cannot.
        """
        async with self._db.view() as view:
            subject = await subject_of(view, attempt_id)
        if subject is None or subject.provider != provider:
            _pushes.labels("unknown", "no_such_hook").inc()
            raise NoSuchHook("There is nothing here.")
        if subject.is_of_nobody:
            _pushes.labels(provider, "of_nobody").inc()
            return False  # its owner was erased, and a report would bring back what was taken out
        verdict = await self._verdict(subject, headers, body)
        if isinstance(verdict, Challenge):
            _pushes.labels(provider, "challenge").inc()
            return verdict
        new = inbox.New(
            provider=provider,
            attempt_id=attempt_id,
            task_id=subject.task_id,
            trust="signed" if isinstance(verdict, Signed) else "hint",
            headers=_kept(headers),
            body=body,
            delivery_id=verdict.delivery_id if isinstance(verdict, Signed) else None,
        )
        is_new = await self._store(new)
        _pushes.labels(provider, new.trust if is_new else "repeated").inc()
        return is_new

    async def _verdict(
        self, subject: Subject, headers: Mapping[str, str], body: bytes
    ) -> Signed | Hint | Challenge:
        provider = self._providers[subject.provider]
        push = Push(
            headers, body, self._db.now().timestamp(), await self._credential(provider, subject)
        )
        try:
            trip = self._driver.traffic.trip(provider.name, "verify", _KEYS)
            verdict = await self._driver.carry(provider.verify_push(push), trip=trip)
        except (Unreached, Unsure) as error:
            _pushes.labels(provider.name, "not_verified").inc()
            log.warning("push_not_verified", provider=provider.name, reason=str(error))
            raise PushNotVerified("The signature cannot be checked just now.") from error
        except Exception as error:  # noqa: BLE001  # bytes that break an adapter are not believed
            log.warning("push_broke_adapter", provider=provider.name, error=repr(error))
            verdict = Forged("it could not be read")
        if not isinstance(verdict, Forged):
            return verdict
        if self._trusts_unsigned:
            log.warning("push_believed_unsigned", provider=provider.name, reason=verdict.reason)
            return Signed()
        _pushes.labels(provider.name, "forged").inc()
        log.debug("push_not_believed", provider=provider.name, reason=verdict.reason)
        raise PushNotBelieved("This does not come from the provider, or not in time.")

    async def _credential(self, provider: Provider, subject: Subject) -> Credential:
        """What the submission was made with; empty where that is gone, which opens no signature."""
        name = subject.credential or CUSTOMARY
        found = await self._credentials.recall(provider.name, provider.access, name)
        if found is None:
            log.warning("credential_gone", provider=provider.name, credential=name)
            return Credential(name, provider.access.root)
        return found


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as they are remembered: nobody's secrets, and nothing without end or U+0000."""
    return {
        name.replace("\0", ""): value.replace("\0", "")[:_LONGEST_HEADER]
        for name, value in headers.items()
        if name not in _SECRET
    }
