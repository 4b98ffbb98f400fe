"""Payments over HTTP."""

from gesso.domain.payments.routes.hook import router as payment_hook_routes
from gesso.domain.payments.routes.packages import router as package_routes
from gesso.domain.payments.routes.payments import router as payment_routes

__all__ = ["package_routes", "payment_hook_routes", "payment_routes"]
