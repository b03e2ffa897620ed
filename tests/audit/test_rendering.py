"""One event on the wire."""

import pytest

from audit.models import AuditEvent, Opening
from audit.rendering import as_item
from tests import people
from tests.audit.log import SYSTEM, add, seal
from tests.audit.tampering import tamper
from tests.database import as_owner

pytestmark = pytest.mark.django_db(transaction=True)


def item(event, reader):
    return as_item(
        AuditEvent.objects.select_related("leaf").prefetch_related("openings").get(pk=event.pk), reader
    )


def test_the_item_has_the_published_fields_and_the_leaf_once_it_is_sealed():
    rita = people.release_manager(ip="192.0.2.7", request_id="req-1")
    event = add(
        kind="vote.cast",
        actor=rita,
        subject="approval:apr_1",
        data={"vote": "vot_1"},
        private={"comment": "Go"},
        environment="prod",
        application="payments",
    )[0]
    shown = item(event, people.auditor())
    at = shown.pop("at")
    assert at.endswith("Z")
    assert len(at) == len("2026-11-20T10:00:00.123456Z")
    assert shown == {
        "id": event.pk,
        "leaf_index": None,
        "kind": "vote.cast",
        "actor": "rita",
        "actor_tag": "user:per_rita",
        "method": "session",
        "subject": "approval:apr_1",
        "outcome": "allowed",
        "environment": "prod",
        "application": "payments",
        "data": {"vote": "vot_1"},
        "private": {"comment": "Go", "ip": "192.0.2.7"},
        "request_id": "req-1",
    }
    seal()
    assert item(event, people.auditor())["leaf_index"] == 0


def test_addresses_are_for_auditors_only():
    event = add(actor=people.actor("dana", ip="192.0.2.7"))[0]
    assert item(event, people.release_manager())["private"] == {}
    assert item(event, people.auditor())["private"] == {"ip": "192.0.2.7"}


def test_machines_and_systems_are_named_by_their_tag():
    assert item(add(actor=people.ci("payments"))[0], people.auditor())["actor"] == "application:payments"
    assert item(add(actor=SYSTEM)[0], people.auditor())["actor"] == "system:test"


def test_an_erased_value_is_shown_as_erased():
    event = add(actor=people.actor("dana"), private={"comment": "x"})[0]
    with as_owner():
        Opening.objects.filter(event=event).delete()
    shown = item(event, people.auditor())
    assert shown["private"] == {"comment": None}
    assert shown["actor"] == "user:per_dana"


@pytest.mark.parametrize("body", [b"\xff", b"[]", b"{}", b"not json"])
def test_a_damaged_body_leaves_the_list_readable(body):
    event = add(application="payments")[0]
    tamper("UPDATE audit_auditevent SET body = %s", [body])
    shown = item(event, people.auditor())
    assert (shown["id"], shown["kind"], shown["application"]) == (event.pk, "build.received", "payments")
    assert (shown["data"], shown["private"], shown["method"]) == ({}, {}, None)
