"""Who sees which application, and what leads where."""

import pytest

from kernel.actor import Actor
from kernel.refusals import Forbidden, NotFound
from pipelines import queries
from pipelines.models import Account, Environment
from tests import people
from tests.pipelines import places

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company():
    people.person("rita", groups=["keys"])
    places.environment("dev")
    places.environment("prod", slots=[("keys", 1), ("@owners", 1)], protected=True)
    places.pipeline("payments", ("dev", "prod"))
    places.pipeline("storefront", ("dev",), slots={"dev": [("reviewers", 1)]})
    people.application("idle")


@pytest.mark.parametrize(
    "actor",
    [Actor.system("sweeper"), people.administrator(), people.auditor(), people.release_manager("x")],
)
def test_some_see_everything(actor, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert queries.visible_application_names(actor) is None


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        (people.actor("dana", teams=["storefront"]), {"storefront"}),
        (people.actor("omar", groups=["payments-owners"]), {"payments"}),
        (people.actor("rita", groups=["keys"]), {"payments"}),
        (people.actor("carl", groups=["reviewers"]), {"storefront"}),
        (
            people.actor("zoe", teams=["idle"], groups=["keys", "reviewers"]),
            {"idle", "payments", "storefront"},
        ),
        (people.actor("nobody"), set()),
        (people.actor("lost", groups=["others"], teams=["others"]), set()),
        (people.ci("payments"), {"payments"}),
        (Actor.anonymous(), set()),
    ],
)
def test_others_see_their_teams_what_they_own_and_where_they_have_a_slot(actor, seen):
    assert queries.visible_application_names(actor) == seen


def test_it_takes_three_queries_whatever_there_is(django_assert_num_queries):
    for number in range(10):
        places.pipeline(f"app-{number}", ("dev", "prod"))
    with django_assert_num_queries(3):
        queries.visible_application_names(people.actor("rita", groups=["keys"]))


def test_only_the_version_in_force_counts():
    places.pipeline("storefront", ("dev",), number=2)
    assert queries.visible_application_names(people.actor("carl", groups=["reviewers"])) == set()


def test_the_gate_of_an_archived_environment_counts_no_longer():
    Environment.objects.filter(pk="prod").update(archived_at=people.EPOCH)
    assert queries.visible_application_names(people.actor("rita", groups=["keys"])) == set()


def test_the_newest_version_is_in_force():
    places.pipeline("payments", ("dev",), number=2)
    assert queries.current_pipeline("payments").number == 2
    assert queries.current_pipeline("idle") is None
    found = queries.current_pipelines()
    assert {name: version.number for name, version in found.items()} == {"payments": 2, "storefront": 1}


def test_a_version_is_read_by_number_and_kept_for_ever():
    places.pipeline("payments", ("dev",), number=2)
    alice = people.actor("alice")
    assert queries.pipeline_version(alice, "payments").number == 2
    assert queries.pipeline_version(alice, "payments", 1).spec["stages"][1]["environment"] == "prod"
    for application, number in (("payments", 3), ("idle", None), ("nowhere", None)):
        with pytest.raises(NotFound):
            queries.pipeline_version(alice, application, number)


def test_a_machine_reads_its_own_pipeline_only():
    assert queries.pipeline_version(people.ci("payments"), "payments").number == 1
    with pytest.raises(NotFound):
        queries.pipeline_version(people.ci("payments"), "storefront")


def test_stages_are_found_by_environment():
    version = queries.current_pipeline("payments")
    assert queries.stage_of(version, "prod")["target"]["stack"] == "payments-prod"
    assert queries.stage_of(version, "staging") is None
    assert queries.stage_of(None, "dev") is None


def test_the_stage_before_is_the_one_to_come_from():
    version = queries.current_pipeline("payments")
    assert queries.previous_stage(version, "prod") == "dev"
    assert queries.previous_stage(version, "dev") is None
    assert queries.previous_stage(version, "staging") is None
    assert queries.previous_stage(None, "prod") is None


def test_environments_come_in_the_order_of_promotion_without_archived_ones():
    places.environment("staging", archived_at=people.EPOCH)
    assert [e.pk for e in queries.environments()] == ["dev", "prod"]
    assert [e.pk for e in queries.visible_environments(people.ci("payments"))] == ["dev", "prod"]
    assert not queries.visible_environments(Actor.anonymous()).exists()
    with pytest.raises(NotFound):
        queries.get_environment(people.actor("alice"), "staging")


def test_accounts_are_found_by_digits_id_or_alias():
    row = Account.objects.get(alias="prod")
    for name in ("333333333333", row.pk, "prod"):
        assert queries.get_account(people.administrator(), name).pk == row.pk
    for name in ("999999999999", "acc_x", "nowhere", ""):
        with pytest.raises(NotFound):
            queries.get_account(people.administrator(), name)


@pytest.mark.parametrize("actor", [people.actor("dana", teams=["payments"]), people.ci(), Actor.anonymous()])
def test_accounts_are_not_for_everybody(actor):
    with pytest.raises(Forbidden) as refusal:
        queries.visible_accounts(actor)
    assert refusal.value.extra["missing_permission"] == "account.manage"


def test_those_who_see_everything_see_accounts():
    assert queries.visible_accounts(people.auditor()).count() == 2
