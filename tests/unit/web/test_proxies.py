"""Who is calling, whatever the headers claim."""

import time
from typing import Any

import pytest
from fastapi import Request

from gesso.infra.web import client_address, new_router
from gesso.infra.web.proxies import Peer, Proxies, counted_as, host_name
from tests.unit.web.serving import build, serve

PROXY, OUTER, CLIENT = "10.0.0.1", "10.0.0.2", "203.0.113.7"
TRUSTED = ("10.0.0.0/24", "fd00::/8")


def peer(client: str, *headers: tuple[str, str], family: str = "x-forwarded") -> Peer:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return Proxies(TRUSTED, family).peer(client, raw)


def test_nobody_else_is_believed() -> None:
    for family in ("x-forwarded", "forwarded"):
        told = (
            ("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Proto", "https"), ("Forwarded", "for=1.1.1.1;host=evil.example"),
        )  # fmt: skip
        assert peer(CLIENT, *told, family=family) == Peer(CLIENT)


@pytest.mark.parametrize(
    ("chain", "found"),
    [
        (CLIENT, CLIENT),
        (f"{CLIENT}:4711", CLIENT),
        (f"1.1.1.1, 2.2.2.2, {CLIENT}", CLIENT),  # made up, made up, heard by the proxy
        (f"1.1.1.1, {CLIENT}, {OUTER}", CLIENT),
        (f"{CLIENT},{OUTER},{OUTER}", CLIENT),
        (f"{OUTER}, {OUTER}", OUTER),  # it began within
        ("", PROXY),
        ("unknown", PROXY),
        (f"{CLIENT}, unknown", PROXY),  # what stands left of it may have been made up
        (f"{CLIENT}, unknown, {OUTER}", OUTER),
        (f"1.1.1.1, {CLIENT}, not an address, {OUTER}", OUTER),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        (f"::ffff:{CLIENT}", CLIENT),
        (f"1.1.1.1, {CLIENT}, fd00::1", CLIENT),
        (", ".join(["1.1.1.1"] * 1000 + [CLIENT]), CLIENT),
    ],
)
def test_a_chain_is_read_from_the_right(chain: str, found: str) -> None:
    assert peer(PROXY, ("X-Forwarded-For", chain)).address == found


def test_headers_that_are_repeated_are_one_chain() -> None:
    headers = [("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", CLIENT)]
    assert peer(PROXY, *headers).address == CLIENT
    assert peer(PROXY, *headers, ("X-Forwarded-For", OUTER)).address == CLIENT


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f"for={CLIENT}", Peer(CLIENT)),
        (f"For={CLIENT};Proto=HTTPS;By=10.0.0.9", Peer(CLIENT, "https")),
        ('for="[2001:db8::1]:4711";host="a.x:8443"', Peer("2001:db8::1", None, "a.x:8443")),
        (f'for="1.1.1.1, for=2.2.2.2";host=a, for={CLIENT};proto=https', Peer(CLIENT, "https")),
        (f"for={CLIENT};proto=https, for={OUTER};proto=http", Peer(CLIENT, "https")),
        (f"for={CLIENT}, for=unknown", Peer(PROXY)),
        (f"for={CLIENT}, for=_hidden", Peer(PROXY)),
        (f'for={CLIENT};proto=ftp;host="a b"', Peer(CLIENT)),
        ("garbage", Peer(PROXY)),
        ('for="', Peer(PROXY)),
        (f'for=1.1.1.1;x=", for={CLIENT}', Peer(PROXY)),
        ('for=1.1.1.1;x=", for="[2001:db8::1]:4711"', Peer(PROXY)),
        (f"for=1.1.1.1, ;for={CLIENT};;proto=https;", Peer(CLIENT, "https")),
        (f"{'for=1.1.1.1, ' * 999}for={CLIENT}", Peer(CLIENT)),
    ],
)  # fmt: skip
def test_forwarded_is_read_as_its_standard_says(header: str, found: Peer) -> None:
    assert peer(PROXY, ("Forwarded", header), family="forwarded") == found


@pytest.mark.parametrize("filler", [" ", "a", "a ", "a=", '"', "\\", '"\\', ";", ","])
def test_a_forwarded_of_any_kind_is_read_at_once(filler: str) -> None:
    began = time.process_time()
    made_up = ("Forwarded", "for=1.1.1.1;x=" + filler * 60_000)
    assert peer(PROXY, made_up, family="forwarded").address == PROXY
    assert time.process_time() - began < 0.2


def test_only_one_family_of_headers_is_believed() -> None:
    both = (("X-Forwarded-For", CLIENT), ("Forwarded", "for=1.1.1.1"))
    assert peer(PROXY, *both).address == CLIENT
    assert peer(PROXY, *both, family="forwarded").address == "1.1.1.1"
    assert peer(PROXY, both[1]).address == PROXY


def test_scheme_and_host_are_those_that_the_client_used() -> None:
    chain = ("X-Forwarded-For", f"1.1.1.1, {CLIENT}, {OUTER}")
    one = (("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "app.example"))
    assert peer(PROXY, chain, *one) == Peer(CLIENT, "https", "app.example")
    each = (("X-Forwarded-Proto", "http, https, http"), ("X-Forwarded-Host", "a.x, b.x, c.x"))
    assert peer(PROXY, chain, *each) == Peer(CLIENT, "https", "b.x")
    bad = (("X-Forwarded-Proto", "javascript"), ("X-Forwarded-Host", "a/b?c"))
    assert peer(PROXY, chain, *bad) == Peer(CLIENT)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        (CLIENT, CLIENT),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_an_ipv6_address_is_counted_with_its_network(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@pytest.mark.parametrize(
    ("header", "name"),
    [("App.Example:8443", "app.example"), ("app.example.", "app.example"), ("[::1]:80", "[::1]")],
)
def test_a_host_is_known_by_its_name(header: str, name: str) -> None:
    assert host_name(header) == name


router = new_router("thing")


@router.get("/where")
async def where(request: Request) -> dict[str, str | None]:
    client = request.client
    return {
        "address": client_address(request),
        "client": client.host if client else None,
        "url": str(request.url),
    }


@pytest.mark.parametrize(
    ("server", "address", "url"),
    [
        ({}, "127.0.0.1", "http://here/api/v1/where"),
        ({"trusted_proxies": ["127.0.0.1"]}, CLIENT, "https://app.example/api/v1/where"),
    ],
)
async def test_a_request_is_what_a_trusted_proxy_says(
    server: dict[str, Any], address: str, url: str
) -> None:
    headers = {
        "Host": "here",
        "X-Forwarded-For": f"1.1.1.1, {CLIENT}",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "app.example",
    }
    async with (
        serve(build(router, **server)) as client,
        client.get("/api/v1/where", headers=headers) as response,
    ):
        assert await response.json() == {"address": address, "client": address, "url": url}
