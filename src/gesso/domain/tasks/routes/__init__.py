"""Tasks over HTTP: orders and what becomes of them, the live streams, models, where providers
report, and what operators see of queues, providers and the inbox.
"""

from gesso.domain.tasks.routes.bulk import router as _bulk
from gesso.domain.tasks.routes.files import router as file_routes
from gesso.domain.tasks.routes.history import router as _history
from gesso.domain.tasks.routes.hooks import router as hook_routes
from gesso.domain.tasks.routes.jobs import router as job_routes
from gesso.domain.tasks.routes.models import router as model_routes
from gesso.domain.tasks.routes.orders import task_routes
from gesso.domain.tasks.routes.providers import router as provider_routes
from gesso.domain.tasks.routes.pushes import router as push_routes
from gesso.domain.tasks.routes.queues import router as queue_routes
from gesso.domain.tasks.routes.streams import router as stream_routes

many_routes = (_history, _bulk)
"""About many tasks at once. To stand before `task_routes`: `/tasks/days` is no task of that id."""

__all__ = [
    "file_routes",
    "hook_routes",
    "job_routes",
    "many_routes",
    "model_routes",
    "provider_routes",
    "push_routes",
    "queue_routes",
    "stream_routes",
    "task_routes",
]
