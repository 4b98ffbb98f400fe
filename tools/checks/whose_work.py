"""Whose work: a room opens a unit of work for a tenant, or stands in the list of those that do not.

The danger: whoever opens one without a tenant sees the rows of all of them, so that a query which
forgets to ask whose they are hands out another tenant's. With a tenant such a query finds nothing:
PostgreSQL itself keeps the wall. A route's `ViewDep` and `TxDep` are the caller's tenant's already
(tests/domain/test_whose.py has the list of those that are not); this is for what is opened by hand.

An entry of ACROSS is a folder, a file or a function below `src/gesso/domain/`, with the reason.
Whoever adds one says why no tenant is known there, or why all of them are meant.
"""

import ast
from collections.abc import Iterator

from tools.checks.source import Finding, Source, dotted

DOMAIN = "src/gesso/domain/"
HERE = "tools/checks/whose_work.py"
ACROSS = {
    # What nobody asked for just now: the house's own work, for whomever it is due.
    "account/steps.py": "the house works off who has left, when nobody is let in as them any more",
    "account/work.py": "the same",
    "events/feed.py": "one reader for the streams of everybody; each stream gets its owner's",
    "events/tail.py": "one reader for whoever of the house follows everything",
    "events/herald.py": "tells the workers of whatever is due",
    "media/room.py:clear_dead": "what dead processes left behind, of everybody",
    "payments/desk.py:_find_session": "looked after by the house",
    "payments/desk.py:_look": "looked after by the house",
    "payments/desk.py:go_round": "looked after by the house",
    "reconciliation": "the house's books",
    "registry/work": "runs are the house's",
    "identity/channels.py": "keeps every open channel at hand",
    "sessions/keys.py": "the house's keys, with which tokens are signed",
    "sessions/mint.py": "the house's keys, with which tokens are signed",
    "tasks/bulk.py:stop": "a run of the house's does it; every query names the owner",
    "tasks/watch.py": "what is offered and how it does, the same for all",
    "tasks/work": "jobs are worked off for whomever they are",
    "usage/rolling.py": "rollups are made for all tenants at once",
    # Who calls is what is being found out, and with them the tenant.
    "clients/routes.py:_token": "a client's id and secret lead to its tenant",
    "identity/doorkeeper.py": "a key leads to its tenant",
    "sessions/guests.py": "a session leads to its tenant",
    "sessions/routes.py:log_out": "a refresh token leads to its session",
    "sessions/routes.py:refresh_session": "a refresh token leads to its session",
    "signin/codes.py:_let_in": "a challenge leads to its channel's tenant",
    "signin/codes.py:_look": "a challenge leads to its channel's tenant",
    "signin/codes.py:ask": "a channel's name leads to its tenant",
    "signin/handover.py": "a channel's name leads to its tenant",
    "signin/oidc.py": "a channel's name leads to its tenant",
    "signin/passwords.py:login": "a channel's name leads to its tenant",
    "signin/routes/handover.py": "a channel's name leads to its tenant",
    "signin/routes/oidc.py": "a channel's name leads to its tenant",
    # Another proof than a caller.
    "media/routes/assets.py:_behind": "a signed link is the permission, whoever follows it",
    "payments/desk.py:receive": "a gateway's signature is; the report says whose payment it is",
    # For people of the house, whom the guard of the route lets in alone.
    "admin/overview.py:_count": "counts for whoever runs the house",
    "payments/desk.py:confirm": "an operator of the house has seen the money",
    "payments/routes/payments.py:confirm_payment": "an operator of the house has seen the money",
    "registry/routes/runs.py:request_run": "runs are the house's",
    "tasks/routes/providers.py:count": "counts for whoever runs the house",
    "tasks/routes/queues.py:count": "counts for whoever runs the house",
    "tasks/routes/queues.py:list_queues": "queues are the house's",
    "usage/routes.py:get_usage": "rollups lie where no walls are; the question names the tenant",
    "wallet/acting.py:_acting": "an operator of the house names the tenant",
    # What is the house's, of which a tenant's caller makes or needs one.
    "channels/service.py:_written": "hosts are claimed among all tenants; secrets are the house's",
    "keyring": "keys at providers, and those that seal, are the house's",
    "tasks/routes/bulk.py:change_tasks": "runs are the house's; this one says whose it is",
}
_OPENERS = {"tx", "view"}
_DATABASES = {"db", "_db", "analytics", "main"}


def check(sources: list[Source]) -> Iterator[Finding]:
    """Find units of work without a tenant that are not listed, and entries that nobody needs."""
    used, own = set(), None
    for source in sources:
        if source.path == HERE:
            own = source
        if not source.is_python or not source.under(DOMAIN):
            continue
        for function, node in _opened(source.tree):
            path = source.path.removeprefix(DOMAIN)
            entry = next((each for each in ACROSS if _covers(each, path, function)), None)
            if entry is None:
                yield source.found(node, f"`{function}` opens a unit of work of no tenant's")
            used.add(entry)
    if own is not None:
        for entry in ACROSS.keys() - used:
            yield own.found(own.tree, f"`{entry}` is listed, and opens nothing without a tenant")


def _covers(entry: str, path: str, function: str) -> bool:
    # An entry is a folder, a file, or a function of a file.
    return path.startswith(f"{entry}/") or entry in (path, f"{path}:{function}")


def _opened(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every mention of `db.tx` or `db.view` that names no tenant, with the function it is in."""
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(each.arg == "tenant" for each in node.keywords):
            # `partial(db.view, tenant=…)` names one as well as a call does.
            bound |= {id(each) for each in (node.func, *node.args)}
    yield from _within(tree, "", bound)


def _within(parent: ast.AST, function: str, bound: set[int]) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.iter_child_nodes(parent):
        inner = function
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = node.name
        if isinstance(node, ast.Attribute) and node.attr in _OPENERS and id(node) not in bound:
            owner = dotted(node.value).rpartition(".")[2]
            if owner in _DATABASES:
                yield inner, node
        yield from _within(node, inner, bound)
