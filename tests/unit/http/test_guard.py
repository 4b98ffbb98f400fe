"""The guard: however an address inside is written, named or hidden, nobody outside leads us there.

A server on this machine is the canary: it must never hear a word.
"""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gesso.infra.http import Guard, Http, HttpError, NotAllowed, Unreachable
from tests.unit.http.rough import Exchange, Rough, rough

PUBLIC = "93.184.215.14"
INSIDE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "168.63.129.16",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.215.14",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "2606:2800:21f::1%lo",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_is_not_permitted(address: str) -> None:
    assert not Guard().permits(address, 443)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_is_public_is_permitted_on_the_usual_ports(address: str) -> None:
    guard = Guard()
    assert guard.permits(address, 443)
    assert guard.permits(address, 80)
    assert not guard.permits(address, 22)
    assert not guard.permits(address, 6379)


@given(st.ip_addresses(v=4))
def test_no_private_address_is_permitted(address: IPv4Address) -> None:
    is_inside = address.is_private or address.is_multicast or address.is_reserved
    assert not (Guard().permits(str(address), 443) and is_inside)


@given(st.ip_addresses(v=6))
def test_only_global_unicast_is_permitted(address: IPv6Address) -> None:
    if Guard().permits(str(address), 443):
        assert int(address) >> 125 == 1
        assert not address.is_private
        assert address.sixtofour is None
        assert address.teredo is None


@pytest.mark.parametrize(
    ("entry", "address", "port"),
    [
        ("10.1.0.0/16", "10.1.2.3", 9000),
        ("fd00::/8", "fd12::1", 443),
        ("127.0.0.1/32", "127.0.0.1", 1),
    ],
)
def test_an_allowed_network_is_reached_on_every_port(entry: str, address: str, port: int) -> None:
    assert Guard.that_allows([entry]).permits(address, port)
    assert not Guard.that_allows([entry]).permits("10.2.0.1", port)


@pytest.mark.parametrize(
    "entry", ["", "localhost", "10.0.0.1", "10.0.0.1/8", "a:b", "x@y:80", "h:0"]
)
def test_what_is_neither_a_place_nor_a_network_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Guard.that_allows([entry])


async def _fine(exchange: Exchange) -> None:
    await exchange.answer(body=b"a secret")


@pytest.fixture
async def canary() -> AsyncIterator[Rough]:
    async with rough(_fine) as server:
        yield server


def _open_for(server: Rough) -> Guard:
    """The port is no obstacle: what is left is the address."""
    return Guard(ports=frozenset({int(server.place.rpartition(":")[2])}))


async def _as_systems_do(host: str, _port: int) -> list[str]:
    """Old ways of writing an address in numbers, as resolvers take them."""
    return [socket.inet_ntoa(socket.inet_aton(host))]


async def _fetch(http: Http, url: str, **options: str) -> bytes:
    return b"".join([chunk async for chunk in http.download(url, total=10, **options)])


def _spellings(address: str) -> Iterator[str]:
    a, b, c, d = (int(part) for part in address.split("."))
    whole = int(IPv4Address(address))
    yield from (
        address,
        f"{whole}",
        f"0x{whole:x}",
        f"0{whole:o}",
        f"{a}.{b * 65536 + c * 256 + d}",
    )
    yield from (f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}")
    yield from (f"{a}.{b}.{c * 256 + d}", f"{a:03}.{b:03}.{c:03}.{d:03}", f"{address}.")
    yield from (f"[::ffff:{address}]", f"[::ffff:{a:x}{b:02x}:{c:x}{d:02x}]", f"[::{address}]")
    yield from (f"[64:ff9b::{address}]", f"[2002:{a:x}{b:02x}:{c:x}{d:02x}::1]")
    yield from ("①②⑦.⓪.⓪.①", "127。0。0。1", "127%2e0%2e0%2e1")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    address=st.sampled_from(["127.0.0.1", "127.1.2.3", "169.254.169.254", "10.0.0.1", "0.0.0.0"]),
    data=st.data(),
)
async def test_no_spelling_of_an_address_inside_leads_there(
    canary: Rough, address: str, data: st.DataObject
) -> None:
    host = data.draw(st.sampled_from(list(_spellings(address))))
    port = canary.place.rpartition(":")[2]
    async with Http(_open_for(canary), resolve=_as_systems_do) as http:
        with pytest.raises((NotAllowed, Unreachable)):
            await _fetch(http, f"http://{host}:{port}/")
        with pytest.raises((NotAllowed, Unreachable)):
            await http.request(
                "GET", f"http://{host}:{port}/", headers={}, body=None, total=10, limit=100
            )
    assert canary.connections == 0


@pytest.mark.parametrize(
    "write",
    [
        lambda place: f"http://user:pass@{place}/",
        lambda place: f"http://{PUBLIC}@{place}/",
        lambda place: f"http://{place}#@{PUBLIC}/",
        lambda place: f"http:{place}/",
        lambda place: f"//{place}/",
        lambda place: f"ftp://{place}/",
        lambda place: f"file:///etc/passwd?{place}",
        lambda place: f"gopher://{place}/",
        lambda place: "http://localhost:{1}/".format(*place.split(":")),
        lambda place: "http://LOCALHOST.:{1}/".format(*place.split(":")),
        lambda place: f"http://{place}:80/",
        lambda place: "http:///",
        lambda place: "",
        lambda place: "http://[::1",
    ],
)
async def test_no_address_of_another_form_leads_there(
    canary: Rough, write: Callable[[str], str]
) -> None:
    async def here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "::1"]

    async with Http(_open_for(canary), resolve=here) as http:
        with pytest.raises(HttpError):
            await _fetch(http, write(canary.place))
    assert canary.connections == 0


async def test_a_name_that_changes_its_mind_leads_nowhere(canary: Rough) -> None:
    """DNS rebinding: permitted when it is checked, another place when it is connected to."""
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
    asked = 0

    async def rebinding(_host: str, _port: int) -> list[str]:
        nonlocal asked
        asked += 1
        return next(answers)

    guard = Guard.that_allows(["127.0.0.2/32"])  # nobody listens there
    url = f"http://fickle.example:{canary.place.rpartition(':')[2]}/"
    async with Http(guard, resolve=rebinding) as http:
        with pytest.raises(Unreachable):
            await _fetch(http, url)
        assert asked == 1
    async with Http(guard, resolve=rebinding) as http:
        with pytest.raises(NotAllowed):
            await _fetch(http, url)
    assert canary.connections == 0


async def test_of_a_name_with_two_faces_only_the_public_one_is_reached(canary: Rough) -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "::1"]

    port = int(canary.place.rpartition(":")[2])
    allowed = Guard(networks=Guard.that_allows(["127.0.0.1/32"]).networks)
    async with Http(allowed, resolve=both) as http:
        assert await _fetch(http, f"http://two.example:{port}/") == b"a secret"


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://{inside}/", "file:///etc/passwd"]
)
async def test_a_redirect_is_checked_like_any_address(canary: Rough, target: str) -> None:
    async def lead_away(exchange: Exchange) -> None:
        await exchange.answer(302, headers={"Location": target.format(inside=canary.place)})

    async with rough(lead_away) as outside, Http(Guard.that_allows([outside.place])) as http:
        with pytest.raises(NotAllowed):
            await _fetch(http, outside.url)
    assert canary.connections == 0


async def test_what_is_trusted_for_one_is_not_trusted_for_another(canary: Rough) -> None:
    async with Http() as http:
        assert await _fetch(http, f"{canary.url}/a", trusted=f"{canary.url}/api") == b"a secret"
        # The connection to it lies ready, and is not used for whoever may not make one.
        with pytest.raises(NotAllowed):
            await _fetch(http, f"{canary.url}/a")
        with pytest.raises(NotAllowed):
            await _fetch(http, f"{canary.url}/a", trusted="http://127.0.0.1:1/api")
    assert len(canary.seen) == 1
