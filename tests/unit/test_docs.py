"""The documents say what the code does, as far as a machine can tell."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gesso.domain.tasks.rules import HOLD_STEPS, JOB_STEPS, TASK_STEPS
from gesso.domain.tasks.tables import TASK_STATUSES, TERMINAL
from gesso.infra.settings import Settings

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "gesso"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")]
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))[1:]

WORD = re.compile(r"[a-z]+(_[a-z0-9]+)+|[a-z]+")
TICKED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"<!-- (\S+) -->\n```\w*\n(.*?)```", re.DOTALL)
TELLING = {
    "not_sent",
    "give_up",
    "Fail",
    "Failed",
    "Failure",
    "Refused",
    "Rejected",
    "Unfit",
    "_give_up",
    "_end",
    "problem",
}
"""Calls whose arguments tell a code, here or there."""
OUTCOMES = {"absent", "completed", "failed", "leaked", "rejected", "cancelled", "expired"}
"""Words that stand in the same calls: statuses, and fates of attempts."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def nodes() -> Iterator[ast.AST]:
    for file in SRC.rglob("*.py"):
        yield from ast.walk(ast.parse(file.read_text()))


def text_of(node: ast.AST | None) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else ""  # type: ignore[union-attr]  # is_text says so


def codes_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ClassDef():
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code":
                    yield text_of(line.value)
        case ast.Call():
            named_ones = (k.value for k in node.keywords if k.arg in {"code", "error_code"})
            called = ast.unparse(node.func).rpartition(".")[2]
            yield from map(text_of, named_ones)
            yield from map(text_of, node.args if called in TELLING else ())


def codes() -> set[str]:
    found = {code for node in nodes() for code in codes_in(node)}
    # The command line's client gives a code of its own to answers that carry none.
    return {code for code in found if WORD.fullmatch(code)} - OUTCOMES - {"unknown"}


def events() -> set[str]:
    found = set()
    for node in nodes():
        if isinstance(node, ast.Call):
            found |= {text_of(each) for each in node.args}
        if isinstance(node, ast.JoinedStr):
            match text_of(node.values[0]):
                case "task.":
                    found |= {f"task.{status}" for status in TASK_STATUSES}
                case "job.":
                    found |= {f"job.{status}" for status in TERMINAL}
    columns = {"task.id", "job.id", "wallet.id"}
    return {each for each in found if re.fullmatch(r"(task|job|wallet)\.[a-z_]+", each)} - columns


def section(title: str) -> str:
    text = (ROOT / "docs" / "api.md").read_text()
    found = re.search(rf"^(#+) {title}\n(.*?)(?=^#+ (?!#)|\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[2]


def ticked(text: str) -> set[str]:
    return set(TICKED.findall(text))


def test_every_code_is_documented() -> None:
    told = ticked(section("Errors")) | ticked(section("Why a piece or a task failed"))
    assert codes() - told == set()


def test_no_code_is_documented_that_is_not_there() -> None:
    rows = [line for line in section("Errors").splitlines() if re.match(r"\| \d{3} ", line)]
    told = {TICKED.findall(row)[0] for row in rows}
    rows = section("Why a piece or a task failed").splitlines()
    told |= {word for row in rows if row.startswith("| `") for word in TICKED.findall(row)}
    assert told - codes() - OUTCOMES == set()


def test_the_documented_events_are_those_that_are_recorded() -> None:
    told = ticked(section("The events"))
    assert {word for word in told if re.fullmatch(r"(task|job|wallet)\..+", word)} == events()


def leaves(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from leaves(inner, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field.default


def shown(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, bool):
        return f"`{default}`".lower()
    return "`[]`" if default == () else f"`{default}`"


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| `(GESSO_[A-Z_]+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert rows == {name: shown(default) for name, default in leaves(Settings, "GESSO_")}


def test_every_decision_is_listed_and_names_what_enforces_it() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+?) \| ", index, re.MULTILINE)
    told = [(file.name[:4], file.name, title_of(file).partition(". ")[2]) for file in DECISIONS]
    assert listed == told
    assert [named(file) for file in DECISIONS if "\n**Enforced by:**" not in file.read_text()] == []


def title_of(file: Path) -> str:
    return file.read_text().partition("\n")[0].removeprefix("# ")


def anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_dead(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists():
        return True
    return bool(anchor) and anchor not in anchors(target)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_no_link_is_dead(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    assert [link for link in links if is_dead(document, link)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    places = (ROOT, SRC, SRC / "domain" / "tasks")
    files = [
        word for word in ticked(document.read_text()) if re.fullmatch(r"[\w./-]+/[\w-]+\.py", word)
    ]
    assert [name for name in files if not any((place / name).is_file() for place in places)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_code_that_is_quoted_is_the_code(document: Path) -> None:
    quotes = BLOCK.findall(document.read_text())
    assert [name for name, quote in quotes if bare(quote) not in bare(read(name))] == []


def read(name: str) -> str:
    return (ROOT / name).read_text()


def bare(code: str) -> str:
    """Without spaces and trailing commas, which are the formatter's business."""
    return re.sub(r",(?=[)\]}])", "", re.sub(r"\s", "", code))


@pytest.mark.parametrize(
    ("noun", "steps"), [("task", TASK_STEPS), ("job", JOB_STEPS), ("hold", HOLD_STEPS)]
)
def test_every_arrow_that_is_drawn_is_a_legal_step(
    noun: str, steps: dict[str, frozenset[str]]
) -> None:
    drawings = read("ARCHITECTURE.md").split("```mermaid\n")[1:]
    (drawn,) = [each.partition("```")[0] for each in drawings if f'state "{noun}' in each]
    names = dict(re.findall(r"^ +(\w+): (\w+)$", drawn, re.MULTILINE))
    arrows = re.findall(r"^ +(\w+) --> (\w+)", drawn, re.MULTILINE)
    named_arrows = {(names.get(a, a), names.get(b, b)) for a, b in arrows}
    assert named_arrows
    assert named_arrows <= {(a, b) for a, later in steps.items() for b in later}
