"""The shell: traces, headers, and what is counted."""

import pytest
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs
from yarl import URL

from gesso.infra import metrics
from gesso.infra.trace import continue_trace
from gesso.infra.web import current_trace, new_router
from tests.unit.web.serving import build, problem_of, serve

router = new_router("thing")
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@router.get("/trace/{name}")
async def trace(name: str) -> dict[str, str]:
    found = current_trace()
    assert found is not None
    return {"name": name, "trace": found.traceparent, "logs": get_contextvars()["trace_id"]}


@router.get("/crash")
async def crash() -> None:
    raise RuntimeError


async def test_a_trace_goes_on_through_us_in_a_span_of_our_own() -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
    async with (
        serve(build(router)) as client,
        client.get("/api/v1/trace/x", headers=headers) as response,
    ):
        body = await response.json()
    version, trace_id, span_id, flags = response.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "01")
    assert span_id != SPAN
    assert body["trace"] == response.headers["traceparent"]
    assert body["logs"] == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_a_malformed_traceparent_begins_a_new_trace(header: str | None) -> None:
    found = continue_trace(header)
    assert found.trace_id != TRACE
    assert found.trace_id.strip("0")
    assert len(found.traceparent) == 55


def test_a_later_version_may_say_more() -> None:
    assert continue_trace(f"01-{TRACE}-{SPAN}-01-more").trace_id == TRACE


async def test_two_traceparents_are_as_good_as_none() -> None:
    headers = [("traceparent", f"00-{TRACE}-{SPAN}-01")] * 2
    async with (
        serve(build(router)) as client,
        client.get("/api/v1/trace/x", headers=headers) as response,
    ):
        assert TRACE not in response.headers["traceparent"]


@pytest.mark.parametrize("path", ["/api/v1/trace/x", "/nowhere", "/api/v1/crash"])
async def test_every_answer_is_guarded_and_hides_the_server(path: str) -> None:
    async with serve(build(router)) as client, client.get(path) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in response.headers


async def test_a_path_holds_nothing_that_no_text_holds() -> None:
    async with serve(build(router)) as client:
        async with client.get(URL("/api/v1/trace/%00", encoded=True)) as response:
            assert (response.status, (await problem_of(response))["code"]) == (
                400,
                "malformed_path",
            )
        async with client.get(URL("/api/v1/trace/%ED%A0%80", encoded=True)) as response:
            assert (await response.json())["name"] == "\ufffd" * 3


async def test_a_query_with_a_nul_is_refused() -> None:
    async with serve(build(router)) as client, client.get("/api/v1/trace/x?a=%00") as response:
        assert (response.status, (await problem_of(response))["code"]) == (400, "malformed_query")


async def test_requests_are_counted_by_the_pattern_of_their_route() -> None:
    async with serve(build(router)) as client:
        for path in ("/api/v1/trace/one", "/api/v1/trace/two", "/guess/1", "/guess/2"):
            async with client.get(path):
                pass
    text = metrics.exposition().decode()
    counted = 'gesso_http_requests_total{method="GET",route="/api/v1/trace/{name}",status="200"}'
    assert counted in text
    assert 'route="unmatched",status="404"' in text
    assert "/trace/one" not in text
    assert "/guess" not in text


async def test_a_request_that_failed_is_logged_with_ids_only() -> None:
    with capture_logs() as logs:
        async with (
            serve(build(router)) as client,
            client.get("/api/v1/crash?prompt=private"),
        ):
            pass
    served = next(line for line in logs if line["event"] == "request_served")
    assert (served["log_level"], served["status"]) == ("warning", 500)
    assert served["route"] == "/api/v1/crash"
    assert "private" not in str(logs)


@router.get("/state")
async def state() -> dict[str, str]:
    found = current_trace()
    assert found is not None
    return {"state": found.state, **found.next_span().headers()}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["vendor=one"], "vendor=one"),
        (["a=1", "b=2"], "a=1,b=2"),
        ([" a=1 ,, tenant@system=x/y "], "a=1,tenant@system=x/y"),
        (["A=1"], ""),
        (["a=1,a=2"], ""),
        (["a=1=2"], ""),
        (["nonsense"], ""),
        ([",".join(f"k{n}=v" for n in range(33))], ""),
        ([f"a={'x' * 256}", f"b={'x' * 256}"], ""),
        ([], ""),
    ],
)
async def test_what_others_noted_of_a_trace_goes_on_as_it_came(sent: list[str], kept: str) -> None:
    headers = [("traceparent", f"00-{TRACE}-{SPAN}-01"), *(("tracestate", each) for each in sent)]
    async with (
        serve(build(router)) as client,
        client.get("/api/v1/state", headers=headers) as response,
    ):
        body = await response.json()
    assert body["state"] == kept
    assert body.get("tracestate", "") == kept
    assert body["traceparent"].split("-")[1] == TRACE


async def test_a_state_without_a_parent_is_forgotten() -> None:
    async with (
        serve(build(router)) as client,
        client.get("/api/v1/state", headers={"tracestate": "a=1"}) as response,
    ):
        assert (await response.json())["state"] == ""
