"""What is refused to those who come in by somebody else's word.

GessoError
├── Invalid
│   └── BadReturn           422  not a path of this site
├── Forbidden
│   ├── SignInCancelled     403  the person, or the issuer, said no
│   ├── TokenRefused        403  what the issuer signed is not what we asked for; `reason` says why
│   ├── EmailMissing        403  the issuer tells no address
│   ├── EmailUnverified     403  the issuer does not say that the address is theirs
│   └── RoleNotAllowed      403  somebody of this role does not come in by this channel
├── Conflict
│   ├── SignInStale         409  not begun in this browser, used already, or too old
│   ├── TokenUsed           409  a token opens once
│   └── IdentityTaken       409  the identity is somebody else's already
└── Unavailable
    └── IssuerUnavailable   503  the issuer does not answer, or answers nonsense
"""

from gesso.infra.errors import Conflict, Forbidden, Invalid, Unavailable


class BadReturn(Invalid):
    """Where to go afterwards is no path of this site."""

    code = "bad_return_to"


class SignInCancelled(Forbidden):
    """The person changed their mind at the issuer, or the issuer refused them."""

    code = "sign_in_cancelled"


class TokenRefused(Forbidden):
    """What was signed is not what we asked for, or not for us; `reason` names the check."""

    code = "token_refused"

    def __init__(self, reason: str) -> None:
        super().__init__("The token cannot be accepted.", reason=reason)
        self.reason = reason


class EmailMissing(Forbidden):
    """The issuer tells no e-mail address, and an account needs one."""

    code = "email_missing"


class EmailUnverified(Forbidden):
    """The issuer does not say that the address is theirs, and the channel does not trust it."""

    code = "email_unverified"


class RoleNotAllowed(Forbidden):
    """Somebody of this role does not come in by this channel."""

    code = "role_not_allowed"


class SignInStale(Conflict):
    """This sign-in was not begun in this browser, was used already, or is too old; begin anew."""

    code = "sign_in_stale"


class TokenUsed(Conflict):
    """The token was used before; a partner makes a new one for each visit."""

    code = "token_used"


class IdentityTaken(Conflict):
    """This identity belongs to another account, or the account has another one of this issuer."""

    code = "identity_taken"


class IssuerUnavailable(Unavailable):
    """The issuer does not answer, or answers nonsense; try again."""

    code = "issuer_unavailable"
    retry_after = 5
