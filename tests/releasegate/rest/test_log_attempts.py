"""A statement that would change the sealed log fails, changes nothing, and is on record with who sent it (F02)."""

import pytest
from django.db import connection

from audit import triggers
from audit.actions.append import AuditUnavailable
from audit.models import AuditEvent
from deployments import lease
from deployments.engine import faults
from teams.models import Team
from tests.audit.log import add
from tests.database import as_owner
from tests.deployments.company import World
from tests.people import person
from tests.releasegate.endpoints import tampers
from tests.teams.callers import as_person, problem
from tests.teams.events import only_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.fixture
def guarded(transactional_db):
    """The triggers stand, as in production; emptying the tables afterwards takes care of them."""
    with as_owner():
        triggers.install(connection)
    add(1)


def sealed() -> list:
    """Every event there is but the one that tells of the attempt."""
    return list(AuditEvent.objects.exclude(kind="log.change_refused").order_by("id").values_list())


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["once", "with a key"])
def test_an_attempt_through_the_api_is_403_and_on_record(guarded, headers, caplog):
    alice = as_person("alice")
    before = sealed()
    answer = alice.post("/things", {"name": "one", "fault": "tampers"}, headers=headers)
    assert problem(answer)[:2] == (403, "log_append_only")
    assert "audit_" not in answer.content.decode()
    event = only_event("log.change_refused")
    table = "audit_auditevent" if connection.vendor == "postgresql" else "audit"
    assert (event["outcome"], event["subject"], event["actor"]["kind"]) == ("denied", f"log:{table}", "human")
    assert event["data"] == {"table": table, "code": "log_append_only"}
    assert sealed() == before
    assert not Team.objects.filter(name="one").exists()
    assert "somebody tried to change the audit log" in caplog.text


def test_an_attempt_through_a_form_goes_back_and_is_on_record(guarded, client):
    alice = person("alice")
    client.force_login(alice)
    answer = client.post(
        "/form", {"name": "one", "fault": "tampers"}, headers={"Referer": "http://testserver/show"}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/show")
    assert only_event("log.change_refused")["actor"]["id"] == alice.pk
    assert not Team.objects.filter(name="one").exists()


def test_an_attempt_in_a_worker_is_on_record_and_counted(guarded):
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    held = lease.claim(row.pk, "me", pools=None)
    before = sealed()
    try:
        tampers()
    except Exception as error:
        faults.count(row.pk, held.epoch, error)
    row.refresh_from_db()
    event = only_event("log.change_refused")
    assert (row.failures, event["outcome"], event["actor"]["id"]) == (1, "denied", "worker")
    assert sealed() == before


def test_an_attempt_that_cannot_be_put_on_record_is_503(guarded, monkeypatch):
    alice = as_person("alice")

    def fail(*args, **more):
        raise AuditUnavailable

    monkeypatch.setattr("releasegate.rest.problems.record_denial", fail)
    answer = alice.post("/things", {"name": "one", "fault": "tampers"})
    assert problem(answer)[:2] == (503, "audit_unavailable")
    assert not Team.objects.filter(name="one").exists()
