"""The analytics bind's tables, all of them: what its migrations must amount to."""

from gesso.domain.usage import tables as usage
from gesso.infra.db import Analytics

__all__ = ["metadata", "usage"]

metadata = Analytics.metadata
