"""The contract is tested against a running house."""

from tests.house.world import new_ground

__all__ = ["new_ground"]
