"""Saying when deployment is allowed."""

import pytest

from kernel.refusals import Forbidden, Invalid
from pipelines.actions.create_window import create_window
from pipelines.models import Window
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
GOOD = {
    "name": "Wednesday night",
    "scope": {"environment": "prod"},
    "timezone": "Europe/Berlin",
    "rrule": "FREQ=WEEKLY;BYDAY=WE",
    "start": "2026-01-07T22:00:00",
    "duration": 3600,
}


@pytest.fixture(autouse=True)
def _prod():
    places.environment("prod")


@pytest.mark.parametrize("caller", [people.administrator(), people.release_manager()])
def test_a_window_is_created_and_recorded_without_its_free_text(caller):
    made = create_window(actor=caller, **GOOD)
    row = Window.objects.get()
    assert {field: getattr(row, field) for field in GOOD} == GOOD
    assert (row.in_flight, row.version, row.created_by, row.archived_at) == ("finish", 1, caller.name, None)
    event = only_event("window.changed")
    assert (event["subject"], event["environment"], event["application"]) == (
        f"window:{made.pk}",
        "prod",
        None,
    )
    after = {key: value for key, value in GOOD.items() if key != "name"}
    assert event["data"] == {"change": "created", "before": None, "after": {**after, "in_flight": "finish"}}
    assert openings("window.changed")["name"] == "Wednesday night"


@pytest.mark.parametrize("scope", [{}, {"tier": "gold"}, {"application": "payments"}])
def test_a_scope_may_be_the_organisation_a_tier_or_an_application(scope):
    people.application("payments")
    create_window(actor=people.administrator(), **{**GOOD, "scope": scope})
    assert Window.objects.get().scope == scope


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"name": " "}, "name_invalid", "/name"),
        ({"scope": {"environment": "moon"}}, "scope_unknown", "/scope/environment"),
        ({"scope": {"application": "moon"}}, "scope_unknown", "/scope/application"),
        ({"scope": {"planet": "moon"}}, "scope_invalid", "/scope/planet"),
        ({"timezone": "Mars/Olympus"}, "timezone_unknown", "/timezone"),
        ({"rrule": "FREQ=NEVER"}, "rrule_invalid", "/rrule"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "never_occurs", "/rrule"),
        ({"rrule": "FREQ=MINUTELY"}, "too_many_occurrences", "/rrule"),
        ({"start": "2026-01-07T22:00:00Z"}, "start_has_offset", "/start"),
        ({"start": "tomorrow"}, "start_invalid", "/start"),
        ({"duration": 0}, "duration_invalid", "/duration"),
        ({"duration": -60}, "duration_invalid", "/duration"),
        ({"duration": 8 * 86_400}, "duration_too_long", "/duration"),
        ({"in_flight": "abandon"}, "in_flight_invalid", "/in_flight"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(change, code, pointer):
    with pytest.raises(Invalid) as refusal:
        create_window(actor=people.administrator(), **{**GOOD, **change})
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Window.objects.exists()
    assert events() == []


def test_touching_occurrences_are_allowed():
    always = {
        **GOOD,
        "rrule": "FREQ=DAILY",
        "start": "2026-01-01T00:00:00",
        "duration": 86_400,
        "timezone": "UTC",
    }
    create_window(actor=people.administrator(), **always)
    assert Window.objects.get().duration == 86_400


@pytest.mark.parametrize("caller", [people.auditor(), people.actor("dana", teams=["payments"]), people.ci()])
def test_nobody_else_opens_windows(caller):
    with pytest.raises(Forbidden) as refusal:
        create_window(actor=caller, **GOOD)
    assert refusal.value.extra["missing_permission"] == "calendar.manage"
    assert not Window.objects.exists()
