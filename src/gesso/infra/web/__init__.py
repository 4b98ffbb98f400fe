"""The HTTP shell: what every route of the house shares, whatever room it belongs to.

A room makes its router with `new_router`, takes `ViewDep` or `TxDep`, declares its refusals with
`problems(…)`, pages with `PageDep` and `Page`, and knows nothing of the rest.
"""

from gesso.infra.web.answers import answer
from gesso.infra.web.application import mount, new_application
from gesso.infra.web.body import new_router, read_json
from gesso.infra.web.errors import InvalidCursor, MissingScope
from gesso.infra.web.openapi import problems
from gesso.infra.web.paging import Page, PageDep, PageRequest
from gesso.infra.web.problems import PROBLEM_JSON, Problem, problem, refusal
from gesso.infra.web.session import Component, House, TxDep, ViewDep, house_of
from gesso.infra.web.trace import Trace, continue_trace, current_trace, enter_trace, leave_trace

__all__ = [
    "PROBLEM_JSON",
    "Component",
    "House",
    "InvalidCursor",
    "MissingScope",
    "Page",
    "PageDep",
    "PageRequest",
    "Problem",
    "Trace",
    "TxDep",
    "ViewDep",
    "answer",
    "continue_trace",
    "current_trace",
    "enter_trace",
    "house_of",
    "leave_trace",
    "mount",
    "new_application",
    "new_router",
    "problem",
    "problems",
    "read_json",
    "refusal",
]
