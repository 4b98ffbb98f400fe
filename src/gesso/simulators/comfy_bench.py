"""The bench of a simulated ComfyUI: runs prompts node by node, writes files, and tells clients."""

import asyncio
import io
import json
import struct
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from aiohttp import web
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gesso.simulators import comfy_graph, samples
from gesso.simulators.fate import Fate
from gesso.simulators.simulator import Made

_STEP = 0.02
_PREVIEW: Final = struct.pack(">II", 1, 1) + b"\xff\xd8\xff\xd9"

Key = tuple[str, str, str]


@dataclass(slots=True)
class Prompt:
    """A prompt in the queue, and what became of it."""

    number: int
    id: str
    graph: comfy_graph.Graph
    extra: Mapping[str, Any]
    job: Made
    fate: Fate
    messages: list[Any] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False

    def as_listed(self) -> list[Any]:
        """As queue and history show it."""
        wanted = [n for n in comfy_graph.in_order(self.graph) if class_of(self.graph[n]).makes]
        return [self.number, self.id, self.graph, dict(self.extra), wanted]


class Bench:
    """Files, cache and listeners of one server."""

    def __init__(self) -> None:
        self.files: dict[Key, tuple[bytes, str]] = {}
        """Content and type by name, folder and area."""
        self.cache: dict[str, dict[str, Any]] = {}
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self._counter = count(1)

    async def hang_up(self) -> None:
        """Close every listener's line."""
        for socket in list(self.sockets.values()):
            await socket.close()

    async def execute(self, prompt: Prompt) -> str:
        """Run it node by node, and tell its client; success or error."""
        await self._say(prompt, "execution_start", {})
        order, content = (
            comfy_graph.in_order(prompt.graph),
            json.dumps(prompt.graph, sort_keys=True),
        )
        cached = self.cache.get(content) if prompt.fate.file == "sound" else None
        await self._say(prompt, "execution_cached", {"nodes": order if cached else []})
        if cached is not None:
            prompt.outputs = cached
            for node, output in cached.items():
                await self._send(prompt, "executed", {"node": node, "output": output})
        for number in () if cached is not None else order:
            if not await self._node(prompt, number, share=1 / len(order)):
                return "error"
        await self._say(prompt, "execution_success", {})
        await self._send(prompt, "executing", {"node": None})
        self.cache[content] = prompt.outputs
        return "success"

    async def _node(self, prompt: Prompt, number: str, *, share: float) -> bool:
        """Run one node; False where the prompt ends at it."""
        node = prompt.graph[number]
        place = {"node_id": number, "node_type": node["class_type"]}
        makes = class_of(node).makes
        seconds = prompt.fate.seconds
        await self._send(prompt, "executing", {"node": number, "display_node": number})
        if seconds is None or seconds > 0:
            lasts = 0.0 if makes else float("inf") if seconds is None else seconds * share
            await self._toil(prompt, number, lasts)
        if prompt.interrupted:
            await self._say(prompt, "execution_interrupted", {**place, "executed": []}, to_all=True)
            return False
        if prompt.fate.fails and makes:
            told = {
                **place,
                "executed": [],
                "exception_type": prompt.fate.fails,
                "exception_message": "no such file: /home/artist/ComfyUI/secret.bin",
                "traceback": ['File "/home/artist/ComfyUI/execution.py", line 496'],
                "current_inputs": {},
                "current_outputs": [],
            }
            await self._say(prompt, "execution_error", told)
            return False
        if makes:
            prompt.outputs[number] = self._write(prompt, number)
            await self._send(prompt, "executed", {"node": number, "output": prompt.outputs[number]})
        return True

    async def _toil(self, prompt: Prompt, number: str, lasts: float) -> None:
        """Be at one node, with previews and steps; a sampler looks for interruptions between
        steps.
        """
        begun = time.monotonic()
        while not prompt.interrupted and (gone := time.monotonic() - begun) < lasts:
            share = 0.5 if lasts == float("inf") else gone / lasts
            steps = {"value": int(share * 20), "max": 20}
            await self._send(prompt, "progress", {**steps, "node": number})
            nodes = {number: {**steps, "state": "running"}}
            await self._send(prompt, "progress_state", {"nodes": nodes})
            if socket := self.sockets.get(str(prompt.extra.get("client_id"))):
                with suppress(ConnectionError):
                    await socket.send_bytes(_PREVIEW)
            await asyncio.sleep(min(_STEP, lasts))

    def _write(self, prompt: Prompt, number: str) -> dict[str, Any]:
        """The files of an output, on the server's disk: pictures as many as the batch has."""
        of = class_of(prompt.graph[number])
        kind = of.makes or "image"
        prefix = str(prompt.graph[number]["inputs"].get("filename_prefix", "ComfyUI"))
        sizes = [node["inputs"].get("batch_size", 1) for node in prompt.graph.values()]
        files = [self._keep(prompt, kind, prefix) for _ in range(max(sizes))]
        files = files if kind == "image" else files[:1]
        return {of.listed: files} | ({"animated": [True]} if kind == "video" else {})

    def _keep(self, prompt: Prompt, kind: samples.Kind, prefix: str) -> dict[str, str]:
        folder, _, stem = prefix.rpartition("/")
        filename = f"{stem}_{next(self._counter):05d}_.{samples.SUFFIX[kind]}"
        content = samples.sample(kind)
        if kind == "image":
            content = _with_graph(content, prompt.graph)
        match prompt.fate.file:
            case "html":
                content = b"<!doctype html><title>Sorry</title>"
            case "truncated":
                content = content[: len(content) // 2]
        if prompt.fate.file != "gone":
            self.files[filename, folder, "output"] = content, samples.CONTENT_TYPE[kind]
        return {"filename": filename, "subfolder": folder, "type": "output"}

    async def _say(
        self, prompt: Prompt, kind: str, data: Mapping[str, Any], *, to_all: bool = False
    ) -> None:
        """Tell its client, and keep it for the history."""
        told = {**data, "prompt_id": prompt.id, "timestamp": int(time.time() * 1000)}
        prompt.messages.append([kind, told])
        await self._send(prompt, kind, told, to_all=to_all)

    async def _send(
        self, prompt: Prompt, kind: str, data: Mapping[str, Any], *, to_all: bool = False
    ) -> None:
        message = {"type": kind, "data": {**data, "prompt_id": prompt.id}}
        named = [] if to_all else [str(prompt.extra.get("client_id"))]
        await self.tell(message, named or list(self.sockets))

    async def tell(self, message: Mapping[str, Any], names: Iterable[str]) -> None:
        """Send a message to those of these clients who listen."""
        for name in names:
            if socket := self.sockets.get(name):
                with suppress(ConnectionError):
                    await socket.send_json(message)


def class_of(node: Mapping[str, Any]) -> comfy_graph.NodeClass:
    """What the node's class takes and makes."""
    return comfy_graph.CLASSES[node["class_type"]]


def _with_graph(picture: bytes, graph: comfy_graph.Graph) -> bytes:
    """The picture with its whole graph inside, as SaveImage leaves it."""
    marks, out = PngInfo(), io.BytesIO()
    marks.add_text("prompt", json.dumps(graph))
    Image.open(io.BytesIO(picture)).save(out, "PNG", pnginfo=marks)
    return out.getvalue()
