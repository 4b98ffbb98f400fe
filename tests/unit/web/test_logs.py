"""Logs: no secret gets through, by whatever door it comes."""

import json
import subprocess
import sys

import pytest

from gesso.infra.logs import redact

KEY = "gsk_Ab3dEf9h_" + "x7" * 19


@pytest.mark.parametrize(
    ("fields", "leak"),
    [
        ({"header": f"Bearer {KEY}"}, "x7x7"),
        ({"text": f"the key {KEY} was refused"}, "x7x7"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, "dXNlcjpwY"),
        ({"headers": {"authorization": "opensesame-opensesame"}}, "opensesame-"),
        ({"headers": [("cookie", "a"), {"Set-Cookie": "session=opensesame"}]}, "session"),
        ({"url": "postgresql://gesso:swordfish@db/gesso"}, "swordfish"),
        ({"api_key": "opensesame"}, "opensesame"),
        ({"webhook_secret": b"opensesame"}, "opensesame"),
        ({"exception": f"ValueError: bad key {KEY}"}, "x7x7"),
        ({"jwt": "eyJhbGciOiJub25l.eyJzdWIiOiJhbm5h.c2lnbmF0dXJl"}, "eyJzdWI"),
        ({"provider": "key sk-" + "example" * 4}, "exampleexample"),
    ],
)
def test_secrets_are_masked_wherever_they_stand(fields: dict[str, object], leak: str) -> None:
    assert leak in str(fields).replace("b'", "'")
    assert leak not in str(redact(None, "info", {"event": "x", **fields}))


def test_what_is_no_secret_is_left_alone() -> None:
    event = {
        "event": "task_finished",
        "task_id": "task_01jd3v8k2m5q7r9t1w3y5z7b9d",
        "key_id": "0190d2c1-c8b0-7ad0-b6b1-f0a2c3d4e5f6",
        "seconds": 1.5,
        "pieces": [1, {"status": "ready"}],
        "url": "http://127.0.0.1:8000/assets",
    }
    assert redact(None, "info", dict(event)) == event


def test_a_key_that_was_masked_can_still_be_told_from_others() -> None:
    assert redact(None, "info", {"text": KEY})["text"] == "gsk_Ab3dEf9h…"


@pytest.mark.parametrize("head", ["gsr_", "gcs_"])
def test_refresh_tokens_and_secrets_of_clients_are_masked(head: str) -> None:
    secret = head + "Zx_9-" * 8
    assert secret[8:-4] not in str(redact(None, "info", {"text": f"it was {secret}"}))


def log_lines(form: str) -> list[str]:
    """What a process of its own writes; setting up logs is for the whole process."""
    program = f"""
import logging, structlog
from gesso.infra.logs import debug_is_on, set_up_logs
set_up_logs("info", "{form}")
structlog.contextvars.bind_contextvars(trace_id="0af7")
log = structlog.get_logger("gesso.test")
log.debug("too_quiet")
log.info("task_finished", task_id="task_1", presented="{KEY}")
logging.getLogger("uvicorn.error").warning("from a library, with %s", "{KEY}")
logging.getLogger("uvicorn.access").info("GET / 200")
try:
    raise ValueError("{KEY}")
except ValueError:
    log.exception("step_crashed")
assert not debug_is_on()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_machines_get_one_object_a_line_from_us_and_from_libraries() -> None:
    ours, theirs, crash = [json.loads(line) for line in log_lines("json")]
    assert (ours["event"], ours["level"], ours["trace_id"]) == ("task_finished", "info", "0af7")
    assert (ours["logger"], ours["presented"]) == ("gesso.test", "gsk_Ab3dEf9h…")
    assert theirs["event"] == "from a library, with gsk_Ab3dEf9h…"
    assert "ValueError: gsk_Ab3dEf9h…" in crash["exception"]


def test_people_get_text() -> None:
    lines = log_lines("text")
    assert "task_finished" in lines[0]
    assert "task_id=task_1" in lines[0]
    assert not any("x7x7" in line for line in lines)
