"""Every story may ask for a running house."""

from tests.house.world import acme_home, home, new_database, studio, studio_home

__all__ = ["acme_home", "home", "new_database", "studio", "studio_home"]
