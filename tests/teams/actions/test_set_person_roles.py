"""Which roles a person has."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from teams.actions.set_person_roles import set_person_roles
from teams.models import Person
from tests import people
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def _set(roles, *, actor=None, username="dana"):
    people.person("dana")
    return set_person_roles(actor=actor or people.administrator(), username=username, roles=roles)


def test_exactly_these_roles_from_now_on():
    assert _set(["release_manager", "auditor"]).roles == ["auditor", "release_manager"]
    assert Person.objects.get(username="dana").roles == ["auditor", "release_manager"]
    assert only_event("person.changed")["data"] == {
        "change": "roles",
        "before": [],
        "after": ["auditor", "release_manager"],
    }


def test_the_same_roles_again_record_nothing():
    _set([])
    assert events() == []


def test_bad_input_is_refused_and_changes_nothing():
    with pytest.raises(Invalid) as refusal:
        _set(["emperor"])
    assert refusal.value.code == "role_unknown"
    with pytest.raises(NotFound):
        _set([], username="nobody")
    with pytest.raises(Forbidden):
        _set(["administrator"], actor=people.actor("dana"))
    assert Person.objects.get(username="dana").roles == []


def test_the_last_administrator_stays_one():
    people.person("dana", roles=["administrator"])
    people.person("lena", roles=["administrator"])
    Person.objects.filter(username="lena").update(is_active=False)
    with pytest.raises(Conflict) as refusal:
        _set(["auditor"])
    assert (refusal.value.status, refusal.value.code) == (409, "last_administrator")
    assert (Person.objects.get(username="dana").roles, events()) == (["administrator"], [])
    Person.objects.filter(username="lena").update(is_active=True)
    assert _set(["auditor"]).roles == ["auditor"]


def test_the_last_administrator_may_get_further_roles():
    people.person("dana", roles=["administrator"])
    assert _set(["administrator", "auditor"]).roles == ["administrator", "auditor"]


@pytest.mark.parametrize("role", ["account_manager", "window_manager"])
def test_a_role_with_one_power_is_one_there_is(role):
    assert _set([role]).roles == [role]
    assert only_event("person.changed")["data"]["after"] == [role]
