"""The test database acts as the production role, is emptied past triggers, and is nobody else's."""

import os

import pytest
from django.db import connection, transaction

from kernel.models import ClockOffset
from tests import database


@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for():
    assert connection.vendor == {"postgres": "postgresql"}.get(os.environ["RELEASEGATE_TEST_DB"], "sqlite")


@pytest.mark.django_db
@pytest.mark.postgresql
def test_owner_rights_end_with_the_block():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        role, login = cursor.fetchone()
        with database.as_owner():
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (login,)
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (role,)


class TestEmptying:
    """In this order: the second test sees what the first one left."""

    @pytest.mark.django_db(transaction=True)
    def test_a_transactional_test_commits(self):
        ClockOffset.objects.create(id=1, seconds=7)
        with database.as_owner(), connection.cursor() as cursor:
            for statement in GUARD[connection.vendor]:
                cursor.execute(statement)
        with pytest.raises(Exception, match="append only"), transaction.atomic():
            ClockOffset.objects.all().delete()
        assert ClockOffset.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_the_next_one_starts_empty_and_the_trigger_still_stands(self):
        assert ClockOffset.objects.count() == 0
        ClockOffset.objects.create(id=1, seconds=8)
        with pytest.raises(Exception, match="append only"), transaction.atomic():
            ClockOffset.objects.all().delete()
        with database.as_owner(), connection.cursor() as cursor:
            for statement in UNGUARD[connection.vendor]:
                cursor.execute(statement)


SQLITE_GUARD = """CREATE TRIGGER rg_guard BEFORE DELETE ON kernel_clockoffset
BEGIN SELECT RAISE(ABORT, 'append only'); END"""
POSTGRES_FUNCTION = """CREATE FUNCTION rg_guard() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'append only'; END $$"""
POSTGRES_GUARD = """CREATE TRIGGER rg_guard BEFORE DELETE OR TRUNCATE ON kernel_clockoffset
FOR EACH STATEMENT EXECUTE FUNCTION rg_guard()"""
GUARD = {"sqlite": [SQLITE_GUARD], "postgresql": [POSTGRES_FUNCTION, POSTGRES_GUARD]}
UNGUARD = {
    "sqlite": ["DROP TRIGGER rg_guard"],
    "postgresql": ["DROP TRIGGER rg_guard ON kernel_clockoffset", "DROP FUNCTION rg_guard()"],
}


@pytest.mark.django_db(transaction=True)
def test_the_address_leads_a_child_process_to_the_same_database(database_url):
    ClockOffset.objects.create(id=1, seconds=11)
    entry = _django_entry(database_url)
    assert entry["NAME"] == connection.settings_dict["NAME"]
    assert entry["ENGINE"].endswith(connection.vendor.replace("sqlite", "sqlite3"))


def _django_entry(url: str) -> dict:
    from releasegate.env import database as parse

    return parse(url)
