"""ComfyUI's flows without a network: what each answer means, corner by corner."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from gesso.domain import workflows
from gesso.infra.http import File
from gesso.providers import (
    Absent,
    Accepted,
    Answer,
    Cancelled,
    Credential,
    Delivered,
    Failed,
    Flow,
    NotCancelled,
    Piece,
    Refused,
    Source,
    Submission,
    Ticket,
    Unsure,
    Working,
)
from gesso.providers.comfyui.listener import Run
from gesso.providers.comfyui.provider import ComfyUI
from tests.providers.comfy import WORKFLOWS

REF = UUID("01a21ce3-64e5-7014-abf4-09cff59b7ad7")
AT = Credential("left", "http://127.0.0.1:1", {"client": "a-client"})
TICKET = Ticket(REF, "sketch", str(REF), {}, "", AT)
GONE = replace(TICKET, credential=Credential("left"))
FILE = {"filename": "a b.png", "subfolder": "gesso", "type": "output"}


def submission(name: str, **more: Any) -> Submission:
    template = workflows.read_folder(WORKFLOWS)[name]
    values: dict[str, Any] = {"input": {}, "sources": {}} | more
    return Submission(
        ref=REF, model=name, callback_url="", scratch="", credential=AT,
        recipe=template.canonical.decode(), **values,
    )  # fmt: skip


def play(flow: Flow[Any], *answers: object) -> tuple[Any, list[Any]]:
    """The verdict of a flow that is answered so, and what it asked."""
    asked: list[Any] = []
    waiting = iter(answers)
    try:
        call = next(flow)
        while True:
            asked.append(call)
            answer = next(waiting)
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            call = flow.send(Answer(status, {}, json.dumps(body).encode()))
    except StopIteration as stop:
        assert next(waiting, None) is None, "it was not asked for all of them"
        return stop.value, asked


def ended(status: str = "success", *messages: object) -> dict[str, Any]:
    mark = {"ref": str(REF), "outputs": [["9", "image"]]}
    return {
        str(REF): {
            "prompt": [1, str(REF), {}, {"gesso": mark}, ["9"]],
            "outputs": {"9": {"images": [FILE]}},
            "status": {"status_str": status, "messages": list(messages)},
        }
    }


def queue(running: Sequence[str] = (), pending: Sequence[str] = ()) -> Mapping[str, Any]:
    return {
        "queue_running": [[1, name, {}, {}, []] for name in running],
        "queue_pending": [[2, name, {}, {}, []] for name in pending],
    }


NOWHERE = queue()
RUNNING = queue(running=[str(REF)])
PENDING = queue(pending=[str(REF)])


def test_a_prompt_is_queued_under_our_own_id() -> None:
    order = submission("sketch", input={"prompt": "an owl", "seed": 3})
    verdict, (call,) = play(ComfyUI().submit(order), {"prompt_id": str(REF), "number": 1})
    assert verdict == Accepted(str(REF), poll_after=1.0)
    assert call.json["prompt_id"] == str(REF)
    assert call.json["client_id"] == "a-client"
    graph = call.json["prompt"]
    assert (graph["6"]["inputs"]["text"], graph["3"]["inputs"]["seed"]) == ("an owl", 3)
    assert graph["3"]["inputs"]["steps"] == 20, "an optional input leaves what the graph says"
    assert "origin" not in {name.lower() for name in call.headers}


def test_a_picture_is_uploaded_under_a_name_of_its_own_before_anything_is_queued() -> None:
    source = Source("https://x/y", "/tmp/picture.png", "image/png")
    order = submission("animate", sources={"image": source})
    stored = {"name": "gesso-1.png", "subfolder": "in", "type": "input"}
    _, (upload, prompt) = play(ComfyUI().submit(order), stored, {"prompt_id": str(REF)})
    assert upload.prepares
    fields = dict(upload.form)
    assert isinstance(fields["image"], File)
    assert str(REF) in fields["image"].filename
    assert prompt.json["prompt"]["1"]["inputs"]["image"] == "in/gesso-1.png"


@pytest.mark.parametrize(("status", "again"), [(413, False), (500, True), (401, True)])
def test_an_upload_that_fails_is_certainly_no_job(status: int, again: bool) -> None:  # noqa: FBT001
    source = Source("https://x/y", "/tmp/picture.png", "image/png")
    order = submission("animate", sources={"image": source})
    verdict, _ = play(ComfyUI().submit(order), (status, {}))
    assert isinstance(verdict, Refused)
    assert verdict.again is again


def test_what_an_ordinary_operation_says_must_fit_the_workflow() -> None:
    order = submission("sketch", input={"prompt": "an owl", "quality": "high"})
    verdict, asked = play(ComfyUI().submit(order))
    assert (verdict.code, asked) == ("invalid_input", [])
    verdict, _ = play(ComfyUI().submit(replace(order, recipe=None)))
    assert verdict.code == "unknown_model"


def node_error(kind: str, field: str, node: str = "6") -> tuple[int, dict[str, Any]]:
    fault = {
        "type": kind, "message": "It is wrong", "details": "in [/home/artist/secret]",
        "extra_info": {"input_name": field},
    }  # fmt: skip
    told = {"type": "prompt_outputs_failed_validation", "message": "No"}
    return 400, {"error": told, "node_errors": {node: {"errors": [fault], "class_type": "X"}}}


def test_a_fault_is_the_users_where_the_field_is_declared_and_else_the_servers() -> None:
    order = submission("sketch", input={"prompt": "an owl"})
    verdict, _ = play(ComfyUI().submit(order), node_error("invalid_input_type", "text"))
    assert verdict.code == "invalid_input"
    assert "'prompt'" in verdict.message
    verdict, _ = play(ComfyUI().submit(order), node_error("value_not_in_list", "ckpt_name", "4"))
    assert (verdict.code, verdict.again) == ("workflow_unsupported", False)
    assert "/home" not in verdict.message
    missing = {"error": {"type": "invalid_prompt", "message": "node X does not exist."}}
    verdict, _ = play(ComfyUI().submit(order), (400, missing))
    assert verdict.code == "workflow_unsupported"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_behind_a_fault_of_the_server_the_prompt_may_be_queued(status: int) -> None:
    with pytest.raises(Unsure):
        play(ComfyUI().submit(submission("sketch", input={"prompt": "x"})), (status, {}))


def test_a_prompt_is_at_work_while_the_queue_has_it() -> None:
    assert play(ComfyUI().poll(TICKET), {}, RUNNING)[0] == Working()
    assert play(ComfyUI().poll(TICKET), {}, PENDING)[0] == Working()


def test_the_history_may_be_a_moment_late() -> None:
    verdict, asked = play(ComfyUI().poll(TICKET), {}, NOWHERE, ended())
    assert isinstance(verdict, Delivered)
    assert asked[2].after > 0


def test_what_neither_queue_nor_history_knows_is_lost_and_made_again() -> None:
    for verdict, _ in (
        play(ComfyUI().poll(TICKET), {}, NOWHERE, {}),
        play(ComfyUI().poll(GONE)),
    ):
        assert (verdict.code, verdict.again, verdict.cost) == ("server_lost", True, 0)


def test_an_answer_that_is_none_proves_nothing() -> None:
    with pytest.raises(Unsure):
        play(ComfyUI().poll(TICKET), (502, {}))


def test_files_are_told_by_their_names_whatever_they_stand_under() -> None:
    film = {"filename": "f.mp4", "subfolder": "", "type": "output"}
    entry = ended()
    entry[str(REF)]["outputs"] = {
        "9": {"images": [film, FILE], "animated": [True]},
        "5": {"images": [FILE]},
    }
    verdict, _ = play(ComfyUI().poll(TICKET), entry)
    query = "filename=a+b.png&subfolder=gesso&type=output"
    assert verdict == Delivered((Piece(url=f"{AT.root}/view?{query}"),))
    entry[str(REF)]["prompt"][3]["gesso"]["outputs"] = [["9", "video"]]
    assert "f.mp4" in str(play(ComfyUI().poll(TICKET), entry)[0])
    entry[str(REF)]["prompt"][3]["gesso"]["outputs"] = [["9", "model"]]
    assert isinstance(play(ComfyUI().poll(TICKET), entry)[0], Failed)


def test_how_it_failed_is_told_without_what_is_the_servers_own() -> None:
    told = {
        "node_id": "3", "node_type": "KSampler", "exception_type": "ValueError",
        "exception_message": "/home/artist", "traceback": ["/home/artist"],
    }  # fmt: skip
    verdict, _ = play(ComfyUI().poll(TICKET), ended("error", ["execution_error", told]))
    assert verdict == Failed(
        "provider_error", "The workflow broke off at node 3 (KSampler): ValueError."
    )
    stopped = ended("error", ["execution_interrupted", {"node_id": "3"}])
    assert play(ComfyUI().poll(TICKET), stopped)[0].code == "interrupted"


def test_a_waiting_prompt_is_taken_out_and_a_running_one_interrupted_by_its_name() -> None:
    verdict, asked = play(ComfyUI().cancel(TICKET), PENDING, None, NOWHERE, {})
    assert verdict == Cancelled()
    assert asked[1].json == {"delete": [str(REF)]}
    verdict, asked = play(ComfyUI().cancel(TICKET), RUNNING, None)
    assert (verdict, asked[1].json) == (NotCancelled(), {"prompt_id": str(REF)})
    # It began between the look and the deletion.
    verdict, asked = play(ComfyUI().cancel(TICKET), PENDING, None, RUNNING, None)
    assert (verdict, asked[3].url) == (NotCancelled(), f"{AT.root}/interrupt")


def test_what_has_ended_is_seen_to_have_been_stopped_or_not() -> None:
    stopped = ended("error", ["execution_interrupted", {}])
    assert play(ComfyUI().cancel(TICKET), NOWHERE, stopped)[0] == Cancelled()
    assert play(ComfyUI().cancel(TICKET), NOWHERE, ended())[0] == NotCancelled()
    assert play(ComfyUI().cancel(GONE))[0] == Cancelled()


def test_a_lost_prompt_is_found_wherever_it_is() -> None:
    lost = replace(TICKET, provider_job_id=None)
    assert play(ComfyUI().lookup(lost), ended())[0].provider_job_id == str(REF)
    assert play(ComfyUI().lookup(lost), {}, RUNNING)[0].provider_job_id == str(REF)
    entry = ended()[str(REF)]
    assert play(ComfyUI().lookup(lost), {}, NOWHERE, {"its-own": entry})[0] == Accepted(
        "its-own", poll_after=0.2
    )
    assert play(ComfyUI().lookup(lost), {}, NOWHERE, {})[0] == Absent()
    assert play(ComfyUI().lookup(replace(lost, credential=GONE.credential)))[0] == Absent()


def test_progress_counts_nodes_and_steps_whatever_frames_come() -> None:
    run = Run("left", nodes=4)
    frames: list[tuple[str, dict[str, Any]]] = [
        ("execution_start", {}),
        ("execution_cached", {"nodes": ["4"]}),
        ("executing", {"node": "5"}),
        ("executing", {"node": "3"}),
        ("progress", {"node": "3", "value": 10, "max": 20}),
    ]
    for kind, data in frames:
        run.take(kind, data)
    assert run.share == pytest.approx(2.5 / 4)
    nodes = {"3": {"state": "finished"}, "9": {"state": "running", "value": 0, "max": 0}}
    run.take("progress_state", {"nodes": nodes})
    assert run.share == pytest.approx(3 / 4)
    assert not run.ended
    run.take("executing", {"node": None})
    assert run.ended


def test_a_folder_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    assert set(workflows.read_folder(WORKFLOWS)) == {"animate", "sketch"}
    (tmp_path / "notes.txt").write_text("not a workflow")
    assert workflows.read_folder(tmp_path) == {}
    (tmp_path / "broken.yaml").write_text(
        yaml.safe_dump({"title": "x", "outputs": [], "graph": {}})
    )
    with pytest.raises(workflows.FolderError, match=r"broken\.yaml: outputs"):
        workflows.read_folder(tmp_path)
    (tmp_path / "broken.yaml").rename(tmp_path / "Bad Name.yaml")
    with pytest.raises(workflows.FolderError, match="name of a workflow"):
        workflows.read_folder(tmp_path)
    with pytest.raises(workflows.FolderError, match="is no folder"):
        workflows.read_folder(tmp_path / "nowhere")
