"""The page of error codes: made from the code, and behind it never."""

from pathlib import Path
from textwrap import dedent

from tools.checks import error_page
from tools.checks.source import Source, read_repository
from tools.errors.page import PAGE, Code, codes, page

ROOT = Path(__file__).parents[2]
KERNEL = Source(
    "src/gesso/infra/errors.py",
    dedent('''
        class GessoError(Exception):
            """A refusal."""
            status: ClassVar[int] = 500
            code: ClassVar[str] = "internal"

        class Conflict(GessoError):
            """Not in a state
            for that.

            More of it.
            """
            status = 409
            code = "conflict"

        class Stranger(Exception):
            code = "none_of_ours"
    '''),
)
ROOM = Source(
    "src/gesso/domain/x/errors.py",
    dedent('''
        class Gone(errors.Conflict):
            """It is | gone."""
            code = "gone"

        def act():
            raise Gone(f"The {thing} has left.", code="left", facts=1)
            raise Stranger("No.", code="no")
            return problem(405, "bad_method", "Not so.")
    '''),
)


def test_codes_come_from_classes_and_from_where_they_are_raised() -> None:
    assert codes([ROOM, KERNEL]) == [
        Code(405, "bad_method", "Not so."),
        Code(409, "conflict", "Not in a state for that."),
        Code(409, "gone", "It is \\| gone."),
        Code(409, "left", "The … has left."),
        Code(500, "internal", "A fault of ours; `trace_id` names it."),
    ]


def test_a_page_that_fell_behind_is_found() -> None:
    right = page([KERNEL, ROOM])
    assert list(error_page.check([KERNEL, ROOM, Source(PAGE, right)])) == []
    for wrong in ("", right.replace("gone", "went"), right + "more\n", page([KERNEL])):
        assert len(list(error_page.check([KERNEL, ROOM, Source(PAGE, wrong)]))) == 1
    assert list(error_page.check([Source(SMALL, "x = 1")])) == []


def test_the_page_is_what_the_code_says() -> None:
    sources = read_repository(ROOT)
    assert list(error_page.check(sources)) == []
    told = {each.code: each.status for each in codes(sources)}
    assert (told["gateway_away"], told["idempotency_key_reused"], told["internal"]) == (
        503, 409, 500,
    )  # fmt: skip


SMALL = "src/gesso/small.py"
