"""Administration: an organisation's people, and the organisations themselves."""

from gesso.domain.admin.service import change, close_tenant, make_tenant, rename_tenant, take_in

__all__ = ["change", "close_tenant", "make_tenant", "rename_tenant", "take_in"]
