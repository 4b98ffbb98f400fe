"""The web pages as they leave the server: what is a page, in which form, with which headers."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from gesso.app.pages import BUILD_HEADER, open_pages, serve_pages
from gesso.app.pages.policy import media_origin
from gesso.infra.settings import Settings
from gesso.infra.storage.settings import StorageSettings
from gesso.infra.web import mount, new_application

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = b"<!doctype html><title>gesso</title>" + b" " * 2000
SCRIPT = b"console.log('gesso')" * 100


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


async def ask(
    app: FastAPI, path: str, headers: Mapping[str, str] = HTML, method: str = "GET"
) -> Answer:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": raw, "scheme": "http", "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(each.get("body", b"") for each in sent[1:])
    return Answer(sent[0]["status"], told, body)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "index.html.gz").write_bytes(gzip.compress(PAGE))
    (tmp_path / "mark.svg").write_text("<svg/>")
    (assets / "index-abc.js").write_bytes(SCRIPT)
    (assets / "index-abc.js.br").write_bytes(b"as brotli")
    (assets / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "face.woff2").write_bytes(b"wOF2")
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    facts = {"build": "b1", "scripts": ["sha256-abc="], "styles": []}
    (tmp_path / "pages.json").write_text(json.dumps(facts))
    return tmp_path


def application(folder: Path, **settings: Any) -> FastAPI:
    pages = open_pages(folder)
    headers = {BUILD_HEADER: pages.build} if pages else {}
    chosen = Settings(data_dir=folder / "data", **settings)
    app = new_application(chosen.server, title="t", version="1", headers=headers)
    router = APIRouter(prefix="/api/v1")

    @router.post("/things")
    async def make_thing() -> dict[str, str]:
        return {}

    mount(app, router)
    serve_pages(app, chosen, pages)
    return app


async def test_any_address_that_a_person_opens_is_the_page(built: Path) -> None:
    app = application(built)
    for path in ("/", "/workspace", "/tasks/task_01m82jywqcfjws4nn0ecbvhap9", "/no/such/place"):
        answer = await ask(app, path)
        assert (answer.status, answer.body) == (200, PAGE), path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["gesso-build"] == "b1"


async def test_what_is_the_apis_stays_the_apis(built: Path) -> None:
    app = application(built)
    for path in ("/api", "/api/v1/nothing", "/auth/nothing", "/assets/gone.js", "/health/nothing"):
        answer = await ask(app, path)
        assert (answer.status, answer.code) == (404, "not_found"), path
    assert (await ask(app, "/api/v1/things")).status == 405
    assert (await ask(app, "/workspace", method="POST")).code == "not_found"
    assert (await ask(app, "/workspace", {"accept": "*/*"})).code == "not_found"


async def test_a_hashed_file_may_be_kept_for_ever(built: Path) -> None:
    answer = await ask(application(built), "/assets/index-abc.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    font = await ask(application(built), "/assets/face.woff2")
    assert font.headers["content-type"] == "font/woff2"
    assert "immutable" not in (await ask(application(built), "/mark.svg")).headers["cache-control"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"as brotli"),
        ("gzip", "gzip", SCRIPT),
        ("br;q=0, gzip;q=0.5", "gzip", SCRIPT),
        ("", None, SCRIPT),
    ],
    ids=["all", "gzip", "no brotli", "none"],
)
async def test_a_file_leaves_in_the_best_form(
    built: Path, accepted: str, encoding: str | None, body: bytes
) -> None:
    answer = await ask(application(built), "/assets/index-abc.js", {"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    plain = gzip.decompress(answer.body) if encoding == "gzip" else answer.body
    assert plain == body
    assert answer.headers["vary"] == "accept-encoding"


async def test_what_a_browser_has_is_not_sent_again(built: Path) -> None:
    app = application(built)
    first = await ask(app, "/mark.svg")
    again = await ask(app, "/mark.svg", {"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = await ask(app, "/mark.svg", method="HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", "6")


async def test_a_page_may_do_nothing_that_is_not_of_this_origin(built: Path) -> None:
    policy = (await ask(application(built), "/")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval' 'sha256-abc='"
    assert rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "'unsafe-" not in policy  # of WebAssembly alone, above
    assert "http" not in policy


async def test_pictures_may_come_from_the_bucket_that_hands_them_out(built: Path) -> None:
    storage = {
        "kind": "s3", "bucket": "media", "endpoint": "http://10.0.0.5:9000",
        "public_endpoint": "https://files.example.org", "access_key": "a", "secret_key": "b",
    }  # fmt: skip
    assert media_origin(StorageSettings.model_validate(storage)) is None
    app = application(built, storage={**storage, "downloads": "redirect"})
    policy = (await ask(app, "/")).headers["content-security-policy"]
    assert "img-src 'self' blob: data: https://files.example.org;" in policy


async def test_nothing_outside_the_build_is_served(built: Path) -> None:
    (built.parent / "secret.txt").write_text("secret")
    app = application(built)
    for path in (
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/.vite/manifest.json",
        "/pages.json",
    ):
        assert b"secret" not in (await ask(app, path, {"accept": "*/*"})).body
        assert (await ask(app, path, {"accept": "*/*"})).status == 404


async def test_where_nothing_was_built_the_start_says_how(tmp_path: Path) -> None:
    app = application(tmp_path)
    answer = await ask(app, "/")
    assert answer.status == 503
    assert b"make pages" in answer.body
    assert (await ask(app, "/api/v1/nothing")).code == "not_found"
