"""The registry from the command line, with nobody at work."""

import json

from tests.house.command import Gesso


def test_runs_are_asked_for_shown_and_cancelled(gesso: Gesso) -> None:
    assert "gesso.tidy" in gesso("registry", "tasks").stdout
    run = gesso("registry", "run", "gesso.tidy", "--delay", "60", "--key", "once").stdout.strip()
    again = gesso("registry", "run", "gesso.tidy", "--key", "once").stdout.strip()
    assert run == again
    told = json.loads(gesso("registry", "show", run).stdout)
    assert (told["id"], told["status"], told["deduplication_key"]) == (run, "queued", "once")
    assert run in gesso("registry", "runs", "--status", "queued").stdout
    assert gesso("registry", "cancel", run).stdout == "Cancelled.\n"
    assert json.loads(gesso("registry", "show", run).stdout)["status"] == "cancelled"
    assert run not in gesso("registry", "runs", "--status", "queued").stdout


def test_schedules_are_made_changed_and_removed(gesso: Gesso) -> None:
    made = gesso(
        "registry", "schedule", "gesso.tidy", "--cron", "0 3 * * *", "--name", "night",
        "--time-zone", "Europe/Vienna",
    )  # fmt: skip
    assert "0 3 * * * Europe/Vienna" in made.stdout
    assert "paused" in gesso("registry", "reschedule", "night", "--paused").stdout
    assert "every 90 s" in gesso("registry", "reschedule", "night", "--every", "90").stdout
    assert gesso("registry", "unschedule", "night").stdout == "night is removed.\n"
    assert "night" not in gesso("registry", "schedules").stdout


def test_what_cannot_be_is_told_in_a_sentence(gesso: Gesso) -> None:
    for command, sentence in {
        ("run", "no.such"): "No function 'no.such' is registered here.",
        ("run", "gesso.tidy", "--set", "x=1"): "arguments/x: Extra inputs are not permitted",
        ("show", "run_x"): "'run_x' is not the id of a run",
        ("unschedule", "night"): "There is no schedule 'night'",
        ("unschedule", "gesso.tidy"): "This schedule is built in",
        ("schedule", "gesso.tidy", "--cron", "0 0 30 2 *"): "This cron line makes no sense",
        ("schedule", "gesso.tidy"): "Give either `cron` or `every_seconds`.",
    }.items():
        done = gesso("registry", *command)
        assert (done.returncode, sentence in done.stderr) == (2, True), (command, done)
