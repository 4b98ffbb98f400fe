"""Reports that nobody may believe, over HTTP and without; none leaves a trace, none is a fault."""

import io
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gesso.kit.ids import parse_id
from gesso.providers import Answer, Credential, Forged, Push, Signed
from gesso.providers.fal import Fal
from gesso.simulators import Fate
from gesso.simulators.fal import FalSimulator
from tests.providers.conftest import Trade
from tests.providers.reports import KEYS, Headers, endless, pushes_of, send, sim

FORGERIES = int(os.environ.get("GESSO_FORGERIES", "20000"))
"""How many are tried without HTTP; `GESSO_FORGERIES=100000` takes a minute more."""

pytestmark = pytest.mark.asyncio(loop_scope="session")


def forgeries(body: bytes, headers: Headers, seed: int) -> list[tuple[bytes, dict[str, str]]]:
    """Deliveries that nobody may believe, made from one that all should."""
    dice = random.Random(seed)
    flipped = bytearray(body)
    flipped[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
    tampered = json.loads(body)
    tampered["payload"] = {"images": [{"url": "http://127.0.0.1:1/evil.png"}]}
    key = Ed25519PrivateKey.generate()
    by_another = dict(headers) | {"X-Fal-Webhook-Signature": key.sign(body).hex()}
    shorter = {name: value for name, value in headers.items() if "Timestamp" not in name}
    made_up = dice.randbytes(64).hex()
    signature = headers["X-Fal-Webhook-Signature"]
    return [
        (bytes(flipped), dict(headers)),
        (json.dumps(tampered).encode(), dict(headers)),
        (json.dumps(json.loads(body), indent=1).encode(), dict(headers)),
        (body, by_another),
        (body, shorter),
        (body, {}),
        (b"", dict(headers)),
        (body, dict(headers) | {"X-Fal-Webhook-Signature": made_up}),
        (body, dict(headers) | {"X-Fal-Webhook-Signature": signature[:-2]}),
        (body, dict(headers) | {"X-Fal-Webhook-Signature": "v1," + signature}),
        (body, dict(headers) | {"X-Fal-Webhook-Timestamp": "1e400"}),
        (body, dict(headers) | {"X-Fal-Webhook-Request-Id": "another"}),
        (body, dict(headers) | {"X-Fal-Webhook-User-Id": "somebody"}),
        (dice.randbytes(64), dict(headers)),
    ]


async def test_what_is_forged_or_stale_is_refused_and_leaves_nothing(fal: Trade) -> None:
    anna = await fal.home.person()
    task, made = await endless(fal, anna, "the target")
    made.fate = Fate()
    body, headers = sim(fal).pushed(made)
    now = fal.home.db.now().timestamp()
    stale = [sim(fal).signed(made.id, body, at=now + by) for by in (-400, -4000, 400, 4e9)]
    asked = sim(fal).calls[KEYS]
    counted: Counter[tuple[int, str]] = Counter()
    tried = [(body, each) for each in stale]
    for seed in range(20):
        tried += forgeries(body, headers, seed)
    for content, given in tried:
        status, answer = await send(fal, made.callback, content, given)
        counted[status, answer["code"]] += 1
    assert set(counted) == {(401, "push_not_believed")}, counted
    assert counted.total() == 284
    # Forgeries make us ask for the keys once more at the most.
    assert sim(fal).calls[KEYS] - asked <= 1
    assert await pushes_of(fal, task) == []
    assert (await send(fal, made.callback, body, headers))[0] == 200
    assert (await anna.wait(task))["status"] == "completed"


async def test_an_address_that_nobody_was_given_opens_nothing(fal: Trade) -> None:
    anna = await fal.home.person()
    task, made = await endless(fal, anna, "an address")
    body, headers = sim(fal).pushed(made)
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


def verdict(push: Push, keys: bytes) -> object:
    """What fal's adapter makes of it, the published keys at hand."""
    flow = Fal().verify_push(push)
    try:
        next(flow)
        while True:
            flow.send(Answer(200, {}, keys))
    except StopIteration as stop:
        return stop.value


def forged(simulator: FalSimulator, body: bytes, count: int) -> Iterator[tuple[bytes, Headers]]:
    headers = simulator.signed("a-request", body)
    seed = 0
    while count > 0:
        for content, given in forgeries(body, headers, seed)[:count]:
            yield content, given
            count -= 1
        seed += 1


async def test_of_many_thousand_forgeries_none_is_believed() -> None:
    simulator = FalSimulator()
    body = json.dumps({"request_id": "r", "status": "OK", "payload": {"seed": 7}}).encode()
    keys = (await simulator.publish_keys(None)).body
    assert isinstance(keys, bytes)
    now, credential = time.time(), Credential("a", "http://127.0.0.1:1", {"key": "k"})

    def push(content: bytes, headers: Headers) -> Push:
        lower = {name.lower(): value for name, value in headers.items()}
        return Push(lower, content, now, credential)

    for content, headers in forged(simulator, body, FORGERIES):
        assert isinstance(verdict(push(content, headers), keys), Forged), headers
    assert verdict(push(body, simulator.signed("a-request", body)), keys) == Signed()
