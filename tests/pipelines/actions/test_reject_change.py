"""Turning a change down, or taking one's own back."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.confirm_change import confirm_change
from pipelines.actions.reject_change import reject_change
from pipelines.models import ConfigChange, Environment
from tests import people
from tests.pipelines import protected
from tests.teams.events import only_event, openings

pytestmark = pytest.mark.django_db


@pytest.fixture
def change() -> ConfigChange:
    protected.company()
    return protected.proposed()


def _reject(change, actor, reason="Two keys stay."):
    return reject_change(actor=actor, change_id=change.pk, reason=reason)


@pytest.mark.parametrize(("who", "state"), [("iris", "rejected"), ("admin", "withdrawn")])
def test_another_rejects_it_and_ones_own_is_withdrawn(change, who, state):
    assert _reject(change, people.administrator(who)).state == state
    assert Environment.objects.get(pk="prod").version == 1
    event = only_event("config.rejected")
    assert (event["subject"], event["data"]["state"]) == (f"change:{change.pk}", state)
    assert openings("config.rejected")["reason"] == "Two keys stay."
    with pytest.raises(Conflict) as refusal:
        confirm_change(actor=people.administrator("iris"), change_id=change.pk)
    assert (refusal.value.code, refusal.value.extra["state"]) == ("change_closed", state)


def test_it_takes_a_reason(change):
    with pytest.raises(Invalid) as refusal:
        _reject(change, people.administrator("iris"), reason=" ")
    assert refusal.value.code == "reason_required"


def test_who_may_not_confirm_may_not_reject(change):
    with pytest.raises(Forbidden):
        _reject(change, people.release_manager())
    with pytest.raises(NotFound):
        _reject(change, people.actor("dana"))
    assert ConfigChange.objects.get().state == "pending"


def test_a_second_time_is_too_late(change):
    _reject(change, people.administrator("iris"))
    with pytest.raises(Conflict) as refusal:
        _reject(change, people.administrator())
    assert refusal.value.code == "change_closed"
