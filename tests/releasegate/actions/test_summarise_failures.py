"""A flood of bad tokens is one event with a count, not a row each."""

import json

import pytest
from django.db import DatabaseError, transaction

from audit.actions.append import AuditUnavailable
from audit.models import AuditEvent, Opening
from kernel.models import RateBucket
from releasegate.actions import summarise_failures as module
from releasegate.actions.summarise_failures import summarise_failures

pytestmark = pytest.mark.django_db
MINUTE = 30_000_000
LATER = (MINUTE + 1) * 60.0


def failures(address: str, count: int, minute: int = MINUTE) -> RateBucket:
    return RateBucket.objects.create(subject=f"ip:{address}", minute=minute, used=count)


def test_four_hundred_attempts_are_one_event():
    failures("192.0.2.1", 412)
    assert summarise_failures(at=LATER) == 1
    event = AuditEvent.objects.get()
    assert (event.kind, event.outcome, event.actor) == ("signin.failed", "denied", "system:api")
    assert json.loads(bytes(event.body))["data"] == {"count": 412, "minute": MINUTE * 60}


def test_the_address_is_beside_the_log_not_in_it():
    failures("192.0.2.1", 3)
    summarise_failures(at=LATER)
    assert b"192.0.2.1" not in bytes(AuditEvent.objects.get().body)
    assert Opening.objects.get(field="ip").value == "192.0.2.1"


def test_each_address_and_minute_is_told_once():
    failures("192.0.2.1", 3)
    failures("192.0.2.2", 4)
    failures("192.0.2.1", 5, MINUTE - 1)
    assert summarise_failures(at=LATER) == 3
    assert summarise_failures(at=LATER) == 0
    assert AuditEvent.objects.count() == 3


def test_a_minute_that_is_not_over_is_waited_for():
    failures("192.0.2.1", 3)
    assert summarise_failures(at=LATER - 1) == 0
    assert summarise_failures(at=LATER) == 1


def test_what_another_process_told_is_not_told_again(monkeypatch):
    row = failures("192.0.2.1", 3)
    monkeypatch.setattr(module, "unreported_failures", lambda before_minute: [row])
    RateBucket.objects.update(reported=True)
    assert summarise_failures(at=LATER) == 0
    assert not AuditEvent.objects.exists()


def test_if_the_event_cannot_be_written_it_stays_to_be_told(monkeypatch):
    failures("192.0.2.1", 3)

    def fail(**event):
        raise AuditUnavailable from DatabaseError()

    monkeypatch.setattr(module, "append", fail)
    with pytest.raises(AuditUnavailable), transaction.atomic():
        summarise_failures(at=LATER)
    assert RateBucket.objects.get().reported is False


def test_requests_of_tokens_are_no_failures():
    RateBucket.objects.create(subject="token:tok_1", minute=MINUTE, used=2400)
    assert summarise_failures(at=LATER) == 0
