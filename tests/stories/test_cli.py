"""The command line, as people and scripts use it: the real program, in a house of its own."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.house.command import Done, Gesso, surroundings
from tests.house.s3 import Bucket

BIN = Path(sys.executable).parent


@pytest.fixture
def program(tmp_path: Path) -> Gesso:
    """Runs the installed program: what serves needs a process of its own."""

    def run(*arguments: str) -> Done:
        done = subprocess.run(
            [BIN / "gesso", *arguments],
            cwd=tmp_path,
            env=surroundings(tmp_path),
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def wait_for(address: str) -> None:
    """Wait until the server there is ready; the test's own timeout bounds it."""
    while True:
        with suppress(OSError), urllib.request.urlopen(f"{address}/health/ready", timeout=5):
            return
        time.sleep(0.1)


def change(folder: Path, statement: str) -> None:
    """Change the database behind gesso's back."""
    connection = sqlite3.connect(folder / "data" / "gesso.db")
    with connection:
        connection.execute(statement)
    connection.close()


def test_help_loads_nothing_heavy() -> None:
    heavy = {"sqlalchemy", "pydantic", "fastapi", "aiohttp", "alembic", "numpy", "rich"}
    code = f"import sys, gesso.app.cli; print(*({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_key_is_printed_once_and_alone(gesso: Gesso) -> None:
    assert "12.5 credits" in gesso("user", "create", "Anna@example.com", "--credits", "12.5").stdout
    made = gesso("key", "create", "anna@example.com", "--expires-days", "7")
    assert re.fullmatch(r"gsk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}\n", made.stdout)
    key = made.stdout.strip()
    listed = gesso("key", "list", "anna@example.com").stdout
    assert key[:12] in listed
    assert key not in listed
    rotated = gesso("key", "rotate", key, "--overlap", "60")
    assert (rotated.returncode, rotated.stdout.strip()[:4]) == (0, "gsk_")
    assert key not in rotated.stdout + rotated.stderr
    bound = gesso("key", "create", "anna@example.com", "--address", "192.0.2.0/24")
    assert "from 192.0.2.0/24" in bound.stderr
    assert gesso("key", "create", "anna@example.com", "--address", "nowhere").returncode == 2
    assert "opens nothing" in gesso("key", "revoke", key).stdout
    assert "revoked" in gesso("key", "list", "anna@example.com").stdout


def test_somebody_is_shut_out_by_an_operator(gesso: Gesso) -> None:
    gesso("user", "create", "anna@example.com")
    erased = gesso("user", "erase", "anna@example.com", "--yes")
    assert (erased.returncode, erased.stdout[:8]) == (0, "erasure_")
    told = gesso("user", "erasure", erased.stdout.strip()).stdout
    assert json.loads(told)["state"] == "asked"
    assert gesso("user", "erasure", "nonsense").returncode == 2
    assert "anna@example.com" not in gesso("user", "list").stdout
    assert gesso("user", "create", "anna@example.com").returncode == 0


def test_a_person_is_taken_in_whole_or_not_at_all(gesso: Gesso) -> None:
    assert gesso("user", "create", "anna@example.com", "--credits", "5").returncode == 0
    again = gesso("user", "create", "anna@example.com", "--credits", "5")
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    assert "5 credits available" in gesso("wallet", "show", "anna@example.com").stdout
    assert json.loads(gesso("audit", "--json").stdout)["clean"] is True


def test_a_grant_with_a_reference_is_made_once(gesso: Gesso) -> None:
    gesso("user", "create", "anna@example.com")
    for _ in range(2):
        done = gesso("wallet", "grant", "anna@example.com", "0.25", "--reference", "invoice 7")
        assert done.returncode == 0
    assert "Nothing given" in done.stdout
    assert "0.25 credits available" in gesso("wallet", "show", "anna@example.com").stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "word"),
    [
        (["audit"], {}, "no database"),
        (["user", "create", "a@example.com", "--data-dir", "/proc/x"], {}, "/proc/x"),
        (["user", "create", "nobody"], {}, "e-mail"),
        (["user", "create", "a@example.com", "--credits", "much"], {}, "much"),
        (["audit"], {"GESSO_SERVER__PORT": "many"}, "GESSO_SERVER__PORT"),
        (["queue", "list"], {"GESSO_CATALOG": "missing.yaml"}, "missing.yaml"),
        (["serve"], {"GESSO_CATALOG": "missing.yaml"}, "missing.yaml"),
        (["serve"], {"GESSO_PLUGINS": '["nowhere"]'}, "nowhere"),
        (
            ["generate", "text_to_image", "x", "--url", "http://127.0.0.1:9", "--key", "k"],
            {},
            "could not be reached",
        ),
        (
            ["user", "list"],
            {"GESSO_DATABASE__URL": "postgresql+asyncpg://nobody@127.0.0.1:9/none"},
            "away",
        ),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    gesso: Gesso, arguments: list[str], environment: dict[str, str], word: str
) -> None:
    done = gesso(*arguments, **environment)
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_where_an_error_comes_from(program: Gesso) -> None:
    assert "Traceback" in program("--debug", "user", "list").stderr


def test_an_audit_that_finds_something_exits_with_one(gesso: Gesso, tmp_path: Path) -> None:
    gesso("user", "create", "anna@example.com", "--credits", "5")
    change(tmp_path, "update wallet set posted = posted + 1")
    told, plain = gesso("audit"), gesso("audit", "--json")
    assert (told.returncode, plain.returncode) == (1, 1)
    assert "not clean" in told.stdout
    broken = [check for check in json.loads(plain.stdout)["checks"] if check["breaches"]]
    assert broken
    assert all(check["rows"] for check in broken)


def test_a_database_that_has_drifted_is_told(gesso: Gesso, tmp_path: Path) -> None:
    assert "from nothing" in gesso("db", "upgrade").stdout
    assert "already" in gesso("db", "upgrade").stdout
    checked = gesso("db", "check")
    assert (checked.returncode, checked.stderr) == (0, "")
    change(tmp_path, "create table leftover (id integer)")
    drifted = gesso("db", "check")
    assert drifted.returncode == 1
    assert "leftover" in drifted.stderr
    change(tmp_path, "update alembic_version set version_num = '0001'")
    assert gesso("db", "check").returncode == 1
    assert gesso("user", "list").returncode == 2


def test_a_bill_is_compared_with_the_books(gesso: Gesso, tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_text("job,usd,day\nx,0.5,2026-06-03\n")
    named = ("--id", "job", "--cost", "usd", "--at", "day")
    assert gesso("user", "create", "anna@example.org").returncode == 0
    assert "1 lines of acme" in gesso("reconcile", "import", "acme", str(bill), *named).stdout
    assert gesso("reconcile", "import", "acme", str(bill)).returncode == 2
    shown = gesso("reconcile", "--from", "2026-06-01", "--to", "2026-06-30", "--json")
    [day] = json.loads(shown.stdout)["items"]
    assert (day["billed"], day["unexplained"], shown.returncode) == ("0.5", 1, 1)
    assert "acme" in gesso("reconcile", "--from", "2026-06-01", "--to", "2026-06-30").stdout


def test_a_queue_is_changed_and_shown(gesso: Gesso) -> None:
    done = gesso("queue", "set", "image", "--max-concurrency", "3", "--paused", "--priority")
    assert done.returncode == 0, done.stderr
    shown = next(line for line in gesso("queue", "list").stdout.splitlines() if "image" in line)
    assert re.match(r"image +paused +0 +0 +3 .* yes", shown)
    for wrong in (["imge", "--active"], ["image"], ["image", "--backoff-first", "99"]):
        assert gesso("queue", "set", *wrong).returncode == 2


def test_the_doctor_finds_a_sound_house_and_says_what_ails_another(
    gesso: Gesso, tmp_path: Path
) -> None:
    port = {"GESSO_SERVER__PORT": "0"}
    well = gesso("doctor", **port)
    assert well.returncode == 0, well.stdout
    assert {line.split()[0] for line in well.stdout.splitlines()} <= {"ok", "warn"}
    (tmp_path / "bad.yaml").write_text("version: 1\nmodels: nothing")
    ill = gesso("doctor", GESSO_CATALOG="bad.yaml", **port)
    assert ill.returncode == 1
    assert "fail" in ill.stdout


def test_the_doctor_tells_why_a_bucket_refuses(gesso: Gesso, bucket: Bucket) -> None:
    key = {"ACCESS_KEY": bucket.gateway.access_key, "SECRET_KEY": bucket.gateway.secret_key}
    there = {"KIND": "s3", "BUCKET": bucket.name, "ENDPOINT": bucket.gateway.endpoint, **key}

    def asked(**other: str) -> str:
        said = {f"GESSO_STORAGE__{name}": value for name, value in (there | other).items()}
        told = gesso("doctor", GESSO_SERVER__PORT="0", **said).stdout
        return next(line for line in told.splitlines() if " storage " in line)

    assert asked().startswith(f"ok    storage    {bucket.gateway.endpoint}/{bucket.name} wrote")
    for wrong, reason in (
        ({"SECRET_KEY": "wrong"}, "SignatureDoesNotMatch"),
        ({"BUCKET": "nobody-made-it"}, "NoSuchBucket"),
        ({"ENDPOINT": "http://127.0.0.1:1"}, "Connection refused"),
    ):
        line = asked(**wrong)
        assert line.startswith("fail  storage"), line
        assert reason in line


def test_what_is_generated_is_saved_and_paid_for(
    gesso: Gesso, program: Gesso, tmp_path: Path
) -> None:
    order = ["text_to_image", "A red ball!", "--seed", "3", "--tier", "fast", "--out", "out"]
    for _ in range(2):
        done = program("generate", *order)
        assert done.returncode == 0, done.stderr
    assert "1 credit charged. You have 98 left." in done.stdout
    saved = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in saved] == ["a-red-ball.png", "a-red-ball_2.png"]
    assert saved[0].read_bytes() == saved[1].read_bytes()  # the same seed, the same picture
    keys = gesso("key", "list", "local@gesso.localhost").stdout
    assert keys.count("revoked") == keys.count("gsk_") == 2
    assert gesso("audit").returncode == 0


def test_ctrl_c_cancels_and_gives_back(gesso: Gesso, tmp_path: Path) -> None:
    order = ["text_to_image", "a red ball", "--count", "8", "--tier", "high"]
    with subprocess.Popen(
        [BIN / "gesso", "generate", *order],
        cwd=tmp_path,
        env=surroundings(tmp_path, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "making" in line:
                break
        running.send_signal(signal.SIGINT)
        told = running.stdout.read()
    assert running.returncode == 130, told
    charged = re.search(r"(\d) credits? charged, (\d) credits? came back\. You have (\d+)", told)
    assert charged, told
    assert int(charged[1]) + int(charged[2]) == 8
    assert int(charged[3]) == 100 - int(charged[1])
    assert "0 frozen" in gesso("wallet", "show", "local@gesso.localhost").stdout


@pytest.mark.timeout(240)
def test_a_second_demo_is_as_good_as_the_first(program: Gesso, tmp_path: Path) -> None:
    for _ in range(2):
        done = program("demo", "--out", "shown")
        assert done.returncode == 0, done.stderr
    files = sorted(file.name for file in (tmp_path / "shown").iterdir() if file.is_file())
    pictures = [f"owl-{index}.png" for index in range(4)]
    assert files == ["lighthouse.mp4", *pictures, "owl.glb"]
    assert "Audit: clean." in done.stdout
    assert not (tmp_path / "data").exists()  # it has touched nothing but its own folder


def test_a_second_server_on_one_house_is_refused(gesso: Gesso, tmp_path: Path) -> None:
    with subprocess.Popen(
        [BIN / "gesso", "serve", "--port", "0"],
        cwd=tmp_path,
        env=surroundings(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            told = "".join(iter(server.stdout.readline, "\n"))
            address = re.search(r"http://127\.0\.0\.1:\d+", told)
            assert address, told
            wait_for(address[0])
            assert f"runs at {address[0]}" in gesso("doctor").stdout
            second = gesso("serve", "--port", "0")
            assert second.returncode == 2
            assert "Another gesso" in second.stderr
        finally:
            server.terminate()
        assert server.wait(30) == 0
