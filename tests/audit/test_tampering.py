"""A superuser edits the database; whoever holds the key and a bundle sees it, and sees where."""

import json
import os
import shutil
import sqlite3
import subprocess
from urllib.parse import urlsplit

import pytest
from django.db import connection

from audit.merkle import leaf_hash
from audit.models import AuditEvent
from cli.relgate import Broken, read_key, verify_bundle
from tests import people
from tests.audit.log import SIGNER, bundle, sealed
from tests.audit.tampering import tamper
from tests.cli.bundles import members
from tests.database import address

pytestmark = pytest.mark.django_db(transaction=True)
KEY = read_key(SIGNER.vkey)
OF_LEAF_5 = "(SELECT event_id FROM audit_leaf WHERE leaf_index = 5)"


@pytest.fixture(autouse=True)
def log(transactional_db):
    """Nine votes with comments, in three batches."""
    rita = people.release_manager()
    for batch in (2, 4, 3):
        sealed(
            batch, actor=rita, kind="vote.cast", subject="approval:apr_1", private={"comment": "Looks good"}
        )
    assert verify_bundle(bundle(), KEY)["leaves"] == 9


def found() -> Broken:
    with pytest.raises(Broken) as problem:
        verify_bundle(bundle(), KEY)
    return problem.value


def test_an_edited_comment_names_its_leaf():
    assert (
        tamper(f"UPDATE audit_opening SET value = 'Never' WHERE field = 'comment' AND event_id = {OF_LEAF_5}")
        == 1
    )
    assert found().leaf == 5


@pytest.mark.skipif(shutil.which("psql") is None, reason="needs the psql client")
@pytest.mark.postgresql
def test_psql_as_superuser_edits_a_sealed_comment_and_is_found():
    sql = f"UPDATE audit_opening SET value = 'Never' WHERE field = 'comment' AND event_id = {OF_LEAF_5}"
    done = subprocess.run(["psql", address(), "-c", sql], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "UPDATE 1"
    assert found().leaf == 5


@pytest.mark.one_database
def test_sqlite3_edits_a_sealed_body_in_the_file_and_is_found():
    connection.close()
    path = urlsplit(address()).path.replace("//", "/")
    assert os.path.exists(path)
    with sqlite3.connect(path) as file:
        for table in ("update", "delete"):
            file.execute(f"DROP TRIGGER IF EXISTS audit_auditevent_no_{table}")
        edited = file.execute(
            "UPDATE audit_auditevent SET body = replace(CAST(body AS TEXT), 'allowed', 'refused')"
            f" WHERE id = {OF_LEAF_5}"
        )
        assert edited.rowcount == 1
    file.close()
    assert found().leaf == 5


def test_an_edited_body_names_its_leaf():
    event = AuditEvent.objects.get(leaf__leaf_index=5)
    body = bytes(event.body).replace(b"vote.cast", b"vote.lost")
    assert tamper("UPDATE audit_auditevent SET body = %s WHERE id = %s", [body, event.pk]) == 1
    assert found().leaf == 5


def test_an_edited_body_with_both_its_hashes_names_the_pair_it_stands_in():
    event = AuditEvent.objects.get(leaf__leaf_index=5)
    body = bytes(event.body).replace(b"vote.cast", b"vote.lost")
    tamper(
        "UPDATE audit_auditevent SET body = %s, leaf_hash = %s WHERE id = %s",
        [body, leaf_hash(body), event.pk],
    )
    tamper("UPDATE audit_leaf SET leaf_hash = %s WHERE leaf_index = 5", [leaf_hash(body)])
    assert found().leaf == 4


def test_a_deleted_leaf_is_named():
    tamper("DELETE FROM audit_leaf WHERE leaf_index = 5")
    assert found().leaf == 5


def test_two_leaves_that_changed_places_are_named():
    first, second = AuditEvent.objects.filter(leaf__leaf_index__in=(5, 6)).order_by("leaf__leaf_index")
    for event, body in ((first, second.body), (second, first.body)):
        tamper("UPDATE audit_auditevent SET body = %s WHERE id = %s", [bytes(body), event.pk])
    assert found().leaf == 5


def test_truncating_the_log_to_an_earlier_checkpoint_is_found_with_a_saved_one():
    saved = members(bundle())["checkpoint.last"]
    tamper("DELETE FROM audit_checkpoint WHERE tree_size > 6")
    tamper("DELETE FROM audit_leaf WHERE leaf_index >= 6")
    data = bundle()
    assert (
        verify_bundle(data, KEY)["last"] == 6
    )  # a whole log, only shorter: this is what saving notes is for
    with pytest.raises(Broken, match="does not reach the saved checkpoint of 9"):
        verify_bundle(data, KEY, saved=saved)


def test_search_columns_are_copies_that_nobody_trusts():
    tamper(
        "UPDATE audit_auditevent SET kind = 'a.b', actor = 'user:per_x', outcome = 'denied', application = 'x'"
    )
    assert verify_bundle(bundle(), KEY)["leaves"] == 9


def test_forgetting_a_person_keeps_the_log_whole():
    tamper("DELETE FROM audit_opening WHERE field = 'actor'")
    result = verify_bundle(bundle(), KEY)
    assert (result["erased"], result["leaves"]) == (9, 9)
    assert b"rita" not in bundle().replace(b"per_rita", b"")


def test_no_name_address_or_comment_stands_in_a_body():
    for body in AuditEvent.objects.values_list("body", flat=True):
        text = json.dumps(json.loads(bytes(body))).replace("per_rita", "")
        assert "rita" not in text
        assert "Looks good" not in text
