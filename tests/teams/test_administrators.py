"""Somebody who may administer stays."""

import pytest

from kernel.refusals import Conflict
from teams.administrators import check_an_administrator_stays
from teams.models import Person
from tests import people

pytestmark = pytest.mark.django_db


def test_the_only_active_one_stays():
    dana = people.person("dana", roles=["administrator", "auditor"])
    people.person("lena", roles=["administrator"])
    people.person("rita", roles=["release_manager"])
    check_an_administrator_stays(dana)
    Person.objects.filter(username="lena").update(is_active=False)
    with pytest.raises(Conflict) as refusal:
        check_an_administrator_stays(dana)
    assert (refusal.value.status, refusal.value.code) == (409, "last_administrator")


def test_who_is_none_or_has_no_access_is_not_missed():
    people.person("dana", roles=["administrator"])
    rita, lena = people.person("rita"), people.person("lena", roles=["administrator"])
    Person.objects.filter(username="lena").update(is_active=False)
    for one in (rita, lena):
        check_an_administrator_stays(one)


def test_what_stands_in_the_database_counts_and_not_what_was_read_before():
    dana = people.person("dana")
    Person.objects.filter(username="dana").update(roles=["administrator"])
    with pytest.raises(Conflict):
        check_an_administrator_stays(dana)
