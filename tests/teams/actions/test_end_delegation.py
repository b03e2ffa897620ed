"""A delegation is taken back at once, or ends by itself: once, on record, and for good (C13)."""

from datetime import timedelta

import pytest

from kernel.clock import now
from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from teams.actions.delegate import delegate
from teams.actions.end_delegation import end_delegation, end_overdue
from teams.models import Delegation, Person
from teams.places import stand_ins_of
from teams.queries import actor_for_person
from tests import people
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def company():
    for name in ("omar", "olga"):
        people.person(name, groups=["owners"])
    people.person("zoe")
    people.person("yves")


def me(name: str):
    person = Person.objects.get(username=name)
    return actor_for_person(person, method=people.Method.SESSION, ip=None, request_id="req-1")


def lend() -> Delegation:
    at = now()
    times = {"since": at.isoformat(), "until": (at + timedelta(days=7)).isoformat()}
    return delegate(actor=me("omar"), group="owners", to="zoe", reason="On holiday.", **times)


@pytest.mark.parametrize("by", ["omar", "zoe"])
def test_who_gave_it_and_who_has_it_end_it_at_once(by):
    row = lend()
    end_delegation(actor=me(by), delegation_id=row.pk, reason="Back again.")
    assert (me("zoe").stands_in, stand_ins_of("owners")) == ((), [])
    data = events("delegation.ended")[0]["data"]
    assert (data["why"], data["principal"], data["delegate"]) == ("revoked", "per_omar", "per_zoe")
    with pytest.raises(Conflict) as again:
        end_delegation(actor=me(by), delegation_id=row.pk, reason="Back again.")
    assert again.value.code == "delegation_ended"


def test_an_administrator_ends_it_a_colleague_and_a_stranger_do_not():
    row = lend()
    with pytest.raises(Forbidden):
        end_delegation(actor=me("olga"), delegation_id=row.pk, reason="I do not like it.")
    with pytest.raises(NotFound):
        end_delegation(actor=me("yves"), delegation_id=row.pk, reason="I do not like it.")
    with pytest.raises(Invalid) as unsaid:
        end_delegation(actor=me("omar"), delegation_id=row.pk, reason=" ")
    assert unsaid.value.code == "reason_required"
    assert Delegation.objects.get().ended_at is None
    people.person("admin", roles=["administrator"])
    end_delegation(actor=me("admin"), delegation_id=row.pk, reason="He left us.")
    assert Delegation.objects.get().ended_by == "user:per_admin"


def test_one_whose_time_is_over_is_ended_once():
    row = lend()
    assert end_overdue(row.until - timedelta(seconds=1)) == []
    assert end_overdue(row.until) == [row.pk]
    assert end_overdue(row.until) == []
    assert [event["data"]["why"] for event in events("delegation.ended")] == ["time over"]
