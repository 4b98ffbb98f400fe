"""What ComfyUI's answers mean: refusals of a prompt, ends in the history, places in the queue.

Tracebacks and the values beside them hold paths and names of the server's; nothing of them is
passed on.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlencode

from gesso.providers.comfyui.template import Template
from gesso.providers.flow import Answer, Failed, Refused
from gesso.providers.readings import INVALID_INPUT, OVERLOADED, PROVIDER_ERROR, refused

UNSUPPORTED: Final = "workflow_unsupported"
"""The server lacks a node or a file that the workflow names, or takes its graph for unsound."""
MARK: Final = "gesso"
"""The member of a prompt's extra data under which it carries what we must know of it later."""
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "image": frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"}),
    "video": frozenset({".mp4", ".webm", ".mov", ".mkv", ".gif", ".webp"}),
    "model": frozenset({".glb", ".gltf", ".obj", ".stl", ".ply"}),
}
_RUNNING_OUT: Final = ("OutOfMemoryError", "OOM")


def refusal(answer: Answer, template: Template) -> Refused:
    """Why the server did not take a prompt, with the node and the input named; Unsure where it may
    have taken it.
    """
    told = _told(answer)
    for node, found in told.get("node_errors", {}).items():
        for fault in found.get("errors", []):
            field = fault.get("extra_info", {}).get("input_name")
            name = template.input_at(node, field)
            what = str(fault.get("message") or fault.get("type") or "a fault")
            where = f"node {node} ({found.get('class_type', '?')})"
            if name is not None:
                message = f"The input {name!r} was not taken by {where}: {what}."
                return refused(answer, message, INVALID_INPUT)
            place = f"{where}, {field}" if field else where
            message = f"The server cannot run this workflow: {place}: {what}."
            return refused(answer, message, UNSUPPORTED)
    fault = told.get("error", {})
    message = str(fault.get("message") or f"The server answered {answer.status}.")
    if answer.status == 400 and fault.get("type") in _UNSOUND:
        return refused(answer, f"The server cannot run this workflow: {message}", UNSUPPORTED)
    return refused(answer, message)


_UNSOUND: Final = frozenset(
    {"invalid_prompt", "missing_node_type", "prompt_no_outputs", "no_prompt", "invalid_prompt_id"}
)


def _told(answer: Answer) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) and isinstance(told.get("error", {}), dict) else {}


def place_in(queue: Mapping[str, Any], name: str) -> str | None:
    """The id under which the queue knows a prompt of this name of ours, and whether it runs: as
    `running:id` or `pending:id`.
    """
    for state in ("running", "pending"):
        for entry in queue.get(f"queue_{state}", []):
            if entry[1] == name or mark_of(entry).get("ref") == name:
                return f"{state}:{entry[1]}"
    return None


def mark_of(prompt: Sequence[Any]) -> Mapping[str, Any]:
    """What we wrote onto a prompt: `[number, id, graph, extra data, outputs]`."""
    extra = prompt[3] if len(prompt) > 3 and isinstance(prompt[3], dict) else {}
    mark = extra.get(MARK)
    return mark if isinstance(mark, dict) else {}


def was_interrupted(entry: Mapping[str, Any]) -> bool:
    """Whether a prompt of the history was stopped."""
    return any(message[0] == "execution_interrupted" for message in _messages(entry))


def failure(entry: Mapping[str, Any]) -> Failed | None:
    """How a prompt of the history has failed, if it has; a render costs nothing beyond its time."""
    if was_interrupted(entry):
        return Failed("interrupted", "Somebody stopped it at the server.")
    if (entry.get("status") or {}).get("status_str") != "error":
        return None
    errors = [each[1] for each in _messages(entry) if each[0] == "execution_error"]
    told: Mapping[str, Any] = errors[0] if errors else {}
    kind = str(told.get("exception_type") or "an error").strip()[:100]
    where = f"node {told.get('node_id', '?')} ({told.get('node_type', '?')})"
    if kind.endswith(_RUNNING_OUT):
        message = f"The server ran out of memory at {where}."
        return Failed(OVERLOADED, message, again=True)
    return Failed(PROVIDER_ERROR, f"The workflow broke off at {where}: {kind}.")


def _messages(entry: Mapping[str, Any]) -> Sequence[Any]:
    messages: Sequence[Any] = (entry.get("status") or {}).get("messages") or []
    return [each for each in messages if isinstance(each, list) and len(each) == 2]


def results(entry: Mapping[str, Any]) -> list[str]:
    """The queries under which `/view` has the files that were asked for, in the outputs' order; an
    mp4 may stand among the images, so that a file's name alone says what it is.
    """
    outputs = entry.get("outputs") or {}
    wanted = mark_of(entry.get("prompt") or []).get("outputs") or [[node, None] for node in outputs]
    return [
        urlencode({name: file.get(name, "") for name in ("filename", "subfolder", "type")})
        for node, kind in wanted
        for file in _files(outputs.get(node) or {})
        if _is_a(str(file["filename"]), kind)
    ]


def _files(output: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        file
        for listed in output.values()
        if isinstance(listed, list)
        for file in listed
        if isinstance(file, dict) and file.get("filename")
    ]


def _is_a(filename: str, kind: str | None) -> bool:
    suffix = PurePosixPath(filename).suffix.lower()
    return (
        any(suffix in each for each in _KINDS.values())
        if kind is None
        else (suffix in _KINDS[kind])
    )
