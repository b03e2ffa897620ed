"""Which roles a person has."""

import pytest

from kernel.refusals import Forbidden, Invalid, NotFound
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
