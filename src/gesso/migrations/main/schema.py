"""The main database's tables, all of them: what the migrations must amount to."""

from gesso.domain.events import tables as events
from gesso.domain.identity import tables as identity
from gesso.domain.media import tables as media
from gesso.domain.tasks import tables as tasks
from gesso.domain.wallet import tables as wallet
from gesso.infra.db import Main

__all__ = ["events", "identity", "media", "metadata", "tasks", "wallet"]

metadata = Main.metadata
