"""Each of the project's own checks finds its danger, and leaves what is harmless alone."""

from collections.abc import Iterator
from textwrap import dedent

import pytest

from tools.checks import (
    commit_point,
    doors,
    late_imports,
    names,
    pure_kit,
    quiet_transactions,
    sizes,
    static_logs,
    whose_work,
    words,
)
from tools.checks.source import Check, Source

SERVICE = "src/gesso/domain/tasks/service.py"


def found(check: Check, path: str, code: str, *others: str) -> list[str]:
    """What a check says about one file, as `line: message`; the others only exist."""
    sources = [Source(path, dedent(code)), *(Source(other, "") for other in others)]
    return [f"{finding.line}: {finding.message}" for finding in check(sources)]


@pytest.mark.parametrize(
    "code",
    [
        "await session.commit()",
        "async with session.begin(): pass",
        "async with tx.begin_nested(): pass",
        "maker = async_sessionmaker(engine)",
        "session = orm.AsyncSession(engine)",
        "await tx.execute(text('COMMIT'))",
        "connection.exec_driver_sql(' begin immediate')",
    ],
)
def test_a_commit_outside_the_kernel_is_found(code: str) -> None:
    code = f"async def verb():\n    {code}"
    assert len(found(commit_point.check, SERVICE, code)) == 1
    assert found(commit_point.check, "src/gesso/infra/db/session.py", code) == []


@pytest.mark.parametrize("code", ["file.begin(folder)", "WORDS = ('commit',)", "text('committed')"])
def test_what_only_sounds_like_a_commit_is_left_alone(code: str) -> None:
    assert found(commit_point.check, SERVICE, code) == []


@pytest.mark.parametrize(
    "code",
    [
        "log.info(f'task {task_id} finished')",
        "log.info('Task finished')",
        "log.warning('task.finished', task_id=task_id)",
        "self.log.error(event)",
        "log.info()",
        "structlog.get_logger().log.info('%s finished' % task_id)",
        "log.info('task_finished', task_id)",
    ],
)
def test_a_log_event_that_is_not_a_fixed_word_is_found(code: str) -> None:
    assert len(found(static_logs.check, SERVICE, code)) == 1


@pytest.mark.parametrize(
    "code", ["log.info('task_finished', task_id=1)", "math.log(2)", "x.info(y)"]
)
def test_a_static_log_event_is_left_alone(code: str) -> None:
    assert found(static_logs.check, SERVICE, code) == []


@pytest.mark.parametrize(
    "code",
    [
        "async def f(tx: Tx): await self.http.post(url)",
        "async def f(view: 'db.View | None'): await storage.put(key, parts)",
        "async def f(*, tx: Annotated[Tx, Depends(open_tx)]): await asyncio.to_thread(hash, parts)",
        "async def f(tx: Tx): await asyncio.wait_for(drive(flow), 5)",
        "async def f(tx: Tx): await asyncio.gather(http.get(a), record(tx))",
        "async def f(tx: Tx):\n    async with aiohttp.ClientSession() as client: pass",
        "async def f(tx: Tx):\n    async for part in storage.read(key): pass",
        "async def f(tx: Tx): return [part async for part in storage.read(key)]",
        "async def f(db):\n    async with db.tx() as tx:\n        await to_process.run(draw)",
        "async def f(db):\n    async with self.db.view() as view:\n        await asyncio.sleep(1)",
        "async def f(tx: Tx):\n    async def g():\n        await http.get(url)\n    await g()",
    ],
)
def test_a_wait_for_the_outside_in_a_transaction_is_found(code: str) -> None:
    assert len(found(quiet_transactions.check, SERVICE, code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "async def f(url: str): await http.get(url)",
        "async def f(tx: Tx): await wallet.freeze(tx, owner, amount)",
        "async def f(tx: Tx): row.link = storage.link(key)",
        "async def f(db):\n    async with db.tx() as tx: pass\n    await storage.put(key, parts)",
    ],
)
def test_a_wait_outside_of_a_transaction_is_left_alone(code: str) -> None:
    assert found(quiet_transactions.check, SERVICE, code) == []


@pytest.mark.parametrize(
    "code",
    [
        "async def f(db):\n    async with db.view() as view: pass",
        "async def f(self):\n    async with self._db.tx() as tx: pass",
        "async def f(request):\n    async with house_of(request).db.view() as view: pass",
        "def f(db): return Batch(db.tx, settle)",
        "class Desk:\n    async def f(self):\n        async with self.db.view(): pass",
    ],
)
def test_a_unit_of_work_that_is_no_tenants_is_found(code: str) -> None:
    (finding,) = found(whose_work.check, SERVICE, code)
    assert finding.endswith("`f` opens a unit of work of no tenant's")
    assert found(whose_work.check, "src/gesso/domain/keyring/desk.py", code) == []
    assert found(whose_work.check, "src/gesso/app/worker.py", code) == []


@pytest.mark.parametrize(
    "code",
    [
        "async def f(db, caller):\n    async with db.view(tenant=caller.tenant_id) as view: pass",
        "def f(db, caller): return partial(db.view, tenant=caller.tenant_id)",
        "def f(page): return page.view()",
    ],
)
def test_a_unit_of_work_that_is_a_tenants_is_left_alone(code: str) -> None:
    assert found(whose_work.check, SERVICE, code) == []


def test_a_listed_unit_of_work_that_is_gone_is_found() -> None:
    told = found(whose_work.check, whose_work.HERE, "", SERVICE)
    assert len(told) == len(whose_work.ACROSS)


WALLET = ("src/gesso/domain/wallet/__init__.py", "src/gesso/domain/wallet/service.py")
ROUTES = "src/gesso/domain/wallet/routes.py"


@pytest.mark.parametrize(
    "path", [SERVICE, "src/gesso/operations/upscale.py", "src/gesso/app/cli.py"]
)
@pytest.mark.parametrize(
    "code",
    [
        "from gesso.domain.wallet.service import freeze",
        "from gesso.domain.wallet import service",
        "import gesso.domain.wallet.service",
        "def late():\n    from gesso.domain.wallet import routes",
    ],
)
def test_climbing_into_a_room_by_the_window_is_found(path: str, code: str) -> None:
    assert len(found(doors.check, path, code, *WALLET, ROUTES)) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (SERVICE, "from gesso.domain import wallet"),
        (SERVICE, "from gesso.domain.wallet import InsufficientCredits, freeze"),
        (WALLET[0], "from gesso.domain.wallet.service import freeze"),
        ("src/gesso/app/staff.py", "from gesso.domain.wallet import routes"),
        ("src/gesso/app/web.py", "from gesso.domain.wallet.routes import router"),
        ("tests/domain/test_wallet.py", "from gesso.domain.wallet.service import freeze"),
    ],
)
def test_entering_a_room_by_its_door_is_left_alone(path: str, code: str) -> None:
    assert found(doors.check, path, code, *WALLET, ROUTES) == []


@pytest.mark.parametrize("code", ["import pydantic", "from gesso.infra import db"])
def test_a_kit_that_leaves_the_standard_library_is_found(code: str) -> None:
    assert len(found(pure_kit.check, "src/gesso/kit/clock.py", code)) == 1


@pytest.mark.parametrize("code", ["import hmac", "from gesso.kit.ids import new_id"])
def test_a_pure_kit_is_left_alone(code: str) -> None:
    assert found(pure_kit.check, "src/gesso/kit/clock.py", code) == []


LATE = """
def main():
    # late: {reason}
    import numpy
    from gesso.app.web import serve
"""


def test_a_late_import_without_a_reason_is_found() -> None:
    code = "def main():\n    import numpy  # late\n"
    expected = ["2: an import inside a function needs `# late: <reason>`"]
    assert found(late_imports.check, "src/gesso/app/cli.py", code) == expected
    assert len(found(late_imports.check, "tests/test_a.py", LATE.format(reason="faster"))) == 2


def test_a_late_import_that_tells_its_reason_is_left_alone() -> None:
    code = LATE.format(reason="keys are made without the web framework")
    assert found(late_imports.check, "src/gesso/app/cli.py", code) == []


def _function(lines: int, parameters: str = "") -> str:
    return f"def verb({parameters}):\n" + "    pass\n" * (lines - 1)


def test_what_has_outgrown_its_bound_is_found() -> None:
    assert len(found(sizes.check, SERVICE, "\n" * 301)) == 1
    assert len(found(sizes.check, SERVICE, _function(41))) == 1
    assert len(found(sizes.check, SERVICE, _function(2, "a, b, c, d, e, f"))) == 1


def test_what_keeps_its_bound_is_left_alone() -> None:
    assert found(sizes.check, SERVICE, "\n" * 300) == []
    assert found(sizes.check, SERVICE, _function(40)) == []
    assert found(sizes.check, SERVICE, _function(2, "self, a, b, c, d, e, *, f, g")) == []
    assert found(sizes.check, "tests/test_story.py", _function(200)) == []


def test_an_exemption_covers_its_own_function_and_may_not_outlive_it() -> None:
    allowed = {f"{SERVICE}::verb": "a table of decisions, read from top to bottom"}
    grown = [Source(SERVICE, _function(41))]
    mended = [Source(SERVICE, _function(40))]
    assert [*sizes.check(grown, allowed)] == []
    assert ["needs no exemption" in each.message for each in sizes.check(mended, allowed)] == [True]


def test_a_module_whose_name_says_nothing_is_found() -> None:
    assert len(found(names.check, "src/gesso/infra/utils.py", "")) == 1
    assert len(found(names.check, "src/gesso/common/clock.py", "")) == 1
    assert found(names.check, "src/gesso/kit/clock.py", "") == []


def _secrets() -> Iterator[str]:
    """Strings in the form of live keys, put together here so that this file holds none."""
    digits = "0123456789abcdef" * 4
    yield "sk" + "-proj-" + digits
    yield "AK" + "IA" + "QWERTYUIOPASDFGH"
    yield "2f1c9b7e-1111-4222-8333-" + digits[:12] + ":" + digits[:32]
    yield "r8" + "_" + digits[:37]
    yield "AI" + "za" + digits[:35]
    yield "apify" + "_api_" + digits[:36]
    yield "hf" + "_" + digits[:34]
    yield "gh" + "p_" + digits[:36]
    yield "xox" + "b-" + digits[:30]
    yield "wh" + "sec_" + digits[:32]
    yield "-----BEGIN RSA" + " PRIVATE KEY-----"
    yield "https://py" + "pi.org/simple"
    yield "https://files.python" + "hosted.org/packages"
    yield "https://registry.np" + "mjs.org"


@pytest.mark.parametrize("word", list(_secrets()))
def test_a_live_looking_key_or_a_registrys_host_is_found_anywhere(word: str) -> None:
    assert len(found(words.check, "docs/guide.md", f"first\nsecond {word}")) == 1
    assert len(found(words.check, "tests/test_keys.py", f"KEY = '{word}'")) == 1


def test_a_whole_key_of_our_own_is_found_outside_of_tests() -> None:
    text = "Authorization: Bearer gs" + "k_" + "0123456789abcdef" * 2
    assert found(words.check, "README.md", text) == ["1: this looks like a gesso key"]
    assert found(words.check, "tests/test_keys.py", text) == []


@pytest.mark.parametrize("text", ["sk-…1234", "gsk_…", "AKIA" + "IOSFODNN7EXAMPLE", "task-force"])
def test_a_masked_or_made_up_key_is_left_alone(text: str) -> None:
    assert found(words.check, "README.md", text) == []
