"""The triggers that let nothing but INSERT and SELECT happen to the four tables of the log, on both
databases.

A seat belt, not a lock: whoever owns a table can disable its triggers. The lock is the role that is not the
owner (grants.py), and what cannot be undone is the signed tree.
"""

from collections.abc import Iterator

TABLES = ("audit_auditevent", "audit_leaf", "audit_node", "audit_checkpoint")
MESSAGE = "the audit log is append-only"


def create_sql(vendor: str) -> list[str]:
    """The statements that put the triggers in place; `vendor` is "postgresql" or "sqlite" (else
    ValueError)."""
    if vendor == "postgresql":
        return [_POSTGRESQL_FUNCTION, *(statement for table in TABLES for statement in _postgresql(table))]
    if vendor == "sqlite":
        return [statement for table in TABLES for statement in _sqlite(table)]
    raise ValueError(f"no triggers for {vendor}")


def drop_sql(vendor: str) -> list[str]:
    """The statements that remove them; only the owner of the tables may, and only tests and a reversed
    migration do."""
    if vendor == "postgresql":
        return [
            *(f"DROP TRIGGER IF EXISTS {name} ON {table}" for table in TABLES for name in _names(table)),
            "DROP FUNCTION IF EXISTS audit_refuse()",
        ]
    if vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in TABLES for verb in ("update", "delete")
        ]
    raise ValueError(f"no triggers for {vendor}")


def refused_change(error: Exception) -> str | None:
    """The table of the log that `error` of the database says somebody tried to change (F02); None: it is about
    something else. SQLite does not say which of the four: `audit`."""
    text = str(error)
    if MESSAGE not in text and "permission denied for table" not in text:
        return None
    named = next((table for table in TABLES if table in text), None)
    return named or ("audit" if MESSAGE in text else None)


def install(connection) -> None:
    """Put the triggers in place on a Django connection; doing it twice is the same as once."""
    _run(connection, drop_sql(connection.vendor) + create_sql(connection.vendor))


def remove(connection) -> None:
    """Take the triggers away (a reversed migration, or a test that empties the tables)."""
    _run(connection, drop_sql(connection.vendor))


def _run(connection, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


_POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{MESSAGE}' USING
        ERRCODE = 'insufficient_privilege', DETAIL = TG_OP || ' on ' || TG_TABLE_NAME;
END $$
"""


def _names(table: str) -> tuple[str, str]:
    return f"{table}_no_change", f"{table}_no_truncate"


def _postgresql(table: str) -> Iterator[str]:
    row, statement = _names(table)
    refuse = "EXECUTE FUNCTION audit_refuse()"
    yield f"CREATE TRIGGER {row} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}"
    # TRUNCATE fires no row trigger.
    yield f"CREATE TRIGGER {statement} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}"
    # An ordinary trigger does not fire under session_replication_role = replica.
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {row}"
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {statement}"


def _sqlite(table: str) -> Iterator[str]:
    for verb in ("update", "delete"):
        yield (
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
