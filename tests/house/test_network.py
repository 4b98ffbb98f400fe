"""The fence around the tests lets this machine through, and nothing else."""

import socket

import pytest

from tests.house.network import Fence, ReachedOut


@pytest.fixture
def fence() -> Fence:
    return Fence()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "0.0.0.0", "api.localhost"])
def test_this_machine_can_be_reached(fence: Fence, host: str) -> None:
    fence.watch("socket.connect", (None, (host, 80)))
    fence.watch("socket.getaddrinfo", (host, 80, 0, 0, 0))
    assert fence.tried == []


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto"])
@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "169.254.169.254"])
def test_another_machine_is_refused_and_remembered(fence: Fence, event: str, host: str) -> None:
    with pytest.raises(ReachedOut, match="stay on this machine"):
        fence.watch(event, (None, (host, 80)))
    assert fence.tried == [host]


def test_another_machines_name_is_not_even_looked_up(fence: Fence) -> None:
    with pytest.raises(ReachedOut):
        fence.watch("socket.getaddrinfo", ("provider.example", 443, 0, 0, 0))


def test_a_socket_file_is_on_this_machine(fence: Fence) -> None:
    fence.watch("socket.connect", (None, "/run/postgresql/.s.PGSQL.5432"))
    assert fence.tried == []


def test_a_server_that_was_named_can_be_reached(fence: Fence) -> None:
    fence.allow("postgresql://postgres@database.example:5432/postgres")
    fence.watch("socket.connect", (None, ("database.example", 5432)))
    assert fence.tried == []


def test_the_fence_stands_around_this_very_test(request: pytest.FixtureRequest) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, pytest.raises(ReachedOut):
        probe.connect(("192.0.2.1", 9))
    request.getfixturevalue("_stay_on_this_machine").clear()
