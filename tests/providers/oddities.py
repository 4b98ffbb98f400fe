"""Oddities: answers of the polled providers, as they should be and as they should not."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from gesso.providers.kling import Kling
from gesso.providers.luma import Luma
from gesso.providers.meshy import Meshy
from gesso.providers.minimax import MiniMax
from gesso.providers.polled import Polled
from gesso.providers.runway import Runway
from gesso.providers.tripo import Tripo

MODELS: Mapping[type[Polled], str] = {
    Kling: "videos/text2video/kling-v2-5-turbo",
    Luma: "video/ray-2",
    Meshy: "image-to-3d/latest",
    MiniMax: "v1/MiniMax-Hailuo-02",
    Runway: "text_to_video/gen4.5",
    Tripo: "image-to-model/v2.5-20250123",
}
FILE = "https://files.example/1"
GENUINE: Mapping[type[Polled], tuple[Mapping[str, Any], ...]] = {
    Kling: (
        {"code": 0, "data": {"task_id": "1", "task_status": "submitted"}},
        {
            "code": 0,
            "data": {
                "task_id": "1",
                "task_status": "succeed",
                "task_result": {"videos": [{"id": "1", "url": FILE}]},
                "final_unit_deduction": "1",
            },
        },
        {"code": 1301, "message": "no", "request_id": "1"},
    ),
    Luma: (
        {"id": "1", "state": "queued", "assets": None},
        {"id": "1", "state": "completed", "assets": {"video": FILE}},
        {"id": "1", "state": "failed", "failure_reason": "no"},
    ),
    Meshy: (
        {"result": "1"},
        {"id": "1", "status": "SUCCEEDED", "model_urls": {"glb": FILE}, "consumed_credits": 30},
        {"id": "1", "status": "FAILED", "task_error": {"type": "server_error", "message": "no"}},
    ),
    MiniMax: (
        {"task_id": "1", "base_resp": {"status_code": 0, "status_msg": "success"}},
        {"task_id": "1", "status": "Success", "file_id": 7, "base_resp": {"status_code": 0}},
        {"file": {"file_id": 7, "download_url": FILE}, "base_resp": {"status_code": 0}},
        {"base_resp": {"status_code": 1026, "status_msg": "no"}},
    ),
    Runway: (
        {"id": "1", "estimatedCost": {"credits": 25}},
        {"id": "1", "status": "SUCCEEDED", "output": [FILE], "cost": {"credits": 25}},
        {"id": "1", "status": "FAILED", "failure": "no", "failureCode": "SAFETY.INPUT.TEXT"},
        {"id": "1", "status": "RUNNING", "progress": 0.5, "estimatedCost": {"credits": 25}},
    ),
    Tripo: (
        {"code": 0, "data": {"task_id": "1"}},
        {"code": 0, "data": {"task_id": "1", "status": "success", "output": {"model_url": FILE}}},
        {"code": 0, "data": {"task_id": "1", "status": "banned", "error_msg": "no"}},
    ),
}
STATUSES = st.sampled_from([200, 202, 204, 301, 400, 401, 402, 404, 408, 429, 500, 502, 503])
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "\x00", "javascript:1", "http://", "-1", "nan", "success", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def bodies(draw: st.DrawFn, adapter: type[Polled]) -> bytes:
    """Bytes, JSON, or a genuine answer with a part of it missing or odd."""
    match draw(st.integers(0, 5)):
        case 0:
            return draw(st.binary(max_size=40))
        case 1:
            return json.dumps(draw(ODD)).encode()
        case 2:
            return b"[" * draw(st.sampled_from([10, 100_000]))
    body = copy.deepcopy(dict(draw(st.sampled_from(GENUINE[adapter]))))
    holder, name = draw(st.sampled_from(list(_places(body))))
    if draw(st.booleans()):
        holder[name] = draw(ODD)
    elif isinstance(holder, dict):
        del holder[name]
    return json.dumps(body).encode()


def _places(part: Any) -> Iterator[tuple[Any, Any]]:
    named = part.items() if isinstance(part, dict) else enumerate(part)
    for name, each in list(named):
        yield part, name
        if isinstance(each, dict | list):
            yield from _places(each)
