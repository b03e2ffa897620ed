"""Changing when deployment is not allowed."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.update_freeze import update_freeze
from pipelines.models import Freeze
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def freeze() -> Freeze:
    return places.freeze()


def _update(freeze, changes, *, version=1, actor=None) -> Freeze:
    return update_freeze(
        actor=actor or people.release_manager(), freeze_id=freeze.pk, version=version, changes=changes
    )


def test_what_is_given_changes_and_the_rest_stays(freeze):
    answer = _update(freeze, {"end": "2027-01-10T00:00:00"})
    row = Freeze.objects.get()
    assert (row.end, row.start, row.version, answer.version) == ("2027-01-10T00:00:00", freeze.start, 2, 2)
    event = only_event("freeze.changed")
    assert event["subject"] == f"freeze:{freeze.pk}"
    assert event["data"]["change"] == "edited"
    assert event["data"]["before"]["end"] == "2027-01-04T00:00:00"
    assert event["data"]["after"]["end"] == "2027-01-10T00:00:00"


def test_a_freeze_may_become_a_recurring_one(freeze):
    _update(freeze, {"end": "", "rrule": "FREQ=YEARLY", "duration": 86_400})
    row = Freeze.objects.get()
    assert (row.end, row.rrule, row.duration) == ("", "FREQ=YEARLY", 86_400)


def test_the_same_values_write_and_record_nothing(freeze):
    assert _update(freeze, {"end": freeze.end, "actions": ["deploy"]}).version == 1
    assert Freeze.objects.get().version == 1
    assert events() == []


@pytest.mark.parametrize("version", [0, 2])
def test_a_stale_write_is_a_conflict(freeze, version):
    with pytest.raises(Conflict) as refusal:
        _update(freeze, {"end": "2027-01-10T00:00:00"}, version=version)
    assert (refusal.value.code, refusal.value.extra["version"]) == ("version_conflict", 1)
    assert Freeze.objects.get().end == "2027-01-04T00:00:00"
    assert events() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"end": "2026-12-20T00:00:00"}, "end_before_start"),
        ({"rrule": "FREQ=YEARLY", "duration": 60}, "form_invalid"),
        ({"reason": " "}, "reason_required"),
        ({"actions": ["everything"]}, "actions_invalid"),
        ({"contact": "x" * 201}, "text_too_long"),
        ({"timezone": "Nowhere"}, "timezone_unknown"),
        ({"scope": {"environment": "moon"}}, "scope_unknown"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(freeze, changes, code):
    with pytest.raises(Invalid) as refusal:
        _update(freeze, changes)
    assert refusal.value.code == code
    row = Freeze.objects.get()
    assert (row.end, row.rrule, row.timezone, row.scope, row.version) == (
        "2027-01-04T00:00:00",
        "",
        "UTC",
        {},
        1,
    )
    assert (row.reason, row.actions) == ("Nobody is here.", ["deploy"])
    assert events() == []


def test_an_archived_freeze_and_one_that_never_was_are_not_found(freeze):
    Freeze.objects.update(archived_at=people.EPOCH)
    with pytest.raises(NotFound):
        _update(freeze, {"end": "2027-01-10T00:00:00"})
    with pytest.raises(NotFound):
        update_freeze(actor=people.administrator(), freeze_id="frz_x", version=1, changes={})


@pytest.mark.parametrize("caller", [people.auditor(), people.actor("dana"), people.ci()])
def test_nobody_else_changes_freezes(freeze, caller):
    with pytest.raises(Forbidden):
        _update(freeze, {"end": "2027-01-10T00:00:00"}, actor=caller)
    assert Freeze.objects.get().end == "2027-01-04T00:00:00"
