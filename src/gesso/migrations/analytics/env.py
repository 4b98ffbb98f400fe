"""Alembic's environment for the analytics bind, whose database may be shared with anybody."""

from gesso.migrations.analytics.schema import metadata
from gesso.migrations.environment import run

run(metadata, watches=lambda table: table in metadata.tables)
