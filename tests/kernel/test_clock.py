"""One clock for all processes, and who was last seen."""

import time
from datetime import UTC, timedelta

import pytest
from django.test import override_settings

from kernel.clock import now, raw_now, silent_for
from kernel.models import ClockOffset, Heartbeat

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SOON = timedelta(seconds=5)


def test_the_raw_clock_is_the_time_of_day_in_utc():
    assert raw_now().tzinfo is UTC
    assert abs(raw_now().timestamp() - time.time()) < 5


def test_the_raw_clock_moves_within_a_transaction():
    """PostgreSQL's now() stands still in a transaction; ours must not."""
    first = raw_now()
    time.sleep(0.02)
    assert raw_now() > first


def test_decisions_follow_the_offset_and_leases_do_not():
    ClockOffset.objects.create(seconds=3600)
    assert abs(now() - raw_now() - HOUR) < SOON


def test_the_clock_moves_backwards_too():
    ClockOffset.objects.create(seconds=-3600)
    assert abs(raw_now() - now() - HOUR) < SOON


@override_settings(CLOCK_MAY_MOVE=False)
def test_in_production_the_offset_is_not_even_read(django_assert_num_queries):
    ClockOffset.objects.create(seconds=3600)
    with django_assert_num_queries(1):
        at = now()
    assert abs(at - raw_now()) < SOON


def test_a_frozen_process_clock_changes_nothing(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert now().year >= 2026


def test_a_part_that_was_never_seen_has_no_age():
    assert silent_for("scheduler") is None


def test_the_age_of_a_heartbeat_is_in_seconds():
    Heartbeat.objects.create(name="scheduler", seen_at=raw_now() - timedelta(seconds=90))
    assert 90 <= silent_for("scheduler") < 95


def test_a_heartbeat_of_the_future_is_not_negative():
    Heartbeat.objects.create(name="scheduler", seen_at=raw_now() + HOUR)
    assert silent_for("scheduler") == 0.0
