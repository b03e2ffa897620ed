from datetime import timedelta

import pytest

from builds.actions.ingest import ingest
from builds.models import Artifact, Build
from builds.queries import (
    builds_with_due_artifacts,
    get_build,
    listed,
    quarantined,
    visible_to,
)
from kernel.clock import now
from kernel.refusals import NotFound
from tests import people
from tests.builds.posts import post

pytestmark = pytest.mark.django_db


@pytest.fixture
def builds():
    """One build of each application, by the application's name."""
    found = {}
    for name in ("payments", "storefront"):
        people.application(name)
        found[name], _ = ingest(actor=people.ci(name), post=post(application=name))
    return found


@pytest.mark.parametrize(
    ("actor", "seen"),
    [
        (people.actor("dana", teams=["payments"]), {"payments"}),
        (people.actor("omar", groups=["payments-owners"]), {"payments"}),
        (people.ci("storefront"), {"storefront"}),
        (people.auditor(), {"payments", "storefront"}),
        (people.release_manager(), {"payments", "storefront"}),
        (people.administrator(), {"payments", "storefront"}),
        (people.actor("alice"), set()),
    ],
)
def test_who_sees_which_builds(builds, actor, seen):
    assert set(visible_to(actor).values_list("application", flat=True)) == seen


def test_missing_and_invisible_are_the_same_refusal(builds):
    with pytest.raises(NotFound) as invisible:
        get_build(people.ci("storefront"), builds["payments"].pk)
    with pytest.raises(NotFound) as missing:
        get_build(people.ci("storefront"), "bld_nothing")
    assert str(invisible.value) == str(missing.value)
    assert get_build(people.ci("payments"), builds["payments"].pk) == builds["payments"]


def test_a_list_is_filtered_by_what_was_asked(builds):
    ingest(actor=people.ci(), post=post("2.0.0", branch="hotfix/1"))
    manager = people.release_manager()

    def found(**filters):
        return [
            (b.application_id, b.version)
            for b in listed(manager, **filters).order_by("application", "version")
        ]

    assert found(application="payments") == [("payments", "1.0.0"), ("payments", "2.0.0")]
    assert found(version="2.0.0") == [("payments", "2.0.0")]
    assert found(branch="hotfix/1") == [("payments", "2.0.0")]
    assert found(application="storefront", branch="hotfix/1") == []
    assert len(found()) == 3


def test_due_are_new_artifacts_and_those_whose_time_has_come(builds):
    at = now()
    payments, storefront = builds["payments"], builds["storefront"]
    assert sorted(builds_with_due_artifacts(at, limit=10)) == sorted([payments.pk, storefront.pk])
    Artifact.objects.filter(build=storefront).update(state="verified")
    assert builds_with_due_artifacts(at, limit=10) == [payments.pk]
    Artifact.objects.filter(build=payments).update(state="missing", next_attempt_at=at + timedelta(seconds=1))
    assert builds_with_due_artifacts(at, limit=10) == []
    assert builds_with_due_artifacts(at + timedelta(seconds=1), limit=10) == [payments.pk]


@pytest.mark.parametrize("state", ["verified", "mismatch"])
def test_a_settled_artifact_is_never_due(builds, state):
    Artifact.objects.update(state=state, next_attempt_at=now() - timedelta(days=1))
    assert builds_with_due_artifacts(now(), limit=10) == []


def test_a_missing_artifact_that_was_given_up_is_not_due(builds):
    Artifact.objects.update(state="missing", next_attempt_at=None)
    assert builds_with_due_artifacts(now(), limit=10) == []


def test_the_artifacts_of_a_withdrawn_build_are_not_due(builds):
    Build.objects.filter(pk=builds["payments"].pk).update(withdrawn_at=now())
    assert builds_with_due_artifacts(now(), limit=10) == [builds["storefront"].pk]


def test_the_limit_counts_builds_not_artifacts(builds):
    assert len(builds_with_due_artifacts(now(), limit=1)) == 1
    assert len(builds_with_due_artifacts(now(), limit=2)) == 2


def test_in_quarantine_is_what_differs_and_was_not_withdrawn(builds):
    assert list(quarantined()) == []
    Build.objects.update(state="quarantined")
    assert {build.pk for build in quarantined()} == {build.pk for build in builds.values()}
    Build.objects.filter(pk=builds["payments"].pk).update(withdrawn_at=now())
    assert list(quarantined()) == [builds["storefront"]]
