"""What it costs to know who is calling: processor time of a request with a key, an access token or
a cookie, beside the same request to a route that asks for nothing.
"""

import json
import urllib.request
from collections.abc import Mapping, Sequence

from bench.access_server import KNOWN, OPEN, SESSIONS
from bench.figure import Broken, Figure, Goal, middle
from bench.load import Order, press
from bench.people import take_in
from bench.run import Run
from bench.target import Target, serving

OWNERS = 20
ROUNDS = 5
REQUESTS = 4000
MOST = 0.3
"""Milliseconds more than without."""
BESIDE = "ms of processor time, nobody asked"


def measure(run: Run) -> list[Figure]:
    """Each way on SQLite, in turns with the way that asks for nothing."""
    with run.sqlite() as url:
        keys = [owner.key for owner in take_in(url, OWNERS)]
        with serving(run, url, module="bench.access_server") as target:
            ways = _ways(keys, _tokens(target))
            spent: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(ROUNDS + 1):
                run.say(f"round {number} of {ROUNDS}")
                for name, templates in ways.items():
                    cost = _cost(target, templates)
                    if number:  # the first one warms up
                        spent[name].append(cost)
    nothing = spent.pop("nobody")
    return [
        Figure(
            f"a request with {name}: more than without",
            middle([cost - base for cost, base in zip(costs, nothing, strict=True)]),
            "ms of processor time",
            BESIDE,
            middle(nothing),
            goal=Goal(most=MOST, of="value"),
            facts={"ms in all": round(middle(costs), 4)},
        )
        for name, costs in spent.items()
    ]


def _ways(keys: Sequence[str], tokens: Sequence[str]) -> Mapping[str, list[str]]:
    return {
        "nobody": [_get(OPEN, "")],
        "a key": [_get(KNOWN, f"Authorization: Bearer {key}\r\n") for key in keys],
        "an access token": [_get(KNOWN, f"Authorization: Bearer {each}\r\n") for each in tokens],
        "a cookie": [
            _get(KNOWN, f"Cookie: theme=dark; gesso-access={each}; gesso-csrf={'A' * 43}\r\n")
            for each in tokens
        ],
    }


def _cost(target: Target, templates: list[str]) -> float:
    """Milliseconds of the server's processor time for one request."""
    before = target.own_cpu()
    order = Order(target.host, target.port, templates, 60, warm_up=0, limit=REQUESTS)
    tally = press(order)
    if set(tally.answers) != {"200"}:
        raise Broken(f"requests were refused: {tally.answers} {tally.first_refusal}")
    return (target.own_cpu() - before) / sum(tally.answers.values()) * 1000


def _tokens(target: Target) -> list[str]:
    address = f"http://{target.host}:{target.port}{SESSIONS}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        found: list[str] = json.load(answer)
    return found


def _get(path: str, header: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{header}\r\n"
