"""Can anybody fill it at all?"""

import pytest
from allauth.account.models import EmailAddress

from pipelines.satisfiability import Case, cases_of, first_impossible
from teams.models import Person
from tests import people
from tests.pipelines import places

pytestmark = pytest.mark.django_db


def _slots(*pairs) -> list[dict]:
    return [{"group": group, "count": count} for group, count in pairs]


def test_distinct_people_for_every_slot_are_enough(django_assert_num_queries):
    people.person("rita", groups=["keys"])
    people.person("omar", groups=["payments-owners"])
    application = people.application("payments")
    cases = [
        Case("prod", application, _slots(("keys", 1), ("@owners", 1))),
        Case("staging", application, _slots(("keys", 1))),
        Case("dev", application, []),
    ]
    with django_assert_num_queries(2):
        assert first_impossible(cases) is None


def test_one_person_in_both_groups_is_not_two_people():
    people.person("rosa", groups=["keys", "payments-owners"])
    found = first_impossible(
        [Case("prod", people.application("payments"), _slots(("keys", 1), ("@owners", 1)))]
    )
    assert found.groups == ["keys", "payments-owners"]
    assert "prod for payments" in found.text


def test_the_smallest_failing_set_is_named():
    people.person("rita", groups=["keys"])
    people.group("empty")
    found = first_impossible([Case("prod", None, _slots(("keys", 1), ("empty", 1)))])
    assert found.groups == ["empty"]
    assert found.text == "empty have too few people together to fill the slots of prod."


def test_somebody_without_access_fills_nothing():
    people.person("rita", groups=["keys"])
    Person.objects.update(is_active=False)
    assert first_impossible([Case("prod", None, _slots(("keys", 1)))]).groups == ["keys"]


def test_whose_owners_is_not_asked_before_an_application_leads_there():
    assert first_impossible([Case("prod", None, _slots(("@owners", 5)))]) is None


def test_an_expedited_path_is_a_case_of_its_own():
    people.person("rita", groups=["keys"])
    people.person("omar", groups=["payments-owners"])
    place = places.environment("prod", slots=[("keys", 1)])
    version = places.pipeline(environments=("dev", "prod"))
    version.spec["expedited"] = [
        {"environment": "prod", "skip": ["dev"], "slots": [{"group": "keys", "count": 1}]}
    ]
    usual, urgent = cases_of(place, [version])
    assert (usual.expedited, usual.slots) == (False, _slots(("keys", 1)))
    assert (urgent.expedited, urgent.slots) == (True, _slots(("keys", 1), ("keys", 1)))
    found = first_impossible([usual, urgent])
    assert (found.case, found.groups) == (urgent, ["keys"])
    assert found.text.endswith("the slots of prod for payments on the expedited path.")


def test_who_is_asked_on_a_path_is_looked_at_before_any_pipeline_has_one():
    people.person("rita", groups=["keys"])
    place = places.environment("prod", slots=[("keys", 1)])
    place.gate["expedited_slots"] = _slots(("keys", 2))
    version = places.pipeline(environments=("dev", "prod"))
    assert [case.expedited for case in cases_of(place, [version])] == [False, True]
    assert first_impossible(cases_of(place, [version])).case.application is None


def test_the_first_impossible_case_is_the_one_that_is_told():
    people.person("rita", groups=["keys"])
    good = Case("dev", None, _slots(("keys", 1)))
    bad = Case("prod", None, _slots(("keys", 2)))
    assert first_impossible([good, bad, Case("x", None, _slots(("keys", 3)))]).case is bad


def test_two_accounts_of_one_human_are_one_person_at_save():
    people.person("rita", groups=["keys"])
    omar = people.person("omar", groups=["payments-owners"])
    case = Case("prod", people.application("payments"), _slots(("keys", 1), ("@owners", 1)))
    assert first_impossible([case]) is None
    EmailAddress.objects.create(user=omar, email=people.email_of("rita"), verified=True)
    assert first_impossible([case]).groups == ["keys", "payments-owners"]


def test_two_accounts_of_one_human_hold_the_groups_of_both():
    people.person("rita", groups=["keys"])
    omar = people.person("omar", groups=["payments-owners"])
    people.person("olga", groups=["payments-owners"])
    EmailAddress.objects.create(user=omar, email=people.email_of("rita"), verified=True)
    case = Case("prod", people.application("payments"), _slots(("keys", 1), ("@owners", 1)))
    assert first_impossible([case]) is None
