"""What the HTTP shell itself refuses, before any room of the house sees the request.

GessoError
├── MalformedJson         400  the body is no JSON text in UTF-8
├── MalformedBody         400  the body cannot be read as what it claims to be
├── TooDeep               400  JSON nested deeper than anyone needs
├── MalformedQuery        400  the query holds what no text holds
├── MalformedPath         400  the path holds what no text holds
├── BodyTooSlow           408  the body did not arrive in time
├── BodyTooLarge          413  the body has more bytes than are taken
├── UnsupportedMediaType  415  the body is not JSON by its own account
├── HeadTooLarge          431  the first line and the headers have more bytes than are taken
├── Invalid
│   └── InvalidCursor     422  the cursor is none of this list's
└── Forbidden
    └── MissingScope      403  the credentials do not reach that far
"""

from gesso.infra.errors import Forbidden, GessoError, Invalid, TooLarge


class MalformedJson(GessoError):
    """The body is no JSON text in UTF-8 (RFC 8259); NaN and Infinity are no JSON either."""

    status = 400
    code = "malformed_json"


class MalformedBody(GessoError):
    """The body cannot be read as what its content type claims."""

    status = 400
    code = "malformed_body"


class TooDeep(GessoError):
    """The body's JSON is nested deeper than 32 levels."""

    status = 400
    code = "too_deep"


class MalformedQuery(GessoError):
    """The query string holds a NUL character."""

    status = 400
    code = "malformed_query"


class MalformedPath(GessoError):
    """The path holds a NUL character."""

    status = 400
    code = "malformed_path"


class BodyTooSlow(GessoError):
    """The body did not arrive in the time that the settings allow; the connection is closed."""

    status = 408
    code = "body_too_slow"


class BodyTooLarge(TooLarge):
    """The body has more bytes than the settings allow; the connection is closed."""

    code = "body_too_large"


class UnsupportedMediaType(GessoError):
    """The body does not call itself `application/json`."""

    status = 415
    code = "unsupported_media_type"


class HeadTooLarge(GessoError):
    """The first line and the headers have more than 64 KiB; the connection is closed."""

    status = 431
    code = "head_too_large"


class InvalidCursor(Invalid):
    """The cursor was not handed out by this list."""

    code = "bad_cursor"


class MissingScope(Forbidden):
    """The credentials were made without the scope that this needs; `scope` names it."""

    code = "missing_scope"
