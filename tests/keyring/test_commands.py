"""The keyring by hand: what an operator types, and what is never typed."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.house.command import Done, Gesso, gesso

__all__ = ["gesso"]

SECRET, NEXT = "the-first-secret-by-hand-1111", "the-second-secret-by-hand-2222"


@pytest.fixture
def keyring(gesso: Gesso, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `gesso keyring` with something on standard input."""

    def run(*arguments: str, given: str = "", **environment: str) -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        plugins = '["tests.simulators.keyed"]'
        return gesso("keyring", *arguments, GESSO_PLUGINS=plugins, **environment)

    return run


def shown(keyring: Any, which: str) -> dict[str, Any]:
    done = keyring("show", which)
    assert done.returncode == 0, done
    return dict(json.loads(done.stdout))


def test_a_key_from_its_first_day_to_its_last(keyring: Any, tmp_path: Path) -> None:
    added = keyring("add", "keyed", "--label", "mine", "--per-minute", "60", given=f"{SECRET}\n")
    assert added.returncode == 0, added
    key_id = added.stdout.strip()
    listed = keyring("list").stdout
    assert "the…1111" in listed
    assert SECRET not in listed
    assert shown(keyring, "keyed/mine")["id"] == key_id
    changed = keyring("set", "keyed/mine", "--weight", "7", "--per-minute", "0", "--paused")
    assert changed.returncode == 0, changed
    now = shown(keyring, key_id)
    assert (now["weight"], now["per_minute"], now["state"]) == (7, None, "paused")
    assert keyring("rest", key_id, "--seconds", "60").returncode == 0
    assert shown(keyring, key_id)["rest_code"] == "by_hand"
    assert keyring("release", key_id).returncode == 0
    assert shown(keyring, key_id)["resting_until"] is None
    replaced = keyring("replace", key_id, "--from-env", KEYED_KEY=NEXT)
    assert replaced.returncode == 0, replaced
    new = shown(keyring, "keyed/mine")
    assert (new["id"], new["replaces"], new["weight"]) == (replaced.stdout.strip(), key_id, 7)
    rotated = keyring("rotate-master")
    assert rotated.returncode == 0, rotated
    assert "2 wrapped anew, 0 to go." in rotated.stdout
    assert len((tmp_path / "data" / "master.key").read_text().split()) == 1
    assert keyring("remove", "keyed/mine").returncode == 2  # it is not retired
    assert keyring("remove", key_id).returncode == 0
    assert keyring("show", key_id).returncode == 2
    told = [line["event"] for line in new["history"]]
    assert told == ["added"]


@pytest.mark.parametrize(
    ("arguments", "given", "told"),
    [
        (("keyed",), "", "Standard input"),
        (("keyed",), "short", "printable letters"),
        (("keyed",), '{"other": "a-secret-of-enough-letters"}', "consists of: key"),
        (("keyed",), "{nonsense", "neither a secret nor JSON"),
        (("nobody",), SECRET, "no provider 'nobody'"),
        (("studio",), SECRET, "no provider 'studio' that takes a key"),
        (("keyed", "--from-env"), "", "KEYED_KEY is not set"),
        (("keyed", "--root", "nowhere"), SECRET, "root"),
    ],
)
def test_what_is_no_key_is_told_in_a_sentence(
    keyring: Any, arguments: tuple[str, ...], given: str, told: str
) -> None:
    done = keyring("add", *arguments, "--label", "x", given=given)
    assert done.returncode == 2, done
    assert told in done.stderr
    assert SECRET not in done.stderr + done.stdout


def test_no_command_takes_a_secret_as_an_argument(keyring: Any) -> None:
    for command in ("add", "replace"):
        done = keyring(command, "--help")
        assert "secret" in done.stdout
        assert "--secret" not in done.stdout
        assert "--key" not in done.stdout


def test_a_master_key_from_a_service(keyring: Any, tmp_path: Path) -> None:
    plugin = {"GESSO_KEYRING__PLUGIN": "tests.unit.keyring.test_vault:services"}
    added = keyring("add", "keyed", "--label", "kept", given=SECRET, **plugin)
    assert added.returncode == 0, added
    assert shown_with(keyring, plugin)["master_key"] == "service-key-7"
    assert not (tmp_path / "data" / "master.key").exists()
    # Back to a file: both are readable, and the file's is in force from now on.
    rotated = keyring("rotate-master")
    assert rotated.returncode == 1  # nobody here can ask the service any more
    assert "cannot be opened" in rotated.stderr
    unknown = keyring("list", GESSO_KEYRING__PLUGIN="nobody.knows:this")
    assert (unknown.returncode, "cannot be had" in unknown.stderr) == (2, True)


def shown_with(keyring: Any, settings: dict[str, str]) -> dict[str, Any]:
    done = keyring("show", "keyed/kept", **settings)
    return dict(json.loads(done.stdout))
