"""Reports that nobody may believe, over HTTP and without; none leaves a trace, none is a fault."""

import asyncio
import base64
import io
import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gesso.kit.ids import parse_id
from gesso.providers import Answer, Credential, Forged, Push, Signed
from gesso.providers.adapters import ADAPTERS
from gesso.providers.fal import Fal
from gesso.providers.replicate import Replicate
from gesso.simulators import Fate, Made
from gesso.simulators.fal import FalSimulator
from gesso.simulators.replicate import ReplicateSimulator
from tests.house.world import Ground
from tests.providers.case import Case
from tests.providers.case_replicate import CASES as REPLICATE
from tests.providers.conftest import FLUX, Trade, trading
from tests.providers.reports import KEYS, Headers, endless, pushes_of, send

FORGERIES = int(os.environ.get("GESSO_FORGERIES", "20000"))
"""How many are tried without HTTP; `GESSO_FORGERIES=100000` takes a minute more."""
SENT = FORGERIES // 10
"""How many are sent."""
AT_ONCE = 16

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True, slots=True)
class Seal:
    """How a provider signs its reports."""

    case: Case
    adapter: type[Fal | Replicate]
    simulator: type[FalSimulator | ReplicateSimulator]
    keys: str
    """What asking for its keys is called."""
    time: str
    signature: str
    covered: tuple[str, ...]
    """Further headers that are signed."""
    another: Callable[[bytes], str]
    """The signature of somebody else."""

    def published(self, simulator: Any) -> bytes:
        """Its keys, as they are told."""
        if isinstance(simulator, ReplicateSimulator):
            secret = base64.b64encode(simulator.signing_key).decode()
            return json.dumps({"key": f"whsec_{secret}"}).encode()
        assert isinstance(simulator, FalSimulator)
        public = simulator.signing_key.public_key().public_bytes_raw()
        x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
        return json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]}).encode()


def _of_another_account(body: bytes) -> str:
    account = ReplicateSimulator()
    return account.signed("another", body)["webhook-signature"]


SEALS = (
    Seal(
        FLUX, Fal, FalSimulator, KEYS,
        time="X-Fal-Webhook-Timestamp",
        signature="X-Fal-Webhook-Signature",
        covered=("X-Fal-Webhook-Request-Id", "X-Fal-Webhook-User-Id"),
        another=lambda body: Ed25519PrivateKey.generate().sign(body).hex(),
    ),
    Seal(
        REPLICATE[0], Replicate, ReplicateSimulator, "GET /v1/webhooks/default/secret",
        time="webhook-timestamp",
        signature="webhook-signature",
        covered=("webhook-id",),
        another=_of_another_account,
    ),
)  # fmt: skip


async def test_everybody_who_signs_is_tried_here() -> None:
    signing = {each.name for each in ADAPTERS if each.offers.push == "signed"}
    assert {seal.adapter.name for seal in SEALS} == signing


@pytest.fixture(scope="module", params=SEALS, ids=lambda seal: seal.adapter.name)
def seal(request: pytest.FixtureRequest) -> Seal:
    """Each provider that signs, in turn."""
    found: Seal = request.param
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def sealed(
    seal: Seal, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Trade]:
    """A house that works with it."""
    folder = tmp_path_factory.mktemp(seal.adapter.name)
    file = shutil.copyfile(sqlite_template, folder / "gesso.db")
    async with trading(seal.case, Ground(f"sqlite+aiosqlite:///{file}"), folder) as trade:
        yield trade


def forgeries(seal: Seal, body: bytes, headers: Headers, seed: int) -> list[tuple[bytes, Headers]]:
    """Deliveries that nobody may believe, made from one that all should."""
    dice, own = random.Random(seed), dict(headers)
    flipped = bytearray(body)
    flipped[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
    evil = {"images": [{"url": "http://127.0.0.1:1/evil.png"}]}
    tampered = json.loads(body) | {"payload": evil, "output": "http://127.0.0.1:1/evil.png"}
    signature = own[seal.signature]
    return [
        (bytes(flipped), own),
        (json.dumps(tampered).encode(), own),
        (json.dumps(json.loads(body), indent=1).encode(), own),
        (body, own | {seal.signature: seal.another(body)}),
        (body, {name: value for name, value in own.items() if name != seal.time}),
        (body, {}),
        (b"", own),
        (body, own | {seal.signature: dice.randbytes(64).hex()}),
        (body, own | {seal.signature: signature[:-2]}),
        (body, own | {seal.signature: "v2," + signature}),
        (body, own | {seal.time: "1e400"}),
        *((body, own | {name: "another"}) for name in seal.covered),
        (dice.randbytes(64), own),
    ]


def report_of(trade: Trade, made: Made) -> tuple[bytes, Headers]:
    """What is reported of a job, as its provider does it."""
    return trade.simulator.pushed(made)


def signed(trade: Trade, name: str, body: bytes, at: float) -> Headers:
    """The headers of a report that was signed then."""
    assert isinstance(trade.simulator, FalSimulator | ReplicateSimulator)
    return trade.simulator.signed(name, body, at=at)


async def test_what_is_forged_or_stale_is_refused_and_leaves_nothing(
    seal: Seal, sealed: Trade
) -> None:
    anna = await sealed.home.person()
    task, made = await endless(sealed, anna, "the target")
    made.fate = Fate()
    body, headers = report_of(sealed, made)
    now = sealed.home.db.now().timestamp()
    asked = sealed.simulator.calls[seal.keys]
    tried = [(body, signed(sealed, made.id, body, now + by)) for by in (-400, -4000, 400, 4e9)]
    for seed in range(20):
        tried += forgeries(seal, body, headers, seed)
    counted: Counter[tuple[int, str]] = Counter()
    for content, given in tried:
        status, answer = await send(sealed, made.callback, content, given)
        counted[status, answer["code"]] += 1
    assert counted == {(401, "push_not_believed"): len(tried)}
    assert len(tried) > 250
    # Forgeries make us ask for the keys once more at the most.
    assert sealed.simulator.calls[seal.keys] - asked <= 2
    assert await pushes_of(sealed, task) == []
    assert (await send(sealed, made.callback, body, headers))[0] == 200
    assert (await anna.wait(task))["status"] == "completed"


def odd(dice: random.Random) -> bytes:
    """A body that is no report."""
    kinds: list[Callable[[], bytes]] = [
        lambda: dice.randbytes(dice.randrange(200)),
        lambda: b"[" * 5000,
        lambda: b'{"id": "1", "status": "succeeded", "output": "http://127.0.0.1:1/evil.png"}',
        lambda: b'{"request_id": "1", "status": "OK", "payload": {"images": [{"url": 7}]}}',
        lambda: json.dumps({"id": "\ud800", "status": dice.random()}).encode(),
        lambda: b"\xff\xfe" + dice.randbytes(20),
        lambda: b"null",
        lambda: b"1" * 5000,
    ]
    return dice.choice(kinds)()


async def test_of_thousands_that_are_sent_none_is_accepted_and_none_is_a_fault(
    seal: Seal, sealed: Trade
) -> None:
    anna = await sealed.home.person()
    task, made = await endless(sealed, anna, "a flood")
    made.fate = Fate()
    body, headers = report_of(sealed, made)
    made.fate = Fate(seconds=None)
    assert made.callback is not None
    elsewhere, answers = made.callback[:-1], Counter[int]()
    dice, left = random.Random(1), iter(range(SENT))

    async def flood(web: ClientSession) -> None:
        for number in left:
            crafted = dice.choice(forgeries(seal, body, headers, number))
            content, given = crafted if number % 3 else (odd(dice), dict(headers))
            url = made.callback if number % 5 else elsewhere
            async with web.post(str(url), data=content, headers=given) as answer:
                await answer.read()
                answers[answer.status] += 1

    async with ClientSession() as web:
        await asyncio.gather(*(flood(web) for _ in range(AT_ONCE)))
    assert set(answers) == {401, 404}, answers
    assert answers.total() == SENT
    assert await pushes_of(sealed, task) == []
    assert (await anna.task(task))["outputs"][0]["status"] == "running"
    await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    assert (await anna.wait(task))["cost"]["charged"] == "0"


async def test_an_address_that_nobody_was_given_opens_nothing(fal: Trade) -> None:
    anna = await fal.home.person()
    task, made = await endless(fal, anna, "an address")
    body, headers = report_of(fal, made)
    assert made.callback is not None
    root, _, token = made.callback.rpartition("/")
    attempt, _, signature = token.partition(".")
    id_alone = str(parse_id("attempt", attempt))
    wrong = [
        f"{root}/{attempt}",
        f"{root}/{attempt}.",
        f"{root}/{id_alone}",
        f"{root}/{id_alone}.{signature}",
        f"{root}/{attempt}.{signature[:-1]}",
        f"{root}/{attempt.upper()}.{signature}",
        f"{root}/{'x' * 3000}",
        f"{root}/%01.%ff",
        f"{root.replace('/fal', '/instant')}/{token}",
        f"{root.replace('/fal', '/nobody')}/{token}",
    ]
    for url in wrong:
        status, answer = await send(fal, url, body, headers)
        assert (status, answer["code"]) == (404, "no_such_hook"), url
    status, answer = await send(fal, made.callback, io.BytesIO(b" " * ((1 << 20) + 1)), headers)
    assert (status, answer["code"]) == (413, "body_too_large")
    async with fal.home.web.get(made.callback) as reply:
        assert reply.status == 405
    assert await pushes_of(fal, task) == []
    await anna.ask("POST", f"/tasks/{task['id']}/cancel")
    await anna.wait(task)


def verdict(seal: Seal, push: Push, keys: bytes) -> object:
    """What the adapter makes of it, the published keys at hand."""
    flow = seal.adapter().verify_push(push)
    try:
        next(flow)
        while True:
            flow.send(Answer(200, {}, keys))
    except StopIteration as stop:
        return stop.value


def forged(seal: Seal, body: bytes, headers: Headers) -> Iterator[tuple[bytes, Headers]]:
    """So many forgeries of a report."""
    count, seed = FORGERIES, 0
    while count > 0:
        for content, given in forgeries(seal, body, headers, seed)[:count]:
            yield content, given
            count -= 1
        seed += 1


async def test_of_many_thousand_forgeries_none_is_believed(seal: Seal) -> None:
    simulator = seal.simulator()
    body = json.dumps({"request_id": "r", "status": "OK", "payload": {"seed": 7}}).encode()
    keys, headers = seal.published(simulator), simulator.signed("a-request", body)
    now, credential = time.time(), Credential("a", "http://127.0.0.1:1", {"key": "k"})

    def push(content: bytes, given: Headers) -> Push:
        lower = {name.lower(): value for name, value in given.items()}
        return Push(lower, content, now, credential)

    for content, given in forged(seal, body, headers):
        assert isinstance(verdict(seal, push(content, given), keys), Forged), given
    assert isinstance(verdict(seal, push(body, headers), keys), Signed)
