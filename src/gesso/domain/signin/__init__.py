"""Sign-in: how people prove who they are, and who they are to us once they have."""

from gesso.domain.signin.arrivals import Arrival, Arrived, arrive, link
from gesso.domain.signin.desk import Desk, SigninHouse, desk_of, pepper_of
from gesso.domain.signin.errors import AddressTaken, NotFresh, NotLetIn
from gesso.domain.signin.forgetting import forget
from gesso.domain.signin.handover import forget_uses
from gesso.domain.signin.hasher import Hasher
from gesso.domain.signin.oidc import forget_transactions
from gesso.domain.signin.oidc_issuers import Issuers
from gesso.domain.signin.passwords import require_fresh
from gesso.domain.signin.ways import erase, require_room

__all__ = [
    "AddressTaken",
    "Arrival",
    "Arrived",
    "Desk",
    "Hasher",
    "Issuers",
    "NotFresh",
    "NotLetIn",
    "SigninHouse",
    "arrive",
    "desk_of",
    "erase",
    "forget",
    "forget_transactions",
    "forget_uses",
    "link",
    "pepper_of",
    "require_fresh",
    "require_room",
]
