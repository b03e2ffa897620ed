import pytest

from builds.access import BUILDS_WRITE, application_for, may_see
from kernel.refusals import Forbidden, NotFound
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments():
    return people.application("payments")


@pytest.mark.parametrize(
    "actor",
    [people.ci(), people.actor("dana", teams=["payments"]), people.release_manager()],
    ids=["its CI", "its team", "a release manager"],
)
def test_who_may_hand_over(payments, actor):
    assert application_for(actor, "payments", scope=BUILDS_WRITE) == payments


@pytest.mark.parametrize(
    "actor",
    [people.auditor(), people.administrator(), people.actor("omar", groups=["payments-owners"])],
    ids=["auditor", "administrator", "owner outside the team"],
)
def test_who_sees_it_but_may_not(payments, actor):
    with pytest.raises(Forbidden):
        application_for(actor, "payments", scope=BUILDS_WRITE)


def test_a_scope_is_asked_before_anything_is_told_about_the_application(payments):
    for name in ("payments", "nothing"):
        with pytest.raises(Forbidden):
            application_for(people.ci(scopes=["read"]), name, scope=BUILDS_WRITE)


@pytest.mark.parametrize("actor", [people.ci("storefront"), people.actor("alice")])
def test_to_others_the_application_does_not_exist(payments, actor):
    assert may_see(actor, "payments") is False
    with pytest.raises(NotFound):
        application_for(actor, "payments", scope=BUILDS_WRITE)


def test_an_application_that_is_not_there_is_not_found_for_anybody():
    for actor in (people.release_manager(), people.ci("nothing")):
        with pytest.raises(NotFound):
            application_for(actor, "nothing", scope=BUILDS_WRITE)


def test_a_ci_is_answered_with_one_query(payments, django_assert_num_queries):
    with django_assert_num_queries(1):
        application_for(people.ci(), "payments", scope=BUILDS_WRITE)
