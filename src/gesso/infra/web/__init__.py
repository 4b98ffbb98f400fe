"""The HTTP shell: what every route of the house shares, whatever room it belongs to.

A room makes its router with `new_router`, takes `ViewDep` or `TxDep`, declares its refusals with
`problems(…)`, pages with `PageDep` and `Page`, and knows nothing of the rest.
"""

from gesso.infra.trace import Trace, continue_trace, current_trace, enter_trace, leave_trace
from gesso.infra.web.answers import answer
from gesso.infra.web.application import mount, new_application
from gesso.infra.web.body import new_router, read_json
from gesso.infra.web.errors import InvalidCursor, MissingScope
from gesso.infra.web.idempotency import REPLAYED, KeyHeader, check_key
from gesso.infra.web.openapi import problems
from gesso.infra.web.paging import Page, PageDep, PageRequest
from gesso.infra.web.passage import (
    COUNTED_AS_STREAM,
    COUNTED_EVERYWHERE,
    Gate,
    Passage,
    client_address,
    gate_of,
    passage_of,
)
from gesso.infra.web.pointers import field_problems, pointer
from gesso.infra.web.problems import PROBLEM_JSON, Problem, problem, refusal
from gesso.infra.web.session import Component, House, TxDep, ViewDep, bind_tenant, house_of
from gesso.infra.web.shell import Large

__all__ = [
    "COUNTED_AS_STREAM",
    "COUNTED_EVERYWHERE",
    "PROBLEM_JSON",
    "REPLAYED",
    "Component",
    "Gate",
    "House",
    "InvalidCursor",
    "KeyHeader",
    "Large",
    "MissingScope",
    "Page",
    "PageDep",
    "PageRequest",
    "Passage",
    "Problem",
    "Trace",
    "TxDep",
    "ViewDep",
    "answer",
    "bind_tenant",
    "check_key",
    "client_address",
    "continue_trace",
    "current_trace",
    "enter_trace",
    "field_problems",
    "gate_of",
    "house_of",
    "leave_trace",
    "mount",
    "new_application",
    "new_router",
    "passage_of",
    "pointer",
    "problem",
    "problems",
    "read_json",
    "refusal",
]
