"""The contract is tested against a running house."""

from tests.house.world import new_database

__all__ = ["new_database"]
