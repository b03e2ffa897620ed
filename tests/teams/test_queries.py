"""Who is in what, and who may see whom."""

from datetime import timedelta

import pytest

from kernel.actor import Actor, Method
from kernel.permissions import Permission
from kernel.refusals import Forbidden, Invalid, NotFound
from teams import queries
from teams.models import GroupMembership, Person, TeamMembership
from teams.places import memberships_of
from tests import people

pytestmark = pytest.mark.django_db


def _leave(username: str, group: str) -> None:
    GroupMembership.objects.filter(person__username=username, group=group).update(
        until=people.EPOCH + timedelta(days=1)
    )


def test_memberships_leave_out_the_groups_a_person_has_left(django_assert_num_queries):
    people.person("alice", groups=["keys", "old"])
    people.person("bob", groups=["keys"])
    _leave("alice", "old")
    with django_assert_num_queries(1):
        assert memberships_of("per_alice") == ({"keys"}, frozenset(), ())
    assert memberships_of("per_bob")[0] == {"keys"}
    assert memberships_of("per_nobody") == (frozenset(), frozenset(), ())


def test_members_are_the_active_people_who_are_in_the_group_now(django_assert_num_queries):
    for name in ("carol", "alice", "bob", "dave"):
        people.person(name, groups=["keys"])
    _leave("bob", "keys")
    Person.objects.filter(username="dave").update(is_active=False)
    with django_assert_num_queries(1):
        found = queries.members_of(["keys", "missing"])
    assert [person.username for person in found["keys"]] == ["alice", "carol"]
    assert found["missing"] == []


def test_people_named_come_in_the_order_asked_for():
    people.person("alice")
    people.person("bob")
    found = queries.people_named(["bob", "alice"], pointer="/members")
    assert [person.username for person in found] == ["bob", "alice"]


def test_unknown_inactive_and_repeated_people_are_named_one_by_one():
    people.person("alice")
    people.person("gone")
    Person.objects.filter(username="gone").update(is_active=False)
    with pytest.raises(Invalid) as refusal:
        queries.people_named(["alice", "nobody", "alice", "gone"], pointer="/members")
    assert [(error["pointer"], error["code"]) for error in refusal.value.errors] == [
        ("/members/1", "person_unknown"),
        ("/members/2", "person_twice"),
        ("/members/3", "person_unknown"),
    ]
    assert refusal.value.code == "person_unknown"


def test_an_actor_holds_roles_groups_and_teams_after_one_query(django_assert_num_queries):
    person = people.person("rita", roles=["release_manager"], groups=["keys", "old"], teams=["desk"])
    _leave("rita", "old")
    with django_assert_num_queries(1):
        actor = queries.actor_for_person(person, method=Method.SESSION, ip="192.0.2.1", request_id="r-1")
    assert actor.groups == {"keys"}
    assert actor.teams == {"desk"}
    assert actor.roles == {"release_manager"}
    assert actor.emails == {"rita@acme.example"}
    assert (actor.person_id, actor.ip, actor.request_id) == ("per_rita", "192.0.2.1", "r-1")
    assert actor.may(Permission.DEPLOYMENT_CANCEL)
    assert not actor.may(Permission.ACCOUNT_MANAGE)


def test_a_group_and_a_team_of_one_name_are_not_confused():
    person = people.person("alice", groups=["desk"])
    groups, teams, stands_in = memberships_of(person.pk)
    assert stands_in == ()
    assert (groups, teams) == ({"desk"}, frozenset())


def test_a_former_team_member_is_no_member():
    person = people.person("alice", teams=["desk"])
    TeamMembership.objects.update(until=people.EPOCH)
    assert memberships_of(person.pk) == (frozenset(), frozenset(), ())


def test_people_see_every_application_and_a_machine_its_own():
    people.application("payments")
    people.application("storefront")
    assert {a.pk for a in queries.visible_applications(people.actor("alice"))} == {"payments", "storefront"}
    assert [a.pk for a in queries.visible_applications(people.ci("payments"))] == ["payments"]
    assert not queries.visible_applications(Actor.anonymous()).exists()


def test_a_machine_sees_its_own_team_and_no_people_or_groups():
    people.application("payments")
    people.application("storefront")
    people.person("alice", groups=["keys"])
    machine = people.ci("payments")
    assert [team.pk for team in queries.visible_teams(machine)] == ["payments"]
    assert not queries.visible_people(machine).exists()
    assert not queries.visible_groups(machine).exists()
    assert queries.visible_teams(people.actor("alice")).count() == 2


def test_missing_and_invisible_are_the_same_answer():
    people.application("storefront")
    with pytest.raises(NotFound) as missing:
        queries.get_application(people.ci("payments"), "nowhere")
    with pytest.raises(NotFound) as invisible:
        queries.get_application(people.ci("payments"), "storefront")
    assert missing.value.detail == invisible.value.detail


def test_a_username_is_found_in_any_case():
    people.person("alice")
    assert queries.get_person(people.administrator(), "ALICE").pk == "per_alice"
    with pytest.raises(NotFound):
        queries.get_person(people.administrator(), "bob")


def test_tokens_are_read_by_their_owner_administrators_and_auditors():
    people.person("alice")
    for reader in (people.actor("alice"), people.administrator(), people.auditor()):
        assert queries.person_with_readable_tokens(reader, "alice").pk == "per_alice"
    with pytest.raises(Forbidden) as refusal:
        queries.person_with_readable_tokens(people.actor("bob"), "alice")
    assert refusal.value.extra["missing_permission"] == "token.manage"


def test_an_applications_tokens_are_read_by_its_team_administrators_and_auditors():
    people.application("payments")
    for reader in (people.actor("dana", teams=["payments"]), people.administrator(), people.auditor()):
        assert queries.application_with_readable_tokens(reader, "payments").pk == "payments"
    for stranger in (people.actor("bob", teams=["web"]), people.ci("payments")):
        with pytest.raises(Forbidden):
            queries.application_with_readable_tokens(stranger, "payments")


def test_team_members_are_listed_by_team(django_assert_num_queries):
    people.person("bob", teams=["web", "desk"])
    people.person("alice", teams=["web"])
    with django_assert_num_queries(1):
        assert queries.team_members(["web", "desk", "none"]) == {
            "web": ["alice", "bob"],
            "desk": ["bob"],
            "none": [],
        }
