"""The command line's reader of live streams: cut anywhere, it misses and doubles nothing."""

import asyncio
from itertools import pairwise

from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from gesso.app.cli.client import connected
from gesso.app.cli.stream import Message, Reader, messages

FRAMES = (
    b'retry: 1000\n\n: still here\n\nid: e.1\nevent: task.queued\ndata: {"a":\ndata: 1}\n\n'
    b'id: e.2\r\nevent: task.running\r\ndata: {"b": "\xc3\xa4"}\r\n\r\n'
)


@given(st.lists(st.integers(min_value=0, max_value=len(FRAMES)), max_size=8))
def test_a_stream_reads_the_same_however_it_is_cut(cuts: list[int]) -> None:
    reader, edges = Reader(), [0, *sorted(cuts), len(FRAMES)]
    pieces = [FRAMES[start:end] for start, end in pairwise(edges)]
    read = [message for piece in pieces for message in reader.feed(piece)]
    assert read == [
        Message("e.1", "task.queued", {"a": 1}),
        Message("e.2", "task.running", {"b": "ä"}),
    ]


async def test_a_stream_that_breaks_goes_on_where_it_was() -> None:
    cursors: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        cursors.append(request.headers["Last-Event-ID"])
        last = int(cursors[-1].removeprefix("e."))
        if last == 4:
            return web.Response(status=204)
        if len(cursors) == 2:
            return web.json_response({"code": "unavailable", "detail": "Later."}, status=503)
        stream = web.StreamResponse()
        await stream.prepare(request)
        # A whole message, half of the next one, and then the line is cut.
        await stream.write(f"id: e.{last + 1}\ndata: {{}}\n\nid: e.{last + 2}\nda".encode())
        await asyncio.sleep(0.05)
        assert request.transport is not None
        request.transport.abort()
        return stream

    app = web.Application()
    app.router.add_get("/api/v1/tasks/task_1/events", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with connected(f"http://{host}:{port}", "key") as client:
            read = [message.id async for message in messages(client, "task_1", "e.0")]
    finally:
        await runner.cleanup()
    assert read == ["e.1", "e.2", "e.3", "e.4"]
    assert cursors == ["e.0", "e.1", "e.1", "e.2", "e.3", "e.4"]
