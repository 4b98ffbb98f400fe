"""Catalog: what can be asked for, who makes it, and its price."""

from gesso.domain.catalog.entries import TOPIC, changed, edit, history, in_force, put, revision
from gesso.domain.catalog.model import Example, Model, Target
from gesso.domain.catalog.price import USED, Price, Tier
from gesso.domain.catalog.service import Catalog, CatalogError, load_catalog, read_entries
from gesso.domain.catalog.shape import fill
from gesso.domain.catalog.tables import CatalogRevision

__all__ = [
    "TOPIC",
    "USED",
    "Catalog",
    "CatalogError",
    "CatalogRevision",
    "Example",
    "Model",
    "Price",
    "Target",
    "Tier",
    "changed",
    "edit",
    "fill",
    "history",
    "in_force",
    "load_catalog",
    "put",
    "read_entries",
    "revision",
]
