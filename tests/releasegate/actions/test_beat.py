"""A heartbeat is one row, moved forward."""

from datetime import timedelta

import pytest

from kernel.clock import raw_now, silent_for
from kernel.models import ClockOffset, Heartbeat
from releasegate.actions.beat import beat

pytestmark = pytest.mark.django_db


def test_a_second_beat_replaces_the_first():
    beat("scheduler")
    Heartbeat.objects.update(seen_at=raw_now() - timedelta(hours=1))
    assert silent_for("scheduler") >= 3600
    beat("scheduler")
    assert silent_for("scheduler") < 10
    assert Heartbeat.objects.count() == 1


def test_parts_do_not_speak_for_each_other():
    beat("scheduler")
    assert silent_for("sealer") is None


def test_a_moved_clock_does_not_make_anybody_late():
    beat("scheduler")
    ClockOffset.objects.create(seconds=86_400)
    assert silent_for("scheduler") < 10
