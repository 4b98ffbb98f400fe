"""Graphs as ComfyUI takes them: which nodes there are, what they need, and what is said of a graph
that cannot be run.

Source: ComfyUI 0.3.64 (`execution.py`, `validate_prompt` and `validate_inputs`).
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gesso.simulators.samples import Kind

Graph = Mapping[str, Mapping[str, Any]]
CHECKPOINT: Final = "sketch.safetensors"
LINK: Final = "LINK"


@dataclass(frozen=True, slots=True)
class NodeClass:
    """What a class of nodes takes: LINK is another node's output, a tuple the words it knows."""

    takes: Mapping[str, Any]
    makes: Kind | None = None
    """The kind of file that it writes; none: it is no output."""
    listed: str = "images"
    """The member of its output under which its files stand."""
    more: Mapping[str, Any] = field(default_factory=dict)


_SAMPLER: Final = {
    "model": LINK, "positive": LINK, "negative": LINK, "latent_image": LINK,
    "seed": int, "steps": int, "cfg": float, "denoise": float,
    "sampler_name": ("euler", "dpmpp_2m"), "scheduler": ("normal", "karras"),
}  # fmt: skip
CLASSES: Final[Mapping[str, NodeClass]] = {
    "CheckpointLoaderSimple": NodeClass({"ckpt_name": (CHECKPOINT,)}),
    "CLIPTextEncode": NodeClass({"text": str, "clip": LINK}),
    "EmptyLatentImage": NodeClass({"width": int, "height": int, "batch_size": int}),
    "KSampler": NodeClass(_SAMPLER),
    "VAEDecode": NodeClass({"samples": LINK, "vae": LINK}),
    "EmptyImage": NodeClass({"width": int, "height": int, "batch_size": int, "color": int}),
    "LoadImage": NodeClass({"image": str}),
    "ImageInvert": NodeClass({"image": LINK}),
    "ImageAddNoise": NodeClass({"image": LINK, "seed": int, "strength": float}),
    "ImageScale": NodeClass(
        {
            "image": LINK,
            "upscale_method": ("nearest-exact", "bilinear", "area", "bicubic", "lanczos"),
            "width": int,
            "height": int,
            "crop": ("disabled", "center"),
        }
    ),
    "CreateVideo": NodeClass({"images": LINK, "fps": float}),
    "ImageToMesh": NodeClass({"image": LINK}),
    "SaveImage": NodeClass({"images": LINK, "filename_prefix": str}, "image"),
    "SaveVideo": NodeClass({"video": LINK, "filename_prefix": str}, "video"),
    "SaveGLB": NodeClass({"mesh": LINK, "filename_prefix": str}, "model", "3d"),
}


def unsound(graph: object) -> dict[str, Any] | None:
    """The answer to a graph that is no graph; None for one whose nodes can be looked at."""
    if not isinstance(graph, Mapping) or not graph:
        return error("no_prompt", "No prompt provided")
    for number, node in graph.items():
        name = node.get("class_type") if isinstance(node, Mapping) else None
        if name is None:
            return error("invalid_prompt", "Cannot execute because a node is missing the class_type property.", number)  # noqa: E501  # fmt: skip
        if name not in CLASSES:
            return error("invalid_prompt", f"Cannot execute because node {name} does not exist.", number)  # noqa: E501  # fmt: skip
    if not any(CLASSES[node["class_type"]].makes for node in graph.values()):
        return error("prompt_no_outputs", "Prompt has no outputs")
    return None


def faults(graph: Graph, pictures: Container[str]) -> dict[str, Any] | None:
    """The answer to a graph of which no output can be made, with what is wrong at each node."""
    found: dict[str, Any] = {}
    for number, node in graph.items():
        errors = list(_of_node(node, pictures))
        if errors:
            outputs = [each for each, of in graph.items() if CLASSES[of["class_type"]].makes]
            found[number] = {
                "errors": errors,
                "dependent_outputs": outputs,
                "class_type": node["class_type"],
            }
    if not found:
        return None
    told = error("prompt_outputs_failed_validation", "Prompt outputs failed validation")
    return told | {"node_errors": found}


def _of_node(node: Mapping[str, Any], pictures: Container[str]) -> Iterator[dict[str, Any]]:
    given = node.get("inputs", {})
    for name, kind in CLASSES[node["class_type"]].takes.items():
        value = given.get(name)
        if name not in given:
            yield _fault("required_input_missing", "Required input is missing", name, name)
        elif kind == LINK:
            if not isinstance(value, list):
                yield _fault("bad_linked_input", "Bad linked input, must be a length-2 list", name, name)  # noqa: E501  # fmt: skip
        elif isinstance(kind, tuple):
            if value not in kind:
                yield _fault("value_not_in_list", "Value not in list", name, f"{name}: '{value}' not in {list(kind)}")  # noqa: E501  # fmt: skip
        elif kind in (int, float) and not isinstance(value, int | float):
            yield _fault("invalid_input_type", f"Failed to convert an input value to a {kind.__name__.upper()} value", name, f"{name}, {value}")  # noqa: E501  # fmt: skip
        elif node["class_type"] == "LoadImage" and value not in pictures:
            yield _fault("custom_validation_failed", "Custom validation failed for node", name, f"{name} - Invalid image file: {value}")  # noqa: E501  # fmt: skip


def _fault(kind: str, message: str, name: str, details: str) -> dict[str, Any]:
    extra = {"input_name": name, "input_config": None, "received_value": None}
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


def error(kind: str, message: str, node: str | None = None) -> dict[str, Any]:
    """The body of a refusal."""
    details = f"Node ID '#{node}'" if node else ""
    return {
        "error": {"type": kind, "message": message, "details": details, "extra_info": {}},
        "node_errors": {},
    }


def in_order(graph: Graph) -> list[str]:
    """The nodes that its outputs need, each after those that it is fed by."""
    order: list[str] = []
    seen: set[str] = set()

    def add(number: str) -> None:
        if number in seen:
            return
        seen.add(number)
        for value in graph[number]["inputs"].values():
            if isinstance(value, list) and value[0] in graph:
                add(str(value[0]))
        order.append(number)

    for number, node in graph.items():
        if CLASSES[node["class_type"]].makes:
            add(number)
    return order


def words_of(graph: Graph) -> str:
    """The first words in it that are no setting: what tests know its job by."""
    for node in graph.values():
        for name in ("text", "filename_prefix"):
            if isinstance(node["inputs"].get(name), str):
                return str(node["inputs"][name])
    return ""
