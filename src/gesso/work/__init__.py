"""Work: what is due is claimed and done, blind to what it means."""

from gesso.work.duty import Duty
from gesso.work.local import LocalEngine

__all__ = ["Duty", "LocalEngine"]
