"""What leaves: streamed files, forms as RFC 7578 has them, and nothing that is incomplete."""

from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path

import pytest

from gesso.infra.http import Body, File, Guard, Http, NoAnswer, NotSent
from tests.unit.http.rough import Exchange, Rough, rough


async def _fine(exchange: Exchange) -> None:
    await exchange.answer()


@pytest.fixture
async def server() -> AsyncIterator[Rough]:
    async with rough(_fine) as server:
        yield server


async def _send(server: Rough, body: Body) -> Exchange:
    async with Http(Guard.that_allows([server.place])) as http:
        await http.request("POST", server.url, headers={}, body=body, total=10, limit=100)
    return server.seen[-1]


def _parts(exchange: Exchange) -> list[tuple[str, str | None, str | None, bytes]]:
    head = f"Content-Type: {exchange.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + exchange.body, policy=HTTP)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part["content-type"],
            bytes(part.get_payload(decode=True)),
        )
        for part in message.iter_parts()
    ]


async def test_a_form_has_its_fields_in_order_and_its_files_whole(
    server: Rough, tmp_path: Path
) -> None:
    picture = tmp_path / "owl.png"
    picture.write_bytes(bytes(range(256)) * 4000)
    seen = await _send(
        server,
        [
            ("prompt", "a “ceramic” owl\r\nin two lines"),
            ("image[]", File(str(picture), "image/png")),
            ("image[]", File(str(picture), "image/png", name='odd "name".png')),
        ],
    )
    prompt, first, second = _parts(seen)
    assert prompt == ("prompt", None, None, "a “ceramic” owl\r\nin two lines".encode())
    assert first == ("image[]", "owl.png", "image/png", picture.read_bytes())
    assert second[2:] == ("image/png", picture.read_bytes())
    assert int(seen.headers["content-length"]) == len(seen.body)


async def test_a_field_cannot_smuggle_headers(server: Rough, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x")
    seen = await _send(server, [("image", File(str(file), name='a"\r\nX-Evil: yes\r\n\r\nb.png'))])
    [part] = _parts(seen)
    assert part[0] == "image"
    assert b"\r\nX-Evil" not in seen.body


async def test_a_stretch_of_a_file_is_sent_with_its_own_length(
    server: Rough, tmp_path: Path
) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(b"0123456789" * 100_000)
    seen = await _send(server, File(str(file), "video/mp4", start=5, length=700_000))
    assert seen.body == file.read_bytes()[5:700_005]
    assert seen.headers["content-length"] == "700000"
    assert seen.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("length", [None, 10])
async def test_a_file_that_cannot_be_had_is_not_sent(
    server: Rough, tmp_path: Path, length: int | None
) -> None:
    file = tmp_path / "gone"
    if length:
        file.write_bytes(b"short")
    with pytest.raises(NotSent):
        await _send(server, File(str(file), length=length))
    with pytest.raises(NotSent):
        await _send(server, [("image", File(str(file), length=length))])
    assert server.seen == []


async def test_a_server_that_hangs_up_after_a_file_leaves_its_fate_open(
    server: Rough, tmp_path: Path
) -> None:
    async def hang_up(exchange: Exchange) -> None:
        exchange.reset()

    server.manner = hang_up
    file = tmp_path / "film.mp4"
    file.write_bytes(b"0" * (8 << 20))
    with pytest.raises(NoAnswer):
        await _send(server, File(str(file)))
