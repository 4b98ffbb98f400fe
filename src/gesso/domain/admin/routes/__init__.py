"""Administration over HTTP, for admins and owners: people, and organisations."""

from gesso.domain.admin.routes.keys import router as users_key_routes
from gesso.domain.admin.routes.overview import router as overview_routes
from gesso.domain.admin.routes.tenants import router as tenant_routes
from gesso.domain.admin.routes.users import router as user_routes

admin_routes = (overview_routes, user_routes, users_key_routes, tenant_routes)

__all__ = ["admin_routes", "users_key_routes"]
