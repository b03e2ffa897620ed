"""Letting somebody in; nobody makes an administrator or a release manager alone."""

import pytest

from kernel.refusals import Invalid
from pipelines.actions.admit_person import admit_person
from pipelines.actions.confirm_change import confirm_change
from pipelines.models import ConfigChange
from teams.models import Person
from tests import people
from tests.pipelines import protected

pytestmark = pytest.mark.django_db
MALLORY = {"username": "mallory", "email": "mallory@acme.example", "name": "Mallory"}


def _admit(*roles):
    return admit_person(actor=people.administrator(), roles=list(roles), **MALLORY)


def test_until_the_first_build_one_administrator_makes_others():
    protected.company(built=False)
    person, change = _admit("administrator")
    assert (person.roles, change) == (["administrator"], None)


def test_afterwards_the_role_waits_for_a_second_person():
    protected.company()
    person, change = _admit("administrator", "auditor")
    assert (person.roles, change.state) == (["auditor"], "pending")
    confirm_change(actor=people.administrator("iris"), change_id=change.pk)
    assert Person.objects.get(username="mallory").roles == ["administrator", "auditor"]


def test_other_people_come_in_at_once():
    protected.company()
    person, change = _admit("auditor", "window_manager")
    assert (person.roles, change) == (["auditor", "window_manager"], None)
    assert ConfigChange.objects.count() == 0


def test_the_power_to_break_the_glass_is_given_by_two():
    protected.company()
    person, change = _admit("release_manager", "window_manager")
    assert (person.roles, change.state) == (["window_manager"], "pending")
    assert Person.objects.get(username="mallory").roles == ["window_manager"]


def test_an_unknown_role_is_refused_and_nobody_comes_in():
    protected.company()
    with pytest.raises(Invalid) as refusal:
        _admit("emperor")
    assert refusal.value.code == "role_unknown"
    assert not Person.objects.filter(username="mallory").exists()
