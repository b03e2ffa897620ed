"""Making places to deploy to."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid
from pipelines.actions.create_environment import create_environment
from pipelines.models import Account, Environment
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
GOOD = {"name": "prod", "account": "333333333333", "region": "eu-west-1", "rank": 30, "protected": True}


@pytest.fixture(autouse=True)
def _rows():
    places.account("prod")
    people.person("rita", groups=["keys"])
    people.person("omar", groups=["payments-owners"])


def _create(**changes) -> Environment:
    return create_environment(actor=people.administrator(), **{**GOOD, **changes})


def test_an_environment_is_created_with_its_gate_completed():
    _create(
        gate={"slots": [{"group": "keys", "count": 1}, {"group": "@owners", "count": 1}], "valid_for": 3600}
    )
    row = Environment.objects.get()
    assert (row.account.alias, row.region, row.rank, row.lane, row.previews) == (
        "prod",
        "eu-west-1",
        30,
        "supersede",
        False,
    )
    assert (row.protected, row.default_open, row.gate_version, row.version) == (True, False, 1, 1)
    assert row.gate == {
        "slots": [{"group": "keys", "count": 1}, {"group": "@owners", "count": 1}],
        "exclude": ["author", "requester", "submitter"],
        "expires_in": 604_800,
        "valid_for": 3600,
        "step_up": False,
        "comment": "optional",
        "unknown_authors": "flag",
        "escalation": None,
    }
    event = only_event("config.changed")
    assert (event["subject"], event["environment"]) == ("environment:prod", "prod")
    assert event["data"]["before"] is None
    assert event["data"]["after"]["gate"] == row.gate
    assert event["data"]["after"]["account"] == "333333333333"


@pytest.mark.parametrize(("protected", "default_open"), [(False, True), (True, False)])
def test_where_no_window_names_it_a_place_is_open_and_a_protected_one_closed(protected, default_open):
    assert _create(protected=protected).default_open is default_open
    assert _create(name="other", rank=31, protected=protected, default_open=True).default_open is True


@pytest.mark.parametrize("account", ["333333333333", "prod"])
def test_the_account_is_named_by_its_digits_or_its_alias(account):
    assert _create(account=account).account.alias == "prod"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"name": "Prod"}, "name_invalid", "/name"),
        ({"account": "999999999999"}, "account_unknown", "/account"),
        ({"account": ""}, "account_unknown", "/account"),
        ({"region": "us-east-1"}, "region_invalid", "/region"),
        ({"rank": -1}, "rank_invalid", "/rank"),
        ({"rank": 10**7}, "rank_invalid", "/rank"),
        ({"lane": "parallel"}, "lane_invalid", "/lane"),
        ({"tier": "Tier 1"}, "tier_invalid", "/tier"),
        ({"gate": {"slots": [{"group": "nobody", "count": 1}]}}, "group_unknown", "/gate/slots/0/group"),
        ({"gate": {"slots": [{"group": "keys", "count": 0}]}}, "count_invalid", "/gate/slots/0/count"),
        ({"gate": {"expires_in": 30}}, "seconds_invalid", "/gate/expires_in"),
        ({"gate": {"exclude": ["king"]}}, "relation_unknown", "/gate/exclude/0"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(change, code, pointer):
    with pytest.raises(Invalid) as refusal:
        _create(**change)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Environment.objects.exists()
    assert events() == []


def test_a_gate_that_nobody_could_fill_is_refused_with_the_smallest_failing_set():
    with pytest.raises(Invalid) as refusal:
        _create(gate={"slots": [{"group": "keys", "count": 2}, {"group": "payments-owners", "count": 1}]})
    assert refusal.value.code == "gate_unsatisfiable"
    assert refusal.value.errors[0]["groups"] == ["keys"]
    assert refusal.value.extra["groups"] == ["keys"]
    assert not Environment.objects.exists()


def test_two_groups_of_the_same_single_person_are_not_two_people():
    people.person("rosa", groups=["a", "b"])
    with pytest.raises(Invalid) as refusal:
        _create(gate={"slots": [{"group": "a", "count": 1}, {"group": "b", "count": 1}]})
    assert refusal.value.extra["groups"] == ["a", "b"]


def test_an_account_that_opens_without_the_external_id_is_not_for_protected_places():
    Account.objects.update(test_result={"checks": [{"name": "external_id_required", "state": "fail"}]})
    with pytest.raises(Invalid) as refusal:
        _create()
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == ("account_unproved", "/account")
    assert not Environment.objects.exists()
    assert _create(protected=False).pk == "prod"


def test_an_archived_account_is_unknown():
    Account.objects.update(archived_at=people.EPOCH)
    with pytest.raises(Invalid) as refusal:
        _create()
    assert refusal.value.code == "account_unknown"


def test_every_rank_is_there_once():
    _create()
    with pytest.raises(Invalid) as refusal:
        _create(name="other")
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == ("rank_taken", "/rank")
    assert Environment.objects.count() == 1


def test_the_rank_of_an_archived_environment_is_free():
    _create()
    Environment.objects.update(archived_at=people.EPOCH)
    assert _create(name="other").rank == 30


def test_a_second_environment_of_the_same_name_is_a_conflict():
    _create()
    with pytest.raises(Conflict) as refusal:
        _create(rank=99, region="eu-central-1")
    assert refusal.value.code == "already_exists"
    assert Environment.objects.get().rank == 30
    assert len(events("config.changed")) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_make_environments(caller):
    with pytest.raises(Forbidden) as refusal:
        create_environment(actor=caller, **GOOD)
    assert refusal.value.extra["missing_permission"] == "environment.manage"
    assert not Environment.objects.exists()
