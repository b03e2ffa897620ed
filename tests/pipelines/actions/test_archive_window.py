"""Ending a window."""

import pytest

from kernel.refusals import Forbidden, Invalid, NotFound
from pipelines.actions.archive_window import archive_window
from pipelines.models import Window
from pipelines.queries import get_window, windows
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


@pytest.fixture
def window() -> Window:
    return places.window()


def test_an_archived_window_stays_on_record_and_is_not_in_force(window):
    archive_window(actor=people.release_manager(), window_id=window.pk, reason=" moved to Thursday ")
    row = Window.objects.get()
    assert row.archived_at is not None
    assert row.archived_reason == "moved to Thursday"
    assert not windows().exists()
    assert get_window(window.pk).pk == window.pk
    event = only_event("window.changed")
    assert (event["data"]["change"], event["data"]["after"]) == ("archived", None)
    assert event["data"]["before"]["duration"] == 3600
    assert openings("window.changed")["archived_reason"] == "moved to Thursday"


def test_a_second_time_changes_and_records_nothing(window):
    for reason in ("first", "second"):
        archive_window(actor=people.administrator(), window_id=window.pk, reason=reason)
    assert Window.objects.get().archived_reason == "first"
    assert len(events("window.changed")) == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_required(window, reason):
    with pytest.raises(Invalid) as refusal:
        archive_window(actor=people.administrator(), window_id=window.pk, reason=reason)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == ("reason_required", "?reason")
    assert Window.objects.get().archived_at is None
    assert events() == []


def test_a_window_that_never_was_is_not_found():
    with pytest.raises(NotFound):
        archive_window(actor=people.administrator(), window_id="win_x", reason="x")


@pytest.mark.parametrize("caller", [people.auditor(), people.actor("dana"), people.ci()])
def test_nobody_else_ends_windows(window, caller):
    with pytest.raises(Forbidden):
        archive_window(actor=caller, window_id=window.pk, reason="x")
    assert Window.objects.get().archived_at is None
