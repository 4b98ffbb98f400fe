"""The token endpoint's language: OAuth 2.0 (RFC 6749) as far as client credentials go.

Its refusals are those of the RFC and not our problems, because the libraries of others read them.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote_plus

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

FORM: Final = "application/x-www-form-urlencoded"
GRANT: Final = "client_credentials"
_MOST_FIELDS: Final = 20
_FRESH: Final = {"cache-control": "no-store", "pragma": "no-cache"}

Code = Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]


class Denied(Exception):
    """The request is refused with one of the RFC's codes (section 5.2)."""

    def __init__(self, code: Code, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


@dataclass(frozen=True, slots=True)
class Wish:
    """A client that wants a token, and what for."""

    client_id: str
    secret: str
    scopes: frozenset[str]
    """None of them: all that the client has."""


def read(headers: Headers, body: bytes) -> Wish:
    """What the request says; Denied where it is not what the RFC describes."""
    fields = _fields(headers, body)
    client_id, secret = _credentials(headers, fields)
    grant = fields.get("grant_type")
    if grant is None:
        raise Denied("invalid_request", "grant_type is missing")
    if grant != GRANT:
        raise Denied("unsupported_grant_type", f"grant_type is {GRANT} here")
    return Wish(client_id, secret, frozenset(fields.get("scope", "").split()))


def granted(token: str, *, seconds: int, scopes: Iterable[str]) -> JSONResponse:
    """The answer with the token (section 5.1); there is no refresh token with it (4.4.3)."""
    body = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": " ".join(sorted(scopes)),
    }
    return JSONResponse(body, headers=_FRESH)


def refusal(denied: Denied) -> JSONResponse:
    """The answer without one."""
    headers, status = dict(_FRESH), 400
    if denied.code == "invalid_client":
        status = 401
        headers["www-authenticate"] = 'Basic realm="gesso", charset="UTF-8"'
    body = {"error": denied.code, "error_description": denied.description}
    return JSONResponse(body, status, headers=headers)


def _fields(headers: Headers, body: bytes) -> dict[str, str]:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Denied("invalid_request", f"the body is {FORM}")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise Denied("invalid_request", "the body cannot be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Denied("invalid_request", "a parameter stands there twice")
    return fields


def _credentials(headers: Headers, fields: Mapping[str, str]) -> tuple[str, str]:
    """Who the client says it is, by header or in the body, and never both (section 2.3)."""
    header = headers.get("authorization")
    if header is None:
        if not fields.get("client_id") or not fields.get("client_secret"):
            raise Denied("invalid_client", "client_id and client_secret are missing")
        return fields["client_id"], fields["client_secret"]
    if "client_secret" in fields:
        raise Denied("invalid_request", "the client proves itself in one way, not in two")
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        raise Denied("invalid_client", "the scheme is Basic here")
    try:
        text = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Denied("invalid_client", "the header cannot be read") from error
    client_id, _, secret = text.partition(":")
    if fields.get("client_id", client_id) != client_id:
        raise Denied("invalid_request", "two clients in one request")
    return unquote_plus(client_id), unquote_plus(secret)
