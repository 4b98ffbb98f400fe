"""Templates: a graph of ComfyUI's with declared inputs and outputs, which becomes a prompt."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model, model_validator

from gesso.providers.comfyui.declared import (
    LARGEST_SEED,
    Declared,
    ImageInput,
    Node,
    Output,
    SeedInput,
    is_link,
)

LARGEST: Final = 256 << 10
"""Bytes of a template as JSON."""
_TOLD = 5
"""Faults that are named at once."""

_OWN = "input_"
InputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
NodeId = Annotated[str, StringConstraints(pattern=r"^[^.\s]{1,64}$")]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]


class Template(BaseModel):
    """A workflow that users may order: its graph in ComfyUI's API format, what of it they may set,
    and which nodes' files they get.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str = Field(min_length=1, max_length=100)
    summary: str = Field("", max_length=500)
    price: Decimal | None = Field(
        None,
        gt=0,
        le=1_000_000,
        max_digits=13,
        decimal_places=6,
        strict=False,
        description="Credits for a run; none: as the catalogue says.",
    )
    tags: list[Tag] = Field(
        [], max_length=16, description="What a server must be tagged with to be given it."
    )
    inputs: dict[InputName, Declared] = Field({}, max_length=64)
    outputs: list[Output] = Field(min_length=1, max_length=16)
    graph: dict[NodeId, Node] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults[:_TOLD]))
        if len(self.canonical) > LARGEST:
            raise ValueError(f"it has more than {LARGEST} bytes")
        return self

    def _faults(self) -> Iterator[str]:
        """What does not fit together, in the template's own names."""
        taken: dict[str, str] = {}
        for name, declared in self.inputs.items():
            if fault := declared.fault():
                yield f"the input {name!r} {fault}"
            for place in declared.at:
                if place in taken:
                    yield f"the inputs {taken[place]!r} and {name!r} are both written to {place!r}"
                elif fault := self._fault_at(place):
                    yield f"the input {name!r} {fault}"
                taken.setdefault(place, name)
        for output in self.outputs:
            if output.node not in self.graph:
                yield f"an output names a node that is not there: {output.node!r}"
        for number, node in self.graph.items():
            for source in set(node.links()) - set(self.graph):
                yield f"node {number!r} is fed by a node that is not there: {source!r}"

    def _fault_at(self, place: str) -> str | None:
        number, _, field = place.partition(".")
        node = self.graph.get(number)
        if node is None:
            return f"names a node that is not there: {number!r}"
        if field not in node.inputs:
            return f"names a field that node {number!r} has not: {field!r}"
        return f"would cut the link at {place!r}" if is_link(node.inputs[field]) else None

    @cached_property
    def canonical(self) -> bytes:
        """The same bytes for the same template."""
        content = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def digest(self) -> str:
        """What tells it from every other template."""
        return hashlib.sha256(self.canonical).hexdigest()

    @cached_property
    def model(self) -> type[BaseModel]:
        """What takes the values of its inputs, and says precisely what is wrong with them."""
        fields: dict[str, Any] = {}
        for name, declared in self.inputs.items():
            # Under a name of our own, for theirs could be one that models have themselves.
            fields[_OWN + name] = declared.field()
        config = ConfigDict(
            extra="forbid",
            strict=True,
            alias_generator=_plain,
            field_title_generator=lambda name, _: _plain(name),
        )
        return create_model("Inputs", __config__=config, **fields)

    @property
    def schema_of_inputs(self) -> dict[str, Any]:
        """The JSON schema of the values that an order gives."""
        return self.model.model_json_schema(by_alias=True)

    @property
    def images(self) -> frozenset[str]:
        """The inputs that are pictures of the user's."""
        return frozenset(
            name for name, declared in self.inputs.items() if isinstance(declared, ImageInput)
        )

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What is given, checked and with its defaults; a seed that was left out is drawn.

        Optional inputs that are left out are not among them. ValidationError tells every fault.
        """
        taken = self.model.model_validate(dict(given)).model_dump(by_alias=True)
        drawn = {
            name: secrets.randbelow(LARGEST_SEED)
            for name, declared in self.inputs.items()
            if isinstance(declared, SeedInput) and taken[name] is None
        }
        return {name: value for name, value in (taken | drawn).items() if value is not None}

    def fill(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The graph with these values in their places, as ComfyUI takes it; pictures are named as
        the server knows them.
        """
        graph = deepcopy({name: node.model_dump() for name, node in self.graph.items()})
        for name, value in values.items():
            for place in self.inputs[name].at:
                node, _, field = place.partition(".")
                graph[node]["inputs"][field] = value
        return graph

    def input_at(self, node: str, field: str | None) -> str | None:
        """The declared input that is written to this field, or to this node where none is named."""
        for name, declared in self.inputs.items():
            for place in declared.at:
                number, _, its_field = place.partition(".")
                if number == node and field in (None, its_field):
                    return name
        return None


@lru_cache(maxsize=256)
def read_template(content: str) -> Template:
    """The template of a JSON text; ValidationError for one that is unsound."""
    return Template.model_validate(json.loads(content))


def _plain(name: str) -> str:
    return name.removeprefix(_OWN)
