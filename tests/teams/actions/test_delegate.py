"""A person lends their own place in a group: who may, to whom, how long, and what is recorded (C13)."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from audit.models import AuditEvent
from kernel.clock import now
from kernel.refusals import Conflict, Forbidden, Invalid, NotFound, Refusal
from teams.actions.delegate import delegate
from teams.models import Delegation, Person
from teams.places import places_in
from teams.queries import actor_for_person
from tests import people
from tests.teams.events import events, openings

pytestmark = pytest.mark.django_db
REASON = "On holiday until Monday."


@pytest.fixture(autouse=True)
def company():
    for name in ("omar", "olga"):
        people.person(name, groups=["owners"])
    people.person("zoe")
    people.person("yves")


def me(name: str):
    person = Person.objects.get(username=name)
    return actor_for_person(person, method=people.Method.SESSION, ip=None, request_id="req-1")


def lend(by="omar", to="zoe", *, group="owners", first=0, days=7, reason=REASON) -> Delegation:
    at = now()
    since, until = at + timedelta(days=first), at + timedelta(days=first + days)
    actor = me(by) if isinstance(by, str) else by
    times = {"since": since.isoformat(), "until": until.isoformat()}
    return delegate(actor=actor, group=group, to=to, reason=reason, **times)


def refused(*given, **more) -> tuple[type, str]:
    before = Delegation.objects.count(), AuditEvent.objects.count()
    with pytest.raises(Refusal) as caught:
        lend(*given, **more)
    assert (Delegation.objects.count(), AuditEvent.objects.count()) == before
    return type(caught.value), caught.value.code


def test_the_place_is_kept_with_its_dates_and_the_event_names_people_by_id():
    row = lend()
    assert (row.pk[:4], row.group_id, row.principal.username, row.delegate.username) == (
        "dlg_",
        "owners",
        "omar",
        "zoe",
    )
    assert (row.until - row.since, row.ended_at) == (timedelta(days=7), None)
    data = events("delegation.made")[0]["data"]
    assert (data["group"], data["principal"], data["delegate"]) == ("owners", "per_omar", "per_zoe")
    assert "holiday" not in str(events("delegation.made"))
    assert openings("delegation.made")["reason"] == REASON


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        ({"by": "zoe", "to": "yves"}, Forbidden, "not_a_member"),
        ({"group": "nobodies"}, NotFound, "not_found"),
        ({"to": "nobody"}, Invalid, "person_unknown"),
        ({"to": "omar"}, Invalid, "delegation_self"),
        ({"days": 0}, Invalid, "until_in_the_past"),
        ({"first": 1, "days": -1}, Invalid, "until_in_the_past"),
        ({"first": 5, "days": -2}, Invalid, "period_invalid"),
        ({"days": 91}, Invalid, "until_too_late"),
        ({"reason": "  "}, Invalid, "reason_required"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code_and_writes_nothing(given, kind, code):
    assert refused(**given) == (kind, code)


def test_an_auditor_is_lent_no_place_and_one_who_is_more_than_that_is():
    people.person("aude", roles=["auditor"])
    assert refused(to="aude") == (Invalid, "auditor_changes_nothing")
    people.person("both", roles=["auditor", "release_manager"])
    assert lend(to="both").delegate.username == "both"


def test_whoever_became_an_auditor_stands_in_for_nobody_any_more():
    row = lend()
    assert [one.delegation for one in places_in(["owners"], now())[1]] == [row.pk]
    Person.objects.filter(username="zoe").update(roles=["auditor"])
    members, stand_ins = places_in(["owners"], now())
    assert stand_ins == []
    assert [(person.username, person.roles) for person in members["owners"]] == [("olga", []), ("omar", [])]


def test_a_machine_has_no_place_to_lend():
    assert refused(people.ci()) == (Forbidden, "human_required")


def test_a_machine_cannot_be_lent_one():
    people.application("payments")
    assert refused(to="payments") == (Invalid, "person_unknown")


def test_another_account_of_the_same_human_is_oneself():
    EmailAddress.objects.create(
        user=Person.objects.get(username="zoe"), email=people.email_of("omar"), verified=True
    )
    assert refused() == (Invalid, "delegation_self")


def test_no_chain_no_loop_no_second_delegate_at_one_time():
    lend("omar", "olga")
    assert refused("olga", "omar") == (Invalid, "delegation_loop")
    assert refused("olga", "zoe") == (Invalid, "delegation_chain")
    assert refused("omar", "zoe") == (Conflict, "delegation_overlaps")
    assert lend("omar", "zoe", first=7, days=1).pk


def test_whoever_was_only_lent_a_place_cannot_lend_it_on():
    lend("omar", "zoe")
    assert refused("zoe", "yves") == (Invalid, "delegation_chain")


def test_a_person_is_told_in_whose_place_they_may_vote_in_one_query(django_assert_num_queries):
    row = lend()
    zoe = Person.objects.get(username="zoe")
    with django_assert_num_queries(1):
        actor = actor_for_person(zoe, method=people.Method.SESSION, ip=None, request_id=None)
    assert [(one.delegation, one.group, one.name, one.email) for one in actor.stands_in] == [
        (row.pk, "owners", "omar", people.email_of("omar"))
    ]
    assert (actor.groups, actor.teams) == (frozenset(), frozenset())
    assert me("omar").stands_in == ()
    assert me("omar").groups == {"owners"}


def test_members_and_who_stands_in_are_read_together(django_assert_num_queries):
    row = lend()
    at = now()
    with django_assert_num_queries(1):
        members, stand_ins = places_in(["owners", "nobodies"], at)
    assert {group: [person.username for person in found] for group, found in members.items()} == {
        "owners": ["olga", "omar"],
        "nobodies": [],
    }
    assert [(one.delegation, one.principal, one.delegate, one.delegate_name) for one in stand_ins] == [
        (row.pk, "per_omar", "per_zoe", "zoe")
    ]
    assert places_in(["owners"], row.until)[1] == []
    assert places_in(["owners"], row.since - timedelta(seconds=1))[1] == []
