"""Alembic's environment for the main database: no table may be there but ours."""

from gesso.migrations.analytics import schema as analytics
from gesso.migrations.environment import run
from gesso.migrations.main.schema import metadata

run(metadata, watches=lambda table: table not in analytics.metadata.tables)
