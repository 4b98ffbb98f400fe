"""Tasks over HTTP: orders and what becomes of them, the live streams, and the operators' queues."""

from gesso.domain.tasks.routes.orders import task_routes
from gesso.domain.tasks.routes.queues import router as queue_routes
from gesso.domain.tasks.routes.streams import router as stream_routes

__all__ = ["queue_routes", "stream_routes", "task_routes"]
