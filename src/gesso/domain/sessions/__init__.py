"""Sessions: what somebody who has signed in comes back with, for how long, and how it ends."""

from gesso.domain.sessions.answers import (
    COOKIES_HEADER,
    CookiesOut,
    SessionHouse,
    TokensOut,
    answer,
    in_cookies,
    put_cookies,
    take_cookies_back,
    visit_of,
)
from gesso.domain.sessions.errors import (
    BadRefreshToken,
    Forged,
    NoSigningKey,
    NoSuchSession,
    SessionNeeded,
    TokenReused,
    TooSoon,
)
from gesso.domain.sessions.family import refresh, session_of
from gesso.domain.sessions.guests import Guests
from gesso.domain.sessions.keys import (
    Strongbox,
    context_of,
    kid_of,
    newest,
    rotate,
    trusted,
)
from gesso.domain.sessions.mint import Mint
from gesso.domain.sessions.rules import Opened, Visit
from gesso.domain.sessions.schemes import SCHEMES
from gesso.domain.sessions.service import (
    begin,
    begin_service,
    end,
    end_all,
    end_service,
    end_tenants,
    erase,
    forget,
    forget_tokens,
    is_open,
)
from gesso.domain.sessions.tables import RefreshToken, SigningKey
from gesso.domain.sessions.tables import UserSession as Session

__all__ = [
    "COOKIES_HEADER",
    "SCHEMES",
    "BadRefreshToken",
    "CookiesOut",
    "Forged",
    "Guests",
    "Mint",
    "NoSigningKey",
    "NoSuchSession",
    "Opened",
    "RefreshToken",
    "Session",
    "SessionHouse",
    "SessionNeeded",
    "SigningKey",
    "Strongbox",
    "TokenReused",
    "TokensOut",
    "TooSoon",
    "Visit",
    "answer",
    "begin",
    "begin_service",
    "context_of",
    "end",
    "end_all",
    "end_service",
    "end_tenants",
    "erase",
    "forget",
    "forget_tokens",
    "in_cookies",
    "is_open",
    "kid_of",
    "newest",
    "put_cookies",
    "refresh",
    "rotate",
    "session_of",
    "take_cookies_back",
    "trusted",
    "visit_of",
]
