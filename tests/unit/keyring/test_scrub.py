"""A secret is put out of a text in whatever dress it comes back; the rest of the text stays."""

import base64
import json
import logging
from io import StringIO
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gesso.infra.logs import keep_out, set_up_logs
from gesso.kit.scrub import HIDDEN, deeply_scrubbed, scrubbed
from gesso.providers import Accepted, Credential, Delivered, Failed, Piece, Refused
from gesso.providers.discretion import discreet

SECRET = "canary/9f86d081+884c7d65=9a2feaa0"
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=60)
around = st.binary(max_size=7)


@given(secrets, around, around)
def test_no_form_of_a_secret_is_left(secret: str, before: bytes, after: bytes) -> None:
    raw = before + secret.encode() + after
    forms = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        secret.encode().hex(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }
    core = base64.b64encode(raw).decode()
    for form in forms:
        text = scrubbed(f"You sent '{form}'.", [secret])
        assert text.startswith("You sent '")
        assert HIDDEN in text
        assert secret not in text
    assert core not in scrubbed(core, [secret])


def test_a_part_of_a_secret_is_put_out_and_words_are_not() -> None:
    assert scrubbed(f"a key like {SECRET[:20]}… is wrong", [SECRET]) == (
        f"a key like {HIDDEN}… is wrong"
    )
    assert scrubbed("a canary is a bird", [SECRET]) == "a canary is a bird"
    assert scrubbed("short secrets are words", ["short"]) == "short secrets are words"


def test_what_is_nested_is_scrubbed_too() -> None:
    told = {"a": [f"x{SECRET}", 1, None, {SECRET: (SECRET,)}]}
    assert deeply_scrubbed(told, [SECRET]) == {"a": [f"x{HIDDEN}", 1, None, {HIDDEN: [HIDDEN]}]}


@pytest.mark.parametrize(
    "verdict",
    [
        Refused(f"code {SECRET}", f"no: {SECRET}", again=True, after=1.0),
        Failed("x", f"no: {base64.b64encode(SECRET.encode()).decode()}", cost=3),
        Accepted(f"id-{SECRET}", metadata={"said": [SECRET]}),
        Delivered((Piece(url="https://example.org/x"),), value={"said": SECRET}, cost=1),
    ],
    ids=lambda verdict: type(verdict).__name__,
)
def test_a_verdict_is_told_without_the_secret(
    verdict: Refused | Failed | Accepted | Delivered,
) -> None:
    told = discreet(verdict, Credential("x", "", {"key": SECRET}))
    assert type(told) is type(verdict)
    assert SECRET[:12] not in repr(told)
    assert base64.b64encode(SECRET.encode()).decode()[:12] not in repr(told)


def test_a_secret_in_use_is_in_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    keep_out([SECRET])
    root = logging.getLogger()
    before, level = root.handlers, root.level
    try:
        set_up_logs("info", "json", stream=stream)
        log = structlog.get_logger()
        log.info("told", reason=f"your key {SECRET}", nested={"deep": [SECRET]})
        logging.getLogger("library").warning("failed with %s", quote(SECRET, safe=""))
        try:
            raise LookupError(SECRET)
        except LookupError:
            logging.getLogger("library").exception("broke")
    finally:
        root.handlers = before
        root.setLevel(level)
        structlog.reset_defaults()
    assert "told" in stream.getvalue()
    assert SECRET[:12] not in stream.getvalue()
