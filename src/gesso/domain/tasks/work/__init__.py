"""Background work on tasks: the only place in this room that talks to providers and storage.

A `Workshop` does what an assignment says; `duties` tells the engine what to claim and who does it.
"""

from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.duties import duties
from gesso.domain.tasks.work.ingest import Ingest
from gesso.domain.tasks.work.sources import Sources
from gesso.domain.tasks.work.workshop import Workshop

__all__ = ["Desk", "Ingest", "Sources", "Workshop", "duties"]
