"""Alembic histories, one a bind."""
