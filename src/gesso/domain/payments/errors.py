"""What the room of payments refuses.

GessoError
├── NotFound
│   ├── NoSuchPackage      404  no package of this tenant
│   ├── NoSuchPayment      404  no payment that one may see
│   ├── NoSuchEvent        404  no such report of a gateway
│   └── NoSuchGateway      404  reports of this gateway are not taken here
├── EventNotVerified       400  a report without a signature that holds
├── EventUnreadable        400  a signed report that makes no sense
├── KeyMissing             400  a payment without an idempotency key
├── Invalid
│   ├── BadPackage         422  a package that cannot be
│   └── GatewayUnknown     422  money is not taken that way here
├── Conflict
│   ├── PackageNameTaken   409  another package has this name
│   ├── PackageRetired     409  the package is not for sale any more
│   ├── PackageChanged     409  the package has another version than was agreed to
│   ├── PaymentOver        409  the payment is not open any more
│   └── NotByHand          409  a gateway settles this payment, and nobody else
├── GatewayRefused         502  the gateway does not want this payment
└── Unavailable
    └── GatewayAway        503  the gateway cannot be reached
"""

from gesso.infra.errors import Conflict, GessoError, Invalid, NotFound, Unavailable


class NoSuchPackage(NotFound):
    """There is no such package for sale in the caller's tenant."""

    code = "no_such_package"


class NoSuchPayment(NotFound):
    """There is no such payment, or it is none that the caller may see."""

    code = "no_such_payment"


class NoSuchEvent(NotFound):
    """There is no such report of a gateway."""

    code = "no_such_payment_event"


class NoSuchGateway(NotFound):
    """Reports of this gateway are not taken here."""

    code = "no_such_gateway"


class EventNotVerified(GessoError):
    """The report carries no signature that holds, or one that is too old; nothing was stored."""

    status = 400
    code = "event_not_verified"


class EventUnreadable(GessoError):
    """The report is signed and is none that its gateway would send; nothing was stored."""

    status = 400
    code = "event_unreadable"


class KeyMissing(GessoError):
    """A payment needs an `Idempotency-Key`, so that asking again never makes a second one."""

    status = 400
    code = "idempotency_key_missing"


class BadPackage(Invalid):
    """The package's figures make no sense."""

    code = "bad_package"


class GatewayUnknown(Invalid):
    """Money is not taken in that way here; `gateways` lists the ways."""

    code = "gateway_unknown"


class PackageNameTaken(Conflict):
    """Another package of the tenant has this name."""

    code = "package_name_taken"


class PackageRetired(Conflict):
    """The package is not for sale any more."""

    code = "package_retired"


class PackageChanged(Conflict):
    """The package has changed since it was agreed to; `version` is the one in force."""

    code = "package_changed"


class PaymentOver(Conflict):
    """The payment is not open any more; `status` tells how it stands."""

    code = "payment_over"


class NotByHand(Conflict):
    """A gateway settles this payment by its own word; nobody confirms it by hand."""

    code = "not_by_hand"


class GatewayRefused(GessoError):
    """The gateway does not want this payment; the payment has failed."""

    status = 502
    code = "gateway_refused"


class GatewayAway(Unavailable):
    """The gateway cannot be reached; the same request with the same key goes on from there."""

    code = "gateway_away"
    retry_after = 5
