"""What the document says of tokens and cookies: each is as good as a key, wherever one is asked."""

from collections.abc import Mapping
from typing import Any, Final

from gesso.domain.identity import Role, scopes_for
from gesso.domain.sessions.cookies import CSRF_HEADER, SECURE

SCHEMES: Final[Mapping[str, Mapping[str, Any]]] = {
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a session, good for ten minutes.",
    },
    "session_cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": SECURE.access,
        "description": "The same in a browser's cookie, for whoever signs in with `Gesso-Cookies: "
        f"1`. Writes are JSON, come from a page of ours and carry `{CSRF_HEADER}`. Under plain "
        "HTTP the name has no prefix.",
    },
    "client_credentials": {
        "type": "oauth2",
        "description": "A tenant's program.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth/token",
                "scopes": {scope.value: "" for scope in sorted(scopes_for(Role.USER))},
            }
        },
    },
}
