"""What the room of identity refuses.

GessoError
├── TwoCredentials         400  a bearer and a cookie in one request
├── Invalid
│   ├── BadEmail           422  not an address that mail could reach
│   ├── BadTenantName      422  an empty or endless name
│   └── BadKeyRequest      422  a key that could never be used
├── Forbidden
│   ├── ScopeNotAllowed    403  the user's role does not carry this scope
│   ├── KeyTooWeak         403  a key cannot make, change or renew one that may do more than it
│   ├── AddressNotAllowed  403  the key may not be used from there
│   ├── HouseOnly          403  a thing of the house's, asked for by somebody of another tenant
│   └── RoleAbove          403  somebody, or a role, that is not below one's own
├── NotFound
│   ├── NoSuchTenant       404
│   ├── NoSuchChannel      404  no open door of this name
│   ├── NoSuchUser         404
│   └── NoSuchKey          404
└── Conflict
    ├── EmailTaken         409  somebody else has this address
    ├── KeyNotUsable       409  a key that is revoked or expired cannot be changed or renewed
    ├── LastOwner          409  nobody would be left to appoint admins
    ├── TenantNameTaken    409
    ├── TenantClosed       409  nobody comes in there any more
    ├── AccountErased      409  an account that was ended stays so
    ├── HouseTenant        409  the house's own tenant keeps its name and stays open
    └── TooManyKeys        409  a user has at most a hundred usable keys
"""

from gesso.infra.errors import Conflict, Forbidden, GessoError, Invalid, NotFound


class TwoCredentials(GessoError):
    """The request carries a bearer and a session's cookie; which one is meant is not guessed."""

    status = 400
    code = "two_credentials"


class BadEmail(Invalid):
    """The text is no e-mail address that mail could reach."""

    code = "bad_email"


class BadKeyRequest(Invalid):
    """A key that could never be used: without a name, without a scope, or expired already."""

    code = "bad_key_request"


class BadTenantName(Invalid):
    """A tenant's name is a short line of printable characters."""

    code = "bad_tenant_name"


class ScopeNotAllowed(Forbidden):
    """The user's role does not carry the scope that the key should have."""

    code = "scope_not_allowed"


class KeyTooWeak(Forbidden):
    """The key or token in use may do less than the one that it should make, change or renew."""

    code = "key_too_weak"


class AddressNotAllowed(Forbidden):
    """The key may be used from some addresses alone, and this is none of them."""

    code = "address_not_allowed"


class HouseOnly(Forbidden):
    """A thing of the house's own, which people of other tenants do not run."""

    code = "house_only"


class RoleAbove(Forbidden):
    """Only owners touch admins and owners; admins touch whoever is below them."""

    code = "role_above_yours"


class NoSuchTenant(NotFound):
    """There is no such tenant."""

    code = "tenant_not_found"


class NoSuchChannel(NotFound):
    """There is no channel of this name, or it is closed."""

    code = "channel_not_found"


class NoSuchUser(NotFound):
    """There is no such user in this tenant."""

    code = "user_not_found"


class NoSuchKey(NotFound):
    """The user has no such key."""

    code = "key_not_found"


class EmailTaken(Conflict):
    """A user of this tenant has this address already."""

    code = "email_taken"


class KeyNotUsable(Conflict):
    """The key is revoked or expired; make another."""

    code = "key_not_usable"


class TooManyKeys(Conflict):
    """The user has a hundred usable keys; revoke one first."""

    code = "too_many_keys"


class LastOwner(Conflict):
    """Nobody would be left who may appoint admins; make somebody else an owner first."""

    code = "last_owner"


class TenantNameTaken(Conflict):
    """Another tenant is called so."""

    code = "tenant_name_taken"


class TenantClosed(Conflict):
    """The tenant is closed: nobody comes in there any more."""

    code = "tenant_closed"


class AccountErased(Conflict):
    """The account is being erased, or was: it is not opened again."""

    code = "account_erased"


class HouseTenant(Conflict):
    """The house's own tenant keeps its name, and is not closed."""

    code = "house_tenant"
