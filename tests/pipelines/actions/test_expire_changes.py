"""What nobody confirmed in time."""

from datetime import timedelta

import pytest

from deployments.actions.sweep import expire
from kernel.clock import now
from pipelines.actions.expire_changes import expire_changes
from pipelines.actions.reject_change import reject_change
from pipelines.models import ConfigChange
from tests import people
from tests.pipelines import protected
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def test_a_change_lapses_after_seven_days_and_once():
    protected.company()
    change = protected.proposed()
    assert expire_changes(now() + timedelta(days=6, hours=23)) == 0
    late = now() + timedelta(days=7, seconds=1)
    assert (expire_changes(late), expire_changes(late)) == (1, 0)
    assert ConfigChange.objects.get().state == "expired"
    assert only_event("config.expired")["subject"] == f"change:{change.pk}"


def test_the_workers_look_for_them():
    protected.company()
    protected.proposed()
    ConfigChange.objects.update(expires_at=now())
    expire()
    assert ConfigChange.objects.get().state == "expired"


def test_what_was_decided_does_not_lapse():
    protected.company()
    change = protected.proposed()
    reject_change(actor=people.administrator("iris"), change_id=change.pk, reason="No")
    assert expire_changes(now() + timedelta(days=8)) == 0
    assert events("config.expired") == []
