"""Sessions in browsers: three cookies, and what a write has to bring to be believed.

The access token is HttpOnly and goes with every request; the refresh token goes to the session's
own routes alone; the third cookie is for the page to read and send back as `X-CSRF-Token` (OWASP
CSRF Prevention Cheat Sheet: signed double submit, bound to the session). Under HTTPS their names
begin with `__Host-` or `__Secure-`, so that no neighbouring host can set them (RFC 6265bis, 4.1.3).
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from gesso.domain.sessions.errors import Forged
from gesso.domain.sessions.mint import Mint

CSRF_HEADER: Final = "X-CSRF-Token"
REFRESH_PATH: Final = "/api/v1/auth"
ACCESS_SECONDS: Final = 15 * 60
"""Longer than the token itself, so that a page with an old one is told to refresh."""

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_WRITTEN: Final = frozenset({"application/json", "application/octet-stream"})
_OURS: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Names:
    """What the cookies are called."""

    access: str
    refresh: str
    csrf: str


SECURE: Final = Names("__Host-gesso-access", "__Secure-gesso-refresh", "__Host-gesso-csrf")
PLAIN: Final = Names("gesso-access", "gesso-refresh", "gesso-csrf")


def names_for(request: Request, public_url: str) -> Names:
    """The names under which this browser has our cookies; others of the same host do not count."""
    is_secure = request.scope["scheme"] == "https" or public_url.startswith("https:")
    return SECURE if is_secure else PLAIN


def access_in(request: Request, public_url: str) -> str | None:
    """The access token that came along, if one did."""
    if "cookie" not in request.headers:
        return None
    return request.cookies.get(names_for(request, public_url).access) or None


def refresh_in(request: Request, public_url: str) -> str | None:
    """The refresh token that came along, if one did."""
    return request.cookies.get(names_for(request, public_url).refresh) or None


def csrf_token(mint: Mint, session_id: UUID) -> str:
    """What a page of this session sends as `X-CSRF-Token`."""
    made = mint.derive("csrf", session_id.bytes)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode("ascii")


def check_write(request: Request, mint: Mint, session_id: UUID, public_url: str) -> None:
    """Forged unless the request only reads, or is JSON or a file, which no form of another site
    can send, carries the session's token, and comes from a page of ours by the browser's own word.
    """
    if request.method in _READING:
        return
    if _media_type(request.headers.get("content-type", "")) not in _WRITTEN:
        raise Forged("A write by cookie is JSON by its content type.", missing="content_type")
    given = request.headers.get(CSRF_HEADER, "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, csrf_token(mint, session_id).encode()):
        raise Forged(f"A write by cookie carries {CSRF_HEADER}.", missing="csrf_token")
    if not _is_from_us(request, public_url):
        raise Forged("This write does not come from a page of ours.", missing="same_origin")


def put(
    response: Response,
    names: Names,
    *,
    access: str,
    refresh: str,
    csrf: str,
    seconds: int,
) -> None:
    """Have the browser keep these; `seconds` is what is left of the session."""
    is_secure = names is SECURE
    response.set_cookie(
        names.access, access, max_age=min(ACCESS_SECONDS, seconds),
        path="/", secure=is_secure, httponly=True, samesite="lax",
    )  # fmt: skip
    response.set_cookie(
        names.refresh, refresh, max_age=seconds,
        path=REFRESH_PATH, secure=is_secure, httponly=True, samesite="strict",
    )  # fmt: skip
    response.set_cookie(
        names.csrf, csrf, max_age=seconds, path="/", secure=is_secure, samesite="lax"
    )


def take_back(response: Response, names: Names) -> None:
    """Have the browser forget the session."""
    is_secure = names is SECURE
    for name, path in ((names.access, "/"), (names.refresh, REFRESH_PATH), (names.csrf, "/")):
        response.delete_cookie(name, path=path, secure=is_secure)


def seconds_left(expires_at: datetime, now: datetime) -> int:
    """Whole seconds until then, never below nought."""
    return max(0, int((expires_at - now).total_seconds()))


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_from_us(request: Request, public_url: str) -> bool:
    """By `Sec-Fetch-Site`, which no page can set; in older browsers by `Origin`."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OURS
    origin = request.headers.get("origin")
    if origin is None:
        return False
    here = f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    public = urlsplit(public_url)
    return origin in {here, f"{public.scheme}://{public.netloc}"}
