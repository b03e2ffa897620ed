"""Changing when deployment is allowed."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.update_window import update_window
from pipelines.models import Window
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def window() -> Window:
    return places.window()


def _update(window, changes, *, version=1, actor=None) -> Window:
    return update_window(
        actor=actor or people.release_manager(), window_id=window.pk, version=version, changes=changes
    )


def test_what_is_given_changes_and_the_rest_stays(window):
    answer = _update(window, {"duration": 7200})
    row = Window.objects.get()
    assert (row.duration, row.rrule, row.version, answer.version) == (7200, window.rrule, 2, 2)
    event = only_event("window.changed")
    assert event["subject"] == f"window:{window.pk}"
    assert event["data"]["change"] == "edited"
    assert (event["data"]["before"]["duration"], event["data"]["after"]["duration"]) == (3600, 7200)


def test_the_same_values_write_and_record_nothing(window):
    assert _update(window, {"duration": 3600}).version == 1
    assert Window.objects.get().version == 1
    assert events() == []


@pytest.mark.parametrize("version", [0, 2])
def test_a_stale_write_is_a_conflict(window, version):
    with pytest.raises(Conflict) as refusal:
        _update(window, {"duration": 7200}, version=version)
    assert (refusal.value.code, refusal.value.extra["version"]) == ("version_conflict", 1)
    assert Window.objects.get().duration == 3600
    assert events() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"duration": 0}, "duration_invalid"),
        ({"rrule": "FREQ=DAILY", "duration": 90_000}, "duration_too_long"),
        ({"timezone": "Nowhere"}, "timezone_unknown"),
        ({"scope": {"environment": "moon"}}, "scope_unknown"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(window, changes, code):
    with pytest.raises(Invalid) as refusal:
        _update(window, changes)
    assert refusal.value.code == code
    row = Window.objects.get()
    assert (row.duration, row.rrule, row.timezone, row.scope, row.version) == (
        3600,
        window.rrule,
        "Europe/Berlin",
        {},
        1,
    )
    assert events() == []


def test_an_archived_window_and_one_that_never_was_are_not_found(window):
    Window.objects.update(archived_at=people.EPOCH)
    with pytest.raises(NotFound):
        _update(window, {"duration": 7200})
    with pytest.raises(NotFound):
        update_window(actor=people.administrator(), window_id="win_x", version=1, changes={})


@pytest.mark.parametrize("caller", [people.auditor(), people.actor("dana"), people.ci()])
def test_nobody_else_changes_windows(window, caller):
    with pytest.raises(Forbidden):
        _update(window, {"duration": 7200}, actor=caller)
    assert Window.objects.get().duration == 3600
