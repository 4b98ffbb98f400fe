"""Identity: who somebody is, which keys their programs hold, and what those allow."""

from gesso.domain.identity.access import CallerDep, GuardedHouse, OperatorDep, require
from gesso.domain.identity.doorkeeper import Doorkeeper
from gesso.domain.identity.errors import (
    BadEmail,
    BadKeyRequest,
    EmailTaken,
    NoSuchKey,
    NoSuchUser,
    ScopeNotAllowed,
    TooManyKeys,
)
from gesso.domain.identity.rules import Caller, Role, Scope, scopes_for
from gesso.domain.identity.service import (
    authenticate,
    create_key,
    create_user,
    find_user,
    get_user,
    list_keys,
    revoke_key,
)
from gesso.domain.identity.tables import ApiKey, Tenant, User

__all__ = [
    "ApiKey",
    "BadEmail",
    "BadKeyRequest",
    "Caller",
    "CallerDep",
    "Doorkeeper",
    "EmailTaken",
    "GuardedHouse",
    "NoSuchKey",
    "NoSuchUser",
    "OperatorDep",
    "Role",
    "Scope",
    "ScopeNotAllowed",
    "Tenant",
    "TooManyKeys",
    "User",
    "authenticate",
    "create_key",
    "create_user",
    "find_user",
    "get_user",
    "list_keys",
    "require",
    "revoke_key",
    "scopes_for",
]
