"""What must hold for an environment: beside what the actions' tests show, the small print."""

import pytest

from pipelines.environment_rules import as_data, environment_errors, proved_open, unsatisfiable
from pipelines.models import Account
from tests import people
from tests.pipelines import places

pytestmark = pytest.mark.django_db


def test_an_environment_is_recorded_with_everything_that_can_change():
    environment = places.environment("prod", protected=True)
    assert as_data(environment) == {
        "account": "333333333333",
        "region": "eu-west-1",
        "rank": 30,
        "tier": "",
        "protected": True,
        "default_open": False,
        "gate": environment.gate,
        "lane": "supersede",
        "previews": False,
        "break_glass": 1,
        "overdue_review": "warn",
    }


def test_everything_wrong_is_named_at_once():
    environment = places.environment("prod")
    environment.region, environment.rank, environment.lane, environment.tier = "x", -1, "y", "Z"
    assert [error["code"] for error in environment_errors(environment)] == [
        "region_invalid",
        "rank_invalid",
        "lane_invalid",
        "tier_invalid",
    ]


@pytest.mark.parametrize(
    ("result", "open_"),
    [
        (None, False),
        ({}, False),
        ({"checks": [{"name": "external_id_required", "state": "pass"}]}, False),
        ({"checks": [{"name": "external_id_required", "state": "unknown"}]}, False),
        ({"checks": [{"name": "assume_role", "state": "fail"}]}, False),
        ({"checks": [{"name": "external_id_required", "state": "fail"}]}, True),
    ],
)
def test_only_a_test_that_got_in_without_the_external_id_proves_it(result, open_):
    assert proved_open(Account(test_result=result)) is open_


def test_a_gate_of_owners_alone_is_not_judged_before_an_application_comes_there():
    unsatisfiable(places.environment("prod", slots=[("@owners", 3)]))
    people.group("payments-owners")
    places.pipeline("payments", ("dev",))
    unsatisfiable(places.environment("prod"))
