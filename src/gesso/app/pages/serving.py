"""Answers for whatever no route of the API takes: the pages' files, and the page itself for every
address that a person may open.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from gesso.app.pages.files import INDEX, PageFile, PageFiles
from gesso.app.pages.policy import media_origin, security_headers
from gesso.infra.settings import Settings
from gesso.infra.web import passage_of

Handler = Callable[[Any, Any, Any], Awaitable[None]]

BUILD_HEADER: Final = "Gesso-Build"
"""By which a page that is open finds out that there is a newer one."""
_OURS: Final = (
    "api", "auth", "oauth", ".well-known", "docs", "openapi.json", "health", "metrics", "assets",
)  # fmt: skip
"""First parts of paths where an unknown one is never a page."""
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASKED_AGAIN: Final = "no-cache"
_UNBUILT: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>gesso</title></head>
<body><main>
<h1>The pages are not built here</h1>
<p>In the folder of the source, <code>make pages</code> builds them; then start the server again.
A package of gesso has them inside, unless it was built with <code>GESSO_WEB=skip</code>.</p>
<p>The API works all the same: <a href="/docs">try it</a>.</p>
</main></body>
</html>
"""
_BARE: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def serve_pages(app: FastAPI, settings: Settings, pages: PageFiles | None) -> None:
    """Have `app` answer with these pages where none of its routes matches; API paths stay 404."""
    handler = _Pages(settings, pages, otherwise=app.router.default)
    app.router.default = handler


class _Pages:
    def __init__(self, settings: Settings, pages: PageFiles | None, *, otherwise: Handler) -> None:
        self._pages = pages
        self._otherwise = otherwise
        if pages is not None:
            self._headers = security_headers(
                scripts=pages.scripts, styles=pages.styles, media=media_origin(settings.storage)
            )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request that no route took."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._otherwise(scope, receive, send)
            return
        request = Request(scope)
        response = self._answer(request)
        if response is None:
            await self._otherwise(scope, receive, send)
            return
        # One page is many files, out of memory; they are not what an address is counted for.
        passage_of(request).is_counted = True
        scope["root_path"] = "pages"  # what metrics and logs call them
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        name = request.url.path.removeprefix("/")
        pages = self._pages
        if pages is None:
            return _unbuilt() if _is_page(request, name) else None
        file = pages.files.get(name)
        if file is not None and name != INDEX:
            return self._file(request, file)
        return self._page(request, pages) if _is_page(request, name) else None

    def _file(self, request: Request, file: PageFile) -> Response:
        encoding, content = file.form_for(request.headers.get("accept-encoding", ""))
        headers = {
            "cache-control": _FOREVER if file.is_immutable else _ASKED_AGAIN,
            "cross-origin-resource-policy": "same-origin",
            "etag": f'"{file.etag}-{encoding}"',
            "vary": "accept-encoding",
        }
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return _sent(request, file, encoding, content, headers)

    def _page(self, request: Request, pages: PageFiles) -> Response:
        file = pages.index
        encoding, content = file.form_for(request.headers.get("accept-encoding", ""))
        headers = {**self._headers, "cache-control": "no-store", "vary": "accept-encoding"}
        return _sent(request, file, encoding, content, headers)


def _sent(
    request: Request, file: PageFile, encoding: str, content: bytes, headers: dict[str, str]
) -> Response:
    if encoding != "identity":
        headers["content-encoding"] = encoding
    headers["content-type"] = file.content_type
    if request.method == "HEAD":
        return Response(headers={**headers, "content-length": str(len(content))})
    return Response(content, headers=headers)


def _is_page(request: Request, name: str) -> bool:
    """Whether a person may have opened this address; programs hear 404 as ever."""
    if not name:
        return True
    if name.partition("/")[0] in _OURS:
        return False
    return "text/html" in request.headers.get("accept", "")


def _unbuilt() -> Response:
    headers = {"cache-control": "no-store", "content-security-policy": _BARE}
    return Response(_UNBUILT, 503, headers, "text/html; charset=utf-8")
