"""Alembic's environment for the main database: runs on the connection that `gesso.infra.db.migrate`
hands over.
"""

from typing import cast

from alembic import context
from sqlalchemy import Connection

from gesso.migrations.main.schema import metadata

connection = cast(Connection, context.config.attributes["connection"])
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=False,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
