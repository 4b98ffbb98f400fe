"""Catalog: what can be asked for, who makes it, and its price."""

from gesso.domain.catalog.service import Catalog, CatalogError, Model, Tier, load_catalog

__all__ = ["Catalog", "CatalogError", "Model", "Tier", "load_catalog"]
