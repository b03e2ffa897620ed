"""Asking for a large export: a row and an event, or a refusal and neither."""

from datetime import timedelta

import pytest

from deployments.actions.request_export import MOST_KEPT, request_export
from deployments.actions.sweep import due_exports
from deployments.exports.columns import Filters
from deployments.models import Export
from kernel.clock import raw_now
from kernel.refusals import Conflict, Invalid
from tests import people
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
AUDE = people.auditor(request_id="req-3")


def ask(actor=AUDE, **filters) -> Export:
    return request_export(actor=actor, filters=Filters(**filters), kind="csv")


def test_it_is_a_row_that_any_worker_finds_and_an_event():
    seen = frozenset({"payments"})
    made = ask(since=raw_now(), environment="prod", applications=seen)
    row = Export.objects.get()
    assert (row.pk, row.owner, row.format, due_exports()) == (made.pk, AUDE.tag, "csv", [made.pk])
    assert Filters.from_json(row.filters) == Filters(
        since=Filters.from_json(row.filters).since, environment="prod", applications=seen
    )
    event = only_event("export.requested")
    assert (event["subject"], event["actor"]["id"]) == (f"export:{made.pk}", AUDE.person_id)
    assert event["data"] == {
        "format": "csv",
        "filter": ["application__in", "environment", "requested_at__gte"],
    }


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(Invalid) as refusal:
        ask(since=raw_now(), until=raw_now() - timedelta(days=1))
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == ("range_invalid", "/to")
    assert (Export.objects.count(), events()) == (0, [])


def test_one_caller_has_no_more_than_ten_at_a_time_and_others_are_not_counted():
    for _ in range(MOST_KEPT):
        ask()
    with pytest.raises(Conflict) as refusal:
        ask()
    assert refusal.value.code == "too_many_exports"
    assert ask(people.release_manager()).owner == "user:per_rita"
    first = Export.objects.order_by("id").first()
    Export.objects.filter(pk=first.pk).update(ended_at=raw_now(), expires_at=raw_now())
    assert ask().pk
