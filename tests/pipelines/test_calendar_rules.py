"""What the log keeps of windows and freezes, and what a scope must name."""

import pytest

from kernel.refusals import Invalid
from pipelines.calendar_rules import as_data, as_private, check_window, moved, place_of
from tests import people
from tests.pipelines import places

pytestmark = pytest.mark.django_db


def test_the_log_keeps_the_settings_and_commits_to_the_words():
    freeze = places.freeze(scope={"environment": "prod"})
    assert set(as_data(freeze)) == {"scope", "timezone", "start", "end", "rrule", "duration", "actions"}
    assert as_private(freeze) == {"name": "Year end", "reason": "Nobody is here.", "contact": "rita"}
    assert place_of(freeze) == {"environment": "prod", "application": None}
    window = places.window()
    assert set(as_data(window)) == {"scope", "timezone", "rrule", "start", "duration", "in_flight"}
    assert as_private(window) == {"name": "Wednesday night"}
    assert as_data(None) is None


def test_an_archived_environment_is_no_scope_for_a_new_window():
    places.environment("prod", archived_at=people.EPOCH)
    with pytest.raises(Invalid) as refusal:
        check_window(places.window(scope={"environment": "prod"}), people.EPOCH)
    assert refusal.value.code == "scope_unknown"


def test_a_stale_write_is_told_the_version_in_force():
    assert (moved(4).status, moved(4).code, moved(4).extra) == (409, "version_conflict", {"version": 4})
