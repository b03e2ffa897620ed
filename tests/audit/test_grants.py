"""The three roles: what each may do on the tables of the log, tried for real, and the statements that say
so."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit import grants
from audit.models import AuditEvent, Checkpoint, Leaf, Node, Opening
from kernel.models import ClockOffset
from tests.audit.log import add, seal
from tests.database import acting_as

TABLES = ["audit_auditevent", "audit_opening", "audit_leaf", "audit_node", "audit_checkpoint"]
RIGHTS = {
    grants.APP: {
        "audit_auditevent": "INSERT SELECT",
        "audit_opening": "INSERT SELECT",
        "audit_leaf": "SELECT",
        "audit_node": "SELECT",
        "audit_checkpoint": "SELECT",
        "audit_sealerstate": "SELECT INSERT UPDATE DELETE",
        "kernel_clockoffset": "SELECT INSERT UPDATE DELETE",
    },
    grants.SEALER: {
        "audit_auditevent": "INSERT SELECT",
        "audit_opening": "INSERT SELECT",
        "audit_leaf": "INSERT SELECT",
        "audit_node": "INSERT SELECT",
        "audit_checkpoint": "INSERT SELECT",
        "audit_sealerstate": "SELECT INSERT UPDATE",
        "kernel_clockoffset": "SELECT",
        "teams_person": "",
    },
}


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(("role", "table"), [(role, table) for role in RIGHTS for table in RIGHTS[role]])
def test_each_role_has_exactly_its_rights(role, table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(p) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',"
            " 'REFERENCES', 'TRIGGER']) p"
            " WHERE has_table_privilege(%s, %s, p)",
            [role, table],
        )
        held = set(cursor.fetchone()[0] or [])
    assert held == set(RIGHTS[role][table].split())


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_application_cannot_write_what_only_the_sealer_writes():
    event = add(1)[0]
    rows = [
        Leaf(leaf_index=0, event=event, leaf_hash=event.leaf_hash),
        Node(level=1, idx=0, hash=bytes(32)),
        Checkpoint(tree_size=1, root=bytes(32), note="x", vkey="y", signed_at=event.at),
    ]
    for row in rows:
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            row.save(force_insert=True)
        assert type(row).objects.count() == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_sealer_sees_nothing_but_the_log():
    add(2, private={"comment": "x"})
    assert seal() == 2
    with acting_as(grants.SEALER):
        assert (AuditEvent.objects.count(), Opening.objects.count(), ClockOffset.objects.count()) == (2, 2, 0)
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM teams_person")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [grants.APP, grants.SEALER])
@pytest.mark.parametrize("sql", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
@pytest.mark.parametrize("table", TABLES)
def test_neither_role_can_change_the_log(role, sql, table):
    column = "tree_size" if table == "audit_checkpoint" else "idx" if table == "audit_node" else "event_id"
    column = "kind" if table == "audit_auditevent" else column
    with (
        acting_as(role),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(table, column))


def test_the_statements_take_away_before_they_give():
    sql = grants.grant_sql(["audit_leaf", "teams_person"], ["teams_person_id_seq"], "public")
    assert sql == [
        'GRANT USAGE ON SCHEMA "public" TO releasegate_app, releasegate_sealer',
        'REVOKE ALL ON TABLE "public"."audit_leaf" FROM PUBLIC, releasegate_app, releasegate_sealer',
        'GRANT SELECT ON TABLE "public"."audit_leaf" TO releasegate_app',
        'GRANT INSERT, SELECT ON TABLE "public"."audit_leaf" TO releasegate_sealer',
        'REVOKE ALL ON TABLE "public"."teams_person" FROM PUBLIC, releasegate_app, releasegate_sealer',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "public"."teams_person" TO releasegate_app',
        (
            'GRANT USAGE, SELECT ON SEQUENCE "public"."teams_person_id_seq" TO releasegate_app, '
            "releasegate_sealer"
        ),
    ]


def test_the_owner_gets_the_tables_and_the_function():
    assert grants.owner_sql(["audit_leaf"]) == [
        'GRANT USAGE, CREATE ON SCHEMA "public" TO releasegate_owner',
        'ALTER TABLE "public"."audit_leaf" OWNER TO releasegate_owner',
        'ALTER FUNCTION "public".audit_refuse() OWNER TO releasegate_owner',
    ]


def test_roles_cannot_log_in_and_no_other_role_is_made():
    assert "CREATE ROLE releasegate_app NOLOGIN" in grants.role_sql(grants.APP)
    with pytest.raises(ValueError, match="postgres"):
        grants.role_sql("postgres")
