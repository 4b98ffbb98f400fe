"""The cache: answers that are dear to make and may be a little old, kept for a while.

It is a convenience. Nothing is kept in it that cannot be made again, and when its store is away
everything goes on without it. What it hands out is never older than the time that was allowed, nor
than a `delete` that the store has heard of.
"""

from gesso.infra.cache.memory import MemoryStore
from gesso.infra.cache.namespace import Cache, CachedInTransaction, Namespace
from gesso.infra.cache.store import Store, StoreAway, Taken

__all__ = [
    "Cache",
    "CachedInTransaction",
    "MemoryStore",
    "Namespace",
    "Store",
    "StoreAway",
    "Taken",
]
