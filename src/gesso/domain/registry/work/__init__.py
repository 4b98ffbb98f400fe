"""Background work on runs: the only place in this room that calls registered functions."""

from gesso.domain.registry.work.desk import Desk
from gesso.domain.registry.work.duties import Duties
from gesso.domain.registry.work.runner import Runner

__all__ = ["Desk", "Duties", "Runner"]
