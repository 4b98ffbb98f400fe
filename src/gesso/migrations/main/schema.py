"""The main database's tables, all of them: what the migrations must amount to."""

from gesso.domain.account import tables as account
from gesso.domain.auditlog import tables as auditlog
from gesso.domain.catalog import tables as catalog
from gesso.domain.channels import tables as channels
from gesso.domain.clients import tables as clients
from gesso.domain.deadletters import tables as deadletters
from gesso.domain.events import tables as events
from gesso.domain.identity import tables as identity
from gesso.domain.inbox import tables as inbox
from gesso.domain.keyring import tables as keyring
from gesso.domain.media import tables as media
from gesso.domain.payments import tables as payments
from gesso.domain.reconciliation import tables as reconciliation
from gesso.domain.registry import tables as registry
from gesso.domain.sessions import tables as sessions
from gesso.domain.signin import handover_tables, oidc_tables
from gesso.domain.signin import tables as signin
from gesso.domain.tasks import tables as tasks
from gesso.domain.wallet import code_tables, limit_tables, lot_tables
from gesso.domain.wallet import tables as wallet
from gesso.domain.workflows import tables as workflows
from gesso.infra.db import Main

__all__ = [
    "account",
    "auditlog",
    "catalog",
    "channels",
    "clients",
    "code_tables",
    "deadletters",
    "events",
    "handover_tables",
    "identity",
    "inbox",
    "keyring",
    "limit_tables",
    "lot_tables",
    "media",
    "metadata",
    "oidc_tables",
    "payments",
    "reconciliation",
    "registry",
    "sessions",
    "signin",
    "tasks",
    "wallet",
    "workflows",
]

metadata = Main.metadata
