"""Events: in the caller's transaction, canonical, without a name in the open; refused as a whole or
written."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.actions import append as module
from audit.actions.append import AuditUnavailable, Unrecordable, append, record_denial
from audit.models import AuditEvent, Opening
from kernel.actor import Actor
from kernel.models import ClockOffset
from kernel.refusals import Denial
from tests import people
from tests.audit.log import SYSTEM

AT = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(module, "now", lambda: AT)


@pytest.mark.django_db
def test_the_body_says_everything_and_is_canonical(clock):
    rita = people.release_manager(ip="192.0.2.7", request_id="req-1", token_id="tok_1")
    event = append(
        kind="vote.cast",
        actor=rita,
        subject="approval:apr_1",
        data={"vote": "vot_1", "decision": "approve", "count": 2, "list": [True, None]},
        private={"comment": "Looks good, Dana"},
        environment="prod",
        application="payments",
    )
    body = json.loads(bytes(event.body))
    assert bytes(event.body) == json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    private = body.pop("private")
    assert body == {
        "v": 1,
        "id": event.pk,
        "at": "2026-11-20T10:00:00.123456Z",
        "kind": "vote.cast",
        "actor": {"kind": "human", "id": "per_rita", "method": "session", "token": "tok_1"},
        "subject": "approval:apr_1",
        "outcome": "allowed",
        "environment": "prod",
        "application": "payments",
        "request_id": "req-1",
        "data": {"vote": "vot_1", "decision": "approve", "count": 2, "list": [True, None]},
    }
    assert sorted(private) == ["actor", "comment", "ip"]


@pytest.mark.django_db
def test_the_columns_are_copies_and_the_hash_is_that_of_the_bytes(clock):
    made = append(kind="release.cut", actor=SYSTEM, subject="release:rel_1", application="payments")
    event = AuditEvent.objects.get(pk=made.pk)
    assert bytes(event.leaf_hash) == hashlib.sha256(b"\x00" + bytes(event.body)).digest()
    assert (event.kind, event.actor, event.subject) == ("release.cut", "system:test", "release:rel_1")
    assert (event.outcome, event.application, event.environment) == ("allowed", "payments", "")
    assert (event.at, event.request_id) == (AT, "")
    assert made.pk.startswith("evt_")


@pytest.mark.django_db
def test_names_addresses_and_comments_are_commitments_with_openings_beside():
    rita = people.release_manager(ip="192.0.2.7")
    event = append(kind="vote.cast", actor=rita, subject="approval:apr_1", private={"comment": "schön 😀"})
    body = bytes(event.body)
    for secret in ("rita", "192.0.2.7", "schön"):
        assert secret.encode() not in body.replace(b"per_rita", b"")
    openings = {opening.field: opening for opening in Opening.objects.filter(event=event)}
    assert {field: opening.value for field, opening in openings.items()} == {
        "actor": "rita",
        "comment": "schön 😀",
        "ip": "192.0.2.7",
    }
    for field, opening in openings.items():
        expected = hmac.new(
            bytes(opening.nonce), (field + opening.value).encode(), hashlib.sha256
        ).hexdigest()
        assert json.loads(body)["private"][field] == expected
    assert len({bytes(opening.nonce) for opening in openings.values()}) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("actor", "who", "tag"),
    [
        (Actor.system("sweeper"), {"kind": "system", "id": "sweeper", "method": "system"}, "system:sweeper"),
        (
            Actor.anonymous(),
            {"kind": "anonymous", "id": "anonymous", "method": "none"},
            "anonymous:anonymous",
        ),
        (
            people.ci("payments"),
            {"kind": "machine", "id": "payments", "method": "application_token"},
            "application:payments",
        ),
    ],
)
def test_every_kind_of_actor_has_a_stable_name(actor, who, tag):
    event = append(kind="build.received", actor=actor, subject="build:bld_1")
    written = json.loads(bytes(event.body))["actor"]
    written.pop("token", None)
    assert (written, event.actor) == (who, tag)
    assert not Opening.objects.filter(field="actor").exists()


@pytest.mark.django_db
def test_a_moved_clock_shows_in_the_event():
    ClockOffset.objects.create(id=1, seconds=86_400 * 400)
    event = append(kind="build.received", actor=SYSTEM, subject="build:bld_1")
    assert (event.at - datetime.now(UTC)).days in (399, 400)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written():
    with pytest.raises(RuntimeError, match="transaction of the change"):
        append(kind="build.received", actor=SYSTEM, subject="build:bld_1")
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_no_change_means_no_event():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append(kind="build.received", actor=SYSTEM, subject="build:bld_1", private={"note": "x"})
        raise ZeroDivisionError
    assert (AuditEvent.objects.count(), Opening.objects.count()) == (0, 0)


def refusing(table: str):
    """Inside, the database refuses every statement that names `table`."""

    def wrapper(execute, sql, params, many, context):
        if f'"{table}"' in sql:
            raise IntegrityError("disk full")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(wrapper)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_opening"])
def test_no_event_means_no_change(table):
    with pytest.raises(AuditUnavailable) as refusal, refusing(table), transaction.atomic():
        ClockOffset.objects.create(id=1, seconds=7)
        append(kind="build.received", actor=SYSTEM, subject="build:bld_1", private={"note": "x"})
    assert (refusal.value.status, refusal.value.code) == (503, "audit_unavailable")
    assert (ClockOffset.objects.count(), AuditEvent.objects.count(), Opening.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_swallowed_failure_still_loses_the_change():
    with transaction.atomic():
        ClockOffset.objects.create(id=1, seconds=7)
        with pytest.raises(AuditUnavailable), refusing("audit_auditevent"):
            append(kind="build.received", actor=SYSTEM, subject="build:bld_1")
    assert ClockOffset.objects.count() == 0


@pytest.mark.django_db
def test_the_instant_of_the_change_is_the_event_s_and_the_clock_is_not_asked_again(monkeypatch):
    at = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)
    monkeypatch.setattr(module, "now", lambda: pytest.fail("the clock was read"))
    event = append(kind="build.received", actor=SYSTEM, subject="build:bld_1", at=at)
    assert AuditEvent.objects.get().at == event.at == at
    assert json.loads(bytes(event.body))["at"] == "2026-11-20T10:00:00.123456Z"


@pytest.mark.django_db
@pytest.mark.postgresql
def test_an_event_and_its_openings_are_one_way_there_and_back(django_assert_num_queries):
    with django_assert_num_queries(1):
        append(
            kind="build.received",
            actor=SYSTEM,
            subject="build:bld_1",
            private={"note": "x", "why": "y"},
            at=datetime.now(UTC),
        )
    assert sorted(Opening.objects.values_list("field", "value")) == [("note", "x"), ("why", "y")]


@pytest.mark.django_db
def test_a_database_without_a_clock_is_an_unavailable_log(monkeypatch):
    def fail():
        raise DatabaseError("away")

    monkeypatch.setattr(module, "now", fail)
    with pytest.raises(AuditUnavailable):
        append(kind="build.received", actor=SYSTEM, subject="build:bld_1")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 65_537, "é" * 32_769])
def test_a_comment_that_cannot_be_recorded_is_refused_by_name(text):
    with pytest.raises(Unrecordable) as refusal:
        append(kind="vote.cast", actor=SYSTEM, subject="approval:apr_1", private={"comment": text})
    assert (refusal.value.status, refusal.value.code) == (422, "unrecordable")
    assert refusal.value.errors[0]["pointer"] == "/comment"
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("data", [{"n": 2**53}, {"t": "a\x00"}, {"long": "x" * 60_000}])
def test_data_that_cannot_be_recorded_is_refused(data):
    with pytest.raises(Unrecordable):
        append(kind="vote.cast", actor=SYSTEM, subject="approval:apr_1", data=data)
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"kind": "Vote cast"}, ValueError),
        ({"subject": "approval"}, ValueError),
        ({"outcome": "perhaps"}, ValueError),
        ({"data": {"rate": 0.5}}, TypeError),
        ({"private": {"Comment": "x"}}, ValueError),
        ({"private": {"comment": None}}, TypeError),
        ({"private": {"count": 3}}, TypeError),
    ],
)
def test_a_malformed_call_is_a_mistake_in_our_code(wrong, error):
    call = {"kind": "vote.cast", "actor": SYSTEM, "subject": "approval:apr_1", **wrong}
    with pytest.raises(error):
        append(**call)
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
def test_a_denial_is_an_event_with_its_code():
    denial = Denial(
        kind="vote.refused",
        subject="approval:apr_1",
        data={"decision": "approve"},
        private={"comment": "let me"},
        environment="prod",
        application="payments",
    )
    event = record_denial(people.actor("dana"), denial, "separation_of_duties")
    body = json.loads(bytes(event.body))
    assert (event.outcome, body["outcome"]) == ("denied", "denied")
    assert body["data"] == {"decision": "approve", "code": "separation_of_duties"}
    assert (event.environment, event.application, event.actor) == ("prod", "payments", "user:per_dana")
    assert denial.data == {"decision": "approve"}
