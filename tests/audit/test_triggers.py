"""Nothing but INSERT and SELECT works on the four tables, for the production role and for whoever owns
them."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit import triggers
from audit.models import AuditEvent, Checkpoint, Leaf, Node
from tests.audit.log import add, seal
from tests.database import as_owner

MODELS = {
    "audit_auditevent": AuditEvent,
    "audit_leaf": Leaf,
    "audit_node": Node,
    "audit_checkpoint": Checkpoint,
}
COLUMN = {
    "audit_auditevent": "kind",
    "audit_leaf": "leaf_index",
    "audit_node": "idx",
    "audit_checkpoint": "note",
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guarded(transactional_db):
    """A sealed log with the triggers in place; emptying the tables afterwards takes care of them."""
    with as_owner():
        triggers.install(connection)
    add(4)
    seal()


def attempt(sql: str) -> str:
    """Try the statement; the error's text, or "" if it went through."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError as error:
        return str(error)
    return ""


def state() -> dict:
    return {table: list(model.objects.order_by("pk").values_list()) for table, model in MODELS.items()}


def test_the_four_tables_are_the_published_ones():
    assert set(triggers.TABLES) == set(MODELS)


@pytest.mark.parametrize("table", triggers.TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_production_role_can_neither_update_nor_delete(guarded, table, verb):
    before = state()
    assert attempt(verb.format(table, COLUMN[table]))
    assert state() == before
    assert len(before[table]) > 0


@pytest.mark.parametrize("table", triggers.TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_trigger_stops_even_the_owner(guarded, table, verb):
    before = state()
    with as_owner():
        assert triggers.MESSAGE in attempt(verb.format(table, COLUMN[table]))
    assert state() == before


@pytest.mark.postgresql
@pytest.mark.parametrize("table", triggers.TABLES)
def test_truncate_and_replication_mode_do_not_get_past_the_trigger(guarded, table):
    before = state()
    with as_owner():
        assert triggers.MESSAGE in attempt(f"TRUNCATE {table} CASCADE")
        assert triggers.MESSAGE in attempt(
            f"SET LOCAL session_replication_role = replica; DELETE FROM {table}"
        )
    assert state() == before


@pytest.mark.postgresql
@pytest.mark.parametrize("table", triggers.TABLES)
@pytest.mark.parametrize(
    "sql",
    [
        "TRUNCATE {0} CASCADE",
        "ALTER TABLE {0} DISABLE TRIGGER ALL",
        "ALTER TABLE {0} DISABLE TRIGGER {0}_no_change",
        "DROP TRIGGER {0}_no_change ON {0}",
        "ALTER TABLE {0} ADD COLUMN x int",
        "ALTER TABLE {0} RENAME TO gone",
        "DROP TABLE {0} CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM {0}",
        (
            "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN OLD; END'"
        ),
    ],
)
def test_the_production_role_cannot_get_around_the_trigger(guarded, table, sql):
    before = state()
    assert attempt(sql.format(table))
    assert state() == before


@pytest.mark.parametrize("table", triggers.TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_an_attempt_is_recognised_by_what_the_database_says(guarded, table, verb):
    wanted = table if connection.vendor == "postgresql" else "audit"
    statement = verb.format(table, COLUMN[table])
    assert triggers.refused_change(DatabaseError(attempt(statement))) == wanted
    with as_owner():
        assert triggers.refused_change(DatabaseError(attempt(statement))) == wanted


@pytest.mark.parametrize(
    "text", ["", "permission denied for table teams_person", "audit_leaf is locked", "syntax error at UPDATE"]
)
def test_other_errors_are_no_attempt(text):
    assert triggers.refused_change(DatabaseError(text)) is None


def test_inserting_and_reading_still_work(guarded):
    add(2)
    assert seal() == 2
    assert AuditEvent.objects.count() == 6


def test_an_insert_cannot_replace_what_is_there(guarded):
    before = state()
    row = Checkpoint.objects.get()
    sql = f"INSERT INTO audit_checkpoint VALUES ({row.tree_size}, NULL, 'x', 'y', '2026-01-01')"
    assert attempt(sql)
    assert attempt(sql.replace("INSERT", "INSERT OR REPLACE"))
    assert state() == before


def test_removing_and_installing_twice_is_the_same_as_once(guarded):
    with as_owner():
        triggers.install(connection)
        triggers.remove(connection)
        triggers.remove(connection)
        assert attempt("DELETE FROM audit_node") == ""
        triggers.install(connection)
    assert Node.objects.count() == 0


@pytest.mark.parametrize("function", [triggers.create_sql, triggers.drop_sql])
def test_an_unknown_database_is_refused(function):
    with pytest.raises(ValueError, match="mysql"):
        function("mysql")
