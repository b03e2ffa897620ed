"""Ending a freeze."""

import pytest

from kernel.refusals import Forbidden, Invalid, NotFound
from pipelines.actions.archive_freeze import archive_freeze
from pipelines.models import Freeze
from pipelines.queries import freezes, get_freeze
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


@pytest.fixture
def freeze() -> Freeze:
    return places.freeze()


def test_an_archived_freeze_stays_on_record_and_is_not_in_force(freeze):
    archive_freeze(actor=people.release_manager(), freeze_id=freeze.pk, reason=" moved to Thursday ")
    row = Freeze.objects.get()
    assert row.archived_at is not None
    assert row.archived_reason == "moved to Thursday"
    assert not freezes().exists()
    assert get_freeze(freeze.pk).pk == freeze.pk
    event = only_event("freeze.changed")
    assert (event["data"]["change"], event["data"]["after"]) == ("archived", None)
    assert event["data"]["before"]["end"] == "2027-01-04T00:00:00"
    assert openings("freeze.changed")["archived_reason"] == "moved to Thursday"
    assert openings("freeze.changed")["reason"] == "Nobody is here."


def test_a_second_time_changes_and_records_nothing(freeze):
    for reason in ("first", "second"):
        archive_freeze(actor=people.administrator(), freeze_id=freeze.pk, reason=reason)
    assert Freeze.objects.get().archived_reason == "first"
    assert len(events("freeze.changed")) == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_required(freeze, reason):
    with pytest.raises(Invalid) as refusal:
        archive_freeze(actor=people.administrator(), freeze_id=freeze.pk, reason=reason)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == ("reason_required", "?reason")
    assert Freeze.objects.get().archived_at is None
    assert events() == []


def test_a_freeze_that_never_was_is_not_found():
    with pytest.raises(NotFound):
        archive_freeze(actor=people.administrator(), freeze_id="frz_x", reason="x")


@pytest.mark.parametrize("caller", [people.auditor(), people.actor("dana"), people.ci()])
def test_nobody_else_ends_freezes(freeze, caller):
    with pytest.raises(Forbidden):
        archive_freeze(actor=caller, freeze_id=freeze.pk, reason="x")
    assert Freeze.objects.get().archived_at is None
