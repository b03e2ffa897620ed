"""Changing places."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.update_environment import update_environment
from pipelines.models import Environment
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rows():
    people.person("rita", groups=["keys"])
    people.person("rosa", groups=["keys"])
    places.environment("dev")
    places.environment("prod", slots=[("keys", 1)], protected=True)


def _update(changes, *, version=1, name="prod", actor=None) -> Environment:
    return update_environment(
        actor=actor or people.administrator(), name=name, version=version, changes=changes
    )


def _row() -> Environment:
    return Environment.objects.get(pk="prod")


def test_what_is_given_changes_and_the_rest_stays():
    answer = _update({"lane": "queue", "default_open": True})
    row = _row()
    assert (row.lane, row.default_open, row.rank, row.version, row.gate_version) == ("queue", True, 30, 2, 1)
    assert answer.version == 2
    event = only_event("config.changed")
    assert event["environment"] == "prod"
    assert (event["data"]["before"]["lane"], event["data"]["after"]["lane"]) == ("supersede", "queue")


def test_a_change_of_the_gate_makes_a_new_gate_version():
    answer = _update({"gate": {"slots": [{"group": "keys", "count": 2}]}})
    row = _row()
    assert (row.gate_version, row.version) == (2, 2)
    assert answer.gate_version == 2
    assert row.gate["slots"] == [{"group": "keys", "count": 2}]
    assert row.gate["exclude"] == ["author", "requester", "submitter"]


def test_the_account_may_change_with_its_region():
    places.account("staging")
    _update({"account": "staging", "region": "eu-central-1"})
    assert (_row().account.alias, _row().region, _row().gate_version) == ("staging", "eu-central-1", 1)


def test_the_same_values_write_and_record_nothing():
    answer = _update({"rank": 30, "gate": _row().gate})
    assert answer.version == 1
    assert _row().version == 1
    assert events() == []


@pytest.mark.parametrize("version", [0, 2, -1])
def test_a_stale_write_is_a_conflict_and_changes_nothing(version):
    with pytest.raises(Conflict) as refusal:
        _update({"rank": 99}, version=version)
    assert refusal.value.code == "version_conflict"
    assert refusal.value.extra["version"] == 1
    assert _row().rank == 30
    assert events() == []


def test_of_two_writers_of_one_version_one_wins():
    _update({"rank": 31})
    with pytest.raises(Conflict):
        _update({"rank": 32})
    assert _row().rank == 31


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"rank": 10}, "rank_taken", "/rank"),
        ({"rank": -1}, "rank_invalid", "/rank"),
        ({"account": "nowhere"}, "account_unknown", "/account"),
        ({"region": "us-east-1"}, "region_invalid", "/region"),
        ({"lane": "none"}, "lane_invalid", "/lane"),
        ({"name": "other"}, "unknown_field", "/name"),
        ({"gate_version": 9}, "unknown_field", "/gate_version"),
        ({"gate": {"slots": [{"group": "nobody", "count": 1}]}}, "group_unknown", "/gate/slots/0/group"),
        ({"gate": {"slots": [{"group": "keys", "count": 3}]}}, "gate_unsatisfiable", "/gate/slots"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(changes, code, pointer):
    before = Environment.objects.filter(pk="prod").values().get()
    with pytest.raises(Invalid) as refusal:
        _update(changes)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert Environment.objects.filter(pk="prod").values().get() == before
    assert events() == []


def test_the_gate_is_asked_for_every_application_that_comes_there():
    people.person("omar", groups=["payments-owners"])
    places.pipeline("payments", ("dev", "prod"))
    gate = {"slots": [{"group": "@owners", "count": 1}, {"group": "keys", "count": 1}]}
    _update({"gate": gate})
    places.pipeline("storefront", ("dev", "prod"))
    with pytest.raises(Invalid) as refusal:
        _update({"gate": {**gate, "valid_for": 60}}, version=2)
    assert refusal.value.extra["groups"] == ["storefront-owners"]
    assert "storefront" in refusal.value.detail


def test_what_a_stage_adds_is_asked_too():
    places.pipeline("payments", ("dev", "prod"), slots={"prod": [("keys", 1)]})
    with pytest.raises(Invalid) as refusal:
        _update({"gate": {"slots": [{"group": "keys", "count": 2}]}})
    assert refusal.value.code == "gate_unsatisfiable"


def test_an_environment_that_is_not_there_is_not_found():
    Environment.objects.filter(pk="dev").update(archived_at=people.EPOCH)
    for name in ("nowhere", "dev"):
        with pytest.raises(NotFound):
            _update({"rank": 5}, name=name)


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_change_environments(caller):
    with pytest.raises(Forbidden) as refusal:
        _update({"rank": 99}, actor=caller)
    assert refusal.value.extra["missing_permission"] == "environment.manage"
    assert _row().rank == 30
