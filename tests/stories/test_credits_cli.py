"""Credits from the command line, with nobody at work."""

from tests.house.command import Gesso

ANNA = "anna@example.com"


def test_credits_may_be_given_for_some_days(gesso: Gesso) -> None:
    gesso("user", "create", ANNA, "--credits", "1")
    assert gesso("wallet", "grant", ANNA, "2", "--expires-days", "30").returncode == 0
    assert "3 credits available" in gesso("wallet", "show", ANNA).stdout
    assert gesso("audit").returncode == 0


def test_codes_are_printed_alone_and_once(gesso: Gesso) -> None:
    made = gesso("wallet", "codes", "spring", "--credits", "5", "--count", "3")
    codes = made.stdout.split()
    assert (made.returncode, len(set(codes))) == (0, 3), made
    assert all(code.startswith("GSC-") for code in codes)
    assert made.stderr == "3 codes of 5 credits; they cannot be shown again.\n"
    refused = gesso("wallet", "codes", "spring", "--credits", "0")
    assert (refused.returncode, refused.stdout) == (2, "")


def test_what_is_no_task_or_not_here_is_not_given_back(gesso: Gesso) -> None:
    gesso("user", "create", ANNA)
    for task, sentence in {
        "task_x": "'task_x' is not the id of a task.",
        "task_01jd3v8k2m5q7r9t1w3y5z7b9d": "There is no such task.",
    }.items():
        done = gesso("wallet", "refund", task, "--reason", "blurred")
        assert (done.returncode, sentence in done.stderr) == (2, True), done
