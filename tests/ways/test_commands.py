"""Channels from the command line, with no server."""

import io
import json

import pytest

from tests.house.command import Gesso, gesso

__all__ = ["gesso"]

SECRET = "a secret from standard input"
CREATE = (
    "channels", "create", "acme", "--kind", "oidc", "--name", "Acme",
    "--issuer", "https://accounts.example", "--client-id", "gesso", "--secret",
)  # fmt: skip


def test_a_channel_is_made_changed_and_closed(
    gesso: Gesso, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    missing = gesso(*CREATE)
    assert (missing.returncode, missing.stderr) == (2, "gesso: There is no tenant 'default'.\n")
    gesso("user", "create", "anna@example.org")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    facts = ("--set", 'start_credits="5"', "--set", 'hosts=["acme.example"]')
    made = gesso(*CREATE, *facts)
    assert made.stdout == "http://127.0.0.1:8000/auth/sso/acme/callback\n", made
    shown = gesso("channels", "show", "acme").stdout
    assert SECRET not in shown
    assert json.loads(shown)["secret"]["mask"] == "a s…nput"
    assert json.loads(shown)["start_credits"] == "5"
    wrong = gesso("channels", "set", "acme", "--set", "default_role=admin")
    assert wrong.stderr == "gesso: The default role is one of the allowed ones.\n"
    assert gesso("channels", "set", "acme", "--set", "name=New").stdout == "acme is changed.\n"
    assert gesso("channels", "close", "acme").stdout == "acme is closed.\n"
    (row,) = [line for line in gesso("channels", "list").stdout.splitlines() if "acme" in line]
    assert row.split()[:4] == ["acme", "New", "oidc", "no"]
    assert gesso("channels", "show", "nobody").returncode == 2
    assert gesso("channels", "set", "acme", "--set", "unheard=1").returncode == 2
