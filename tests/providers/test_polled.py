"""What the polled providers have in common: money, odd answers, and pictures that nobody outside
can fetch.
"""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.providers import (
    Absent,
    Accepted,
    Answer,
    Call,
    Cancelled,
    Delivered,
    Failed,
    Forged,
    Hint,
    News,
    NotCancelled,
    Read,
    Refused,
    Unsure,
    Working,
)
from gesso.providers.inputs import is_public, replaced
from gesso.providers.kling import Kling
from gesso.providers.luma import Luma
from gesso.providers.meshy import Meshy
from gesso.providers.minimax import MiniMax
from gesso.providers.polled import Polled
from gesso.providers.runway import Runway
from gesso.providers.tripo import Tripo
from tests.providers.flows import HOOK, LINK, PRIVATE, answer, carried, first, order, push, ticket
from tests.providers.oddities import GENUINE, MODELS, STATUSES, bodies

ALLOWED: Mapping[str, tuple[type, ...]] = {
    "submit": (Accepted, Refused),
    "poll": (Working, Delivered, Failed),
    "cancel": (Cancelled, NotCancelled),
    "lookup": (Accepted, Absent),
}
adapters = pytest.mark.parametrize("adapter", MODELS, ids=lambda adapter: adapter.name)


@adapters
@pytest.mark.parametrize("what", ALLOWED)
@given(data=st.data())
def test_no_answer_breaks_an_adapter(adapter: type[Polled], what: str, data: st.DataObject) -> None:
    model = MODELS[adapter]
    flow = getattr(adapter(), what)(order(model) if what == "submit" else ticket(model))
    answers = []
    try:
        next(flow)
        while True:
            answers.append(Answer(data.draw(STATUSES), {}, data.draw(bodies(adapter))))
            flow.send(answers[-1])
    except Unsure:
        return
    except StopIteration as stop:
        verdict = stop.value
    assert isinstance(verdict, ALLOWED[what])
    if isinstance(verdict, Refused):
        assert answers[-1].status < 500
    if isinstance(verdict, Refused | Failed):
        assert verdict.message.isprintable()
        assert verdict.code.isidentifier()
    if isinstance(verdict, Accepted):
        assert verdict.provider_job_id.isprintable()
    if isinstance(verdict, Delivered | Failed | Cancelled):
        assert verdict.cost is None or 0 <= verdict.cost <= 10**15
    if isinstance(verdict, Working):
        assert verdict.progress is None or 0 <= verdict.progress <= 1


@adapters
@given(data=st.data())
def test_no_push_breaks_an_adapter(adapter: type[Polled], data: st.DataObject) -> None:
    told = push(None)
    told = type(told)({}, data.draw(bodies(adapter)), 0.0, told.credential)
    carried(adapter().verify_push(told))
    try:
        news = adapter().read_push(told)
    except ValueError:
        return
    assert isinstance(news, News)
    assert news.verdict is None


@adapters
@pytest.mark.parametrize("status", [301, 408, 500, 502, 503, 504])
def test_a_gateway_proves_nothing(adapter: type[Polled], status: int) -> None:
    with pytest.raises(Unsure):
        carried(adapter().submit(order(MODELS[adapter])), Answer(status, {}, b"<html>sorry</html>"))


@adapters
def test_a_good_status_with_a_strange_body_proves_nothing(adapter: type[Polled]) -> None:
    with pytest.raises(Unsure):
        carried(adapter().submit(order(MODELS[adapter])), Answer(200, {}, b"<html>hello</html>"))


@adapters
def test_an_unknown_model_is_refused_unsent(adapter: type[Polled]) -> None:
    verdict, wishes = carried(adapter().submit(order("somewhere/else")))
    assert (verdict.code, verdict.again, wishes) == ("unknown_model", False, [])


@adapters
@pytest.mark.parametrize("word", ["unknown", "PAUSED"])
def test_a_state_that_nobody_knows_is_asked_about_again(adapter: type[Polled], word: str) -> None:
    shown = {"id": "1", "task_id": "1", "status": word, "state": word, "task_status": word}
    with pytest.raises(Unsure):
        carried(adapter().poll(ticket(MODELS[adapter])), answer(200, {**shown, "data": shown}))


@adapters
def test_an_id_cannot_leave_its_place_in_a_path(adapter: type[Polled]) -> None:
    call = first(adapter().poll(ticket(MODELS[adapter], "../v1/organization?x=1#")))
    assert "../" not in call.url
    assert "..%2Fv1%2Forganization%3Fx%3D1%23" in call.url


@adapters
def test_a_public_link_is_enough(adapter: type[Polled]) -> None:
    call = first(adapter().submit(order(MODELS[adapter], {"image": LINK}, image=LINK)))
    assert isinstance(call.json, dict)
    assert call.json["image"] == LINK


@pytest.mark.parametrize(
    ("adapter", "head"),
    [(MiniMax, "data:image/png;base64,"), (Meshy, "data:image/png;base64,"), (Kling, "")],
)
def test_a_picture_that_nobody_can_fetch_goes_along(adapter: type[Polled], head: str) -> None:
    flow = adapter().submit(order(MODELS[adapter], {"a": [PRIVATE]}, image=PRIVATE, path="/p.png"))
    wish = next(flow)
    assert isinstance(wish, Read)
    assert wish.path == "/p.png"
    call = flow.send(b"owl")
    assert isinstance(call, Call)
    assert isinstance(call.json, dict)
    assert call.json["a"] == [f"{head}b3ds"]


@pytest.mark.parametrize("adapter", [MiniMax, Meshy, Kling])
def test_a_picture_that_is_too_large_is_refused_unsent(adapter: type[Polled]) -> None:
    asked = order(MODELS[adapter], {"a": PRIVATE}, image=PRIVATE, path="/p.png")
    verdict, wishes = carried(adapter().submit(asked), None)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.again) == ("invalid_input", False)
    assert [type(wish) for wish in wishes] == [Read]


@pytest.mark.parametrize("adapter", [MiniMax, Meshy, Kling, Runway])
def test_a_picture_that_cannot_be_read_is_tried_again(adapter: type[Polled]) -> None:
    asked = order(MODELS[adapter], {"a": PRIVATE}, image=PRIVATE, path="/p.png")
    verdict, _ = carried(adapter().submit(asked), FileNotFoundError())
    assert isinstance(verdict, Refused)
    assert verdict.again


@pytest.mark.parametrize("adapter", [Kling, Luma, MiniMax])
def test_the_callback_is_named_where_it_can_be_reached(adapter: type[Polled]) -> None:
    asked = order(MODELS[adapter])
    call = first(adapter().submit(asked))
    assert isinstance(call.json, dict)
    assert call.json["callback_url"] == asked.callback_url
    call = first(adapter().submit(order(MODELS[adapter], hook="http://127.0.0.1:8000/hooks/x")))
    assert isinstance(call.json, dict)
    assert "callback_url" not in call.json


@pytest.mark.parametrize("adapter", [Kling, Luma, MiniMax])
def test_who_cannot_report_is_asked_sooner(adapter: type[Polled]) -> None:
    taken = answer(200, GENUINE[adapter][0])
    for hook, wait in ((HOOK, 15.0), ("http://10.0.0.1/hooks/x", adapter.offers.first_poll)):
        verdict, _ = carried(adapter().submit(order(MODELS[adapter], hook=hook)), taken)
        assert verdict == Accepted("1", wait)


@pytest.mark.parametrize("adapter", [Kling, Luma, MiniMax, Meshy])
def test_an_unsigned_push_is_a_hint_and_no_more(adapter: type[Polled]) -> None:
    told = push({"id": "1", "task_id": "1", "status": "success", "state": "completed"})
    assert carried(adapter().verify_push(told)) == (Hint(), [])
    assert adapter().read_push(told) == News("1")


@pytest.mark.parametrize("adapter", [Runway, Tripo])
def test_who_pushes_nothing_is_not_believed(adapter: type[Polled]) -> None:
    told, _ = carried(adapter().verify_push(push({"id": "1", "task_id": "1"})))
    assert isinstance(told, Forged)
    with pytest.raises(ValueError, match="would not say"):
        adapter().read_push(push({"id": "1", "task_id": "1"}))


@pytest.mark.parametrize(
    ("url", "can"),
    [
        ("https://gesso.example.org/x", True),
        ("https://93.184.215.14/x", True),
        ("https://[2606:2800:21f::1]/x", True),
        ("http://gesso.example.org/x", False),
        ("https://10.0.0.1/x", False),
        ("https://127.0.0.1:8000/x", False),
        ("https://[::1]/x", False),
        ("https://169.254.169.254/x", False),
        ("https://localhost/x", False),
        ("https://gesso/x", False),
        ("https://gesso.local/x", False),
        ("https://gesso.internal/x", False),
        ("", False),
    ],
)
def test_who_can_be_called_from_outside(url: str, can: bool) -> None:  # noqa: FBT001
    assert is_public(url) is can


def test_a_link_is_replaced_wherever_it_stands() -> None:
    asked = {"a": "old", "b": [{"c": "old"}, "older"], "d": 5, "e": None}
    assert replaced(asked, "old", "new") == {
        "a": "new", "b": [{"c": "new"}, "older"], "d": 5, "e": None,
    }  # fmt: skip
    assert asked["a"] == "old"
