"""Which limits apply to whom: compiled once from the settings, asked for every request."""

import re
from collections.abc import Mapping
from enum import Enum
from uuid import UUID

from gesso.domain.gate.doors import Door
from gesso.infra.limits import Rule
from gesso.infra.limits.settings import LimitsSettings, rate_of
from gesso.infra.web import Passage
from gesso.infra.web.proxies import Networks
from gesso.kit.rates import Rate


class Kind(Enum):
    """What kind of request a path makes it."""

    FREE = "free"
    """Asked for by whoever watches over the house."""
    MEDIA = "media"
    HOOK = "hook"
    SIGNIN = "signin"
    OTHER = "other"


_FREE = ("/health", "/metrics")
_SIGNIN = ("/api/v1/auth/", "/auth/", "/api/v1/oauth/", "/oauth/")
_NO_GUESS = ("/refresh", "/logout", "/channels")
"""What stands beside them and lets nobody guess who is let in."""
_MEDIA = ("/content", "/thumbnail")
_INTO = re.compile(r"(?:/api/v1)?/auth/(?:sso|handover)/([a-z0-9-]{1,40})(?:/[a-z]+)?")
"""Where a channel's own people come in; the path names it."""


def kind_of(path: str) -> Kind:
    """The kind; of a path that leads nowhere too."""
    if path.startswith("/api/v1/assets/") and path.endswith(_MEDIA):
        return Kind.MEDIA
    if path.startswith(_SIGNIN) and not path.endswith(_NO_GUESS):
        return Kind.SIGNIN
    if path.startswith("/hooks/"):
        return Kind.HOOK
    return Kind.FREE if path.startswith(_FREE) else Kind.OTHER


def channel_in(path: str) -> str | None:
    """The channel by whose own way in this path leads, if it is one."""
    found = _INTO.fullmatch(path)
    return found[1] if found else None


class Rules:
    """The limits of the settings, and whom they concern."""

    def __init__(self, settings: LimitsSettings) -> None:
        self._spare = Networks(settings.spare)
        by_address = {
            Kind.OTHER: ("ip", settings.ip),
            Kind.MEDIA: ("media", settings.media),
            Kind.HOOK: ("hooks", settings.hooks),
            Kind.SIGNIN: ("signin", settings.signin),
        }
        self._by_address = {
            kind: (name, rate)
            for kind, (name, text) in by_address.items()
            if (rate := rate_of(text)) is not None
        }
        self._user, self._key = rate_of(settings.user), rate_of(settings.key)
        self._submits = rate_of(settings.submits)
        self._operations: Mapping[str, Rate] = {
            name: rate
            for name, text in settings.operations.items()
            if (rate := rate_of(text)) is not None
        }

    def is_spared(self, address: str) -> bool:
        """Whether this address is not counted as one."""
        return self._spare.holds(address)

    def of_address(self, passage: Passage) -> list[Rule]:
        """What concerns a stranger, of whom only the address is known."""
        found = self._by_address.get(kind_of(passage.path))
        if found is None or not passage.address or self._spare.holds(passage.address):
            return []
        name, rate = found
        return [Rule(name, f"{name}:{passage.counted_as}", rate)]

    def of_request(self, passage: Passage, door: Door | None) -> list[Rule]:
        """What concerns a request whose caller is known; a stranger's address where nobody is.

        Callers are counted as who they are: many of them may come from one address, as the users of
        one app's server do.
        """
        rules = self.of_address(passage) if passage.user_id is None else self._of_caller(passage)
        return rules + self._of_door(passage, door) if door is not None else rules

    def of_submit(
        self, passage: Passage, user_id: UUID, operation: str, door: Door | None
    ) -> list[Rule]:
        """What concerns asking for a task of this type."""
        rules = []
        if self._submits is not None:
            rules.append(Rule("submits", f"submits:{user_id.hex}", self._submits))
        rate = self._operations.get(operation)
        if rate is not None:
            rules.append(Rule(operation, f"operation:{operation}:{user_id.hex}", rate))
        if door is not None and door.submits is not None and _is_of(passage, door):
            rules.append(Rule("channel-submits", f"channel-submits:{door.id.hex}", door.submits))
        return rules

    def _of_caller(self, passage: Passage) -> list[Rule]:
        rules = []
        if self._user is not None and passage.user_id is not None:
            rules.append(Rule("user", f"user:{passage.user_id.hex}", self._user))
        if self._key is not None and passage.key_id is not None:
            rules.append(Rule("key", f"key:{passage.key_id.hex}", self._key))
        return rules

    def _of_door(self, passage: Passage, door: Door) -> list[Rule]:
        """What concerns coming in by this door.

        Anybody can name it. So only the callers of its tenant count together; strangers count by
        their network, and callers of other tenants as who they are and no more.
        """
        rules = []
        by_network = bool(passage.address) and not self._spare.holds(passage.address)
        if door.requests is not None:
            if _is_of(passage, door):
                rules.append(Rule("channel", f"channel:{door.id.hex}", door.requests))
            elif passage.user_id is None and by_network:
                key = f"channel:{door.id.hex}:{passage.counted_as}"
                rules.append(Rule("channel", key, door.requests))
        if door.signins is not None and by_network and kind_of(passage.path) is Kind.SIGNIN:
            key = f"channel-signins:{door.id.hex}:{passage.counted_as}"
            rules.append(Rule("channel-signins", key, door.signins))
        return rules


def _is_of(passage: Passage, door: Door) -> bool:
    """Whether the caller is known, and of the door's tenant."""
    return passage.user_id is not None and passage.tenant_id == door.tenant_id
