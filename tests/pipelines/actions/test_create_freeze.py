"""Saying when deployment is not allowed."""

import pytest

from kernel.refusals import Forbidden, Invalid
from pipelines.actions.create_freeze import create_freeze
from pipelines.models import Freeze
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
GOOD = {
    "name": "Year end",
    "scope": {"application": "payments"},
    "timezone": "UTC",
    "start": "2026-12-20T00:00:00",
    "end": "2027-01-04T00:00:00",
    "reason": "Nobody is here.",
    "contact": "rita",
}
YEARLY = {**GOOD, "end": "", "rrule": "FREQ=YEARLY", "duration": 86_400}


@pytest.fixture(autouse=True)
def _rows():
    people.application("payments")
    places.environment("prod")


@pytest.mark.parametrize("caller", [people.administrator(), people.release_manager()])
def test_a_freeze_is_created_and_recorded_without_its_free_text(caller):
    made = create_freeze(actor=caller, **GOOD)
    row = Freeze.objects.get()
    assert {field: getattr(row, field) for field in GOOD} == GOOD
    assert (row.actions, row.version, row.created_by) == (["deploy"], 1, caller.name)
    event = only_event("freeze.changed")
    assert (event["subject"], event["environment"], event["application"]) == (
        f"freeze:{made.pk}",
        None,
        "payments",
    )
    assert event["data"] == {
        "change": "created",
        "before": None,
        "after": {
            "scope": {"application": "payments"},
            "timezone": "UTC",
            "start": "2026-12-20T00:00:00",
            "end": "2027-01-04T00:00:00",
            "rrule": "",
            "duration": None,
            "actions": ["deploy"],
        },
    }
    private = openings("freeze.changed")
    assert (private["name"], private["reason"], private["contact"]) == ("Year end", "Nobody is here.", "rita")
    assert "Nobody" not in str(event)


def test_a_freeze_may_come_back_and_stop_more_than_deployments():
    create_freeze(actor=people.administrator(), **YEARLY, actions=["deploy", "rollback", "deploy"])
    row = Freeze.objects.get()
    assert (row.rrule, row.duration, row.end, row.actions) == (
        "FREQ=YEARLY",
        86_400,
        "",
        ["deploy", "rollback"],
    )


def test_overlapping_freezes_are_allowed():
    create_freeze(actor=people.administrator(), **GOOD)
    create_freeze(actor=people.administrator(), **{**GOOD, "name": "Audit"})
    assert Freeze.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"end": "2026-12-20T00:00:00"}, "end_before_start", "/end"),
        ({"end": "2026-12-01T00:00:00"}, "end_before_start", "/end"),
        ({"end": ""}, "end_invalid", "/end"),
        ({"end": "2027-01-04T00:00:00+01:00"}, "end_has_offset", "/end"),
        ({"rrule": "FREQ=YEARLY", "duration": 60}, "form_invalid", "/end"),
        ({"end": "", "rrule": "FREQ=YEARLY"}, "duration_invalid", "/duration"),
        ({"reason": "  "}, "reason_required", "/reason"),
        ({"reason": "x" * 2001}, "text_too_long", "/reason"),
        ({"contact": ""}, "contact_required", "/contact"),
        ({"actions": ["breathe"]}, "actions_invalid", "/actions"),
        ({"actions": []}, "actions_invalid", "/actions"),
        ({"scope": {"application": "moon"}}, "scope_unknown", "/scope/application"),
        ({"timezone": "Nowhere/At_All"}, "timezone_unknown", "/timezone"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(change, code, pointer):
    with pytest.raises(Invalid) as refusal:
        create_freeze(actor=people.administrator(), **{**GOOD, **change})
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Freeze.objects.exists()
    assert events() == []


@pytest.mark.parametrize("caller", [people.auditor(), people.actor("dana", teams=["payments"]), people.ci()])
def test_nobody_else_freezes(caller):
    with pytest.raises(Forbidden) as refusal:
        create_freeze(actor=caller, **GOOD)
    assert refusal.value.extra["missing_permission"] == "calendar.manage"
    assert not Freeze.objects.exists()
