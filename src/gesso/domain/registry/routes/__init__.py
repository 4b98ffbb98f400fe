"""The registry over HTTP, for operators: what can be run, schedules, and runs."""

from gesso.domain.registry.routes.functions import router as function_routes
from gesso.domain.registry.routes.runs import router as run_routes
from gesso.domain.registry.routes.schedules import router as schedule_routes

__all__ = ["function_routes", "run_routes", "schedule_routes"]
