"""What every history's environment does: runs on the connection that `gesso.infra.db.migrate` hands
over, and looks at its own bind's tables only.
"""

from collections.abc import Callable
from typing import Any, cast

from alembic import context
from sqlalchemy import Connection, MetaData

from gesso.infra.db.migrate import version_table
from gesso.infra.settings import BINDS


def run(metadata: MetaData, *, watches: Callable[[str], bool]) -> None:
    """Run the command that Alembic was given; tables that this history does not watch are none of
    its business, whoever shares the database.
    """
    handed = context.config.attributes
    connection = cast(Connection, handed["connection"])
    versions = {version_table(bind) for bind in BINDS}

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or (name not in versions and watches(str(name)))

    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=handed["version_table"],
        include_name=is_ours,
        compare_type=False,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
