"""What a browser gets on its way in: the next address, or a sentence about what went wrong."""

from html import escape
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from gesso.infra.errors import GessoError

_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign-in</title></head>
<body data-code="{code}"><main><h1>Sign-in</h1><p>{detail}</p>{again}</main></body>
</html>
"""
_FRESH: Final = {"cache-control": "no-store"}
_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def goes_to(place: str) -> Response:
    """The browser goes there by GET, and keeps nothing of how it got there."""
    return Response(status_code=303, headers={"location": place, **_FRESH})


def is_browser(request: Request) -> bool:
    """Whether somebody looks at the answer, rather than a program."""
    return "text/html" in request.headers.get("accept", "")


def told(request: Request, error: GessoError, again: str | None) -> Response:
    """The refusal as a page for people, with a way to begin again; programs get it as always.

    Where the web pages are served, theirs tells it, by its code and the channel that refused.
    """
    if not is_browser(request):
        raise error
    page_of_ours = getattr(request.app.state, "signin_page", None)
    if page_of_ours is not None:
        facts = {"refused": error.kind, "by": request.path_params.get("slug", "")}
        return goes_to(f"{page_of_ours}?{urlencode(facts)}")
    link = f'<p><a href="{escape(again)}">Try again</a></p>' if again else ""
    page = _PAGE.format(code=escape(error.kind), detail=escape(error.message), again=link)
    headers = {**_FRESH, "content-security-policy": _POLICY}
    return Response(page, error.status, headers, "text/html; charset=utf-8")
