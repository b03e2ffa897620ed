"""Who acts, and what they may."""

import dataclasses
import json

import pytest

from kernel.actor import Actor, ActorKind, Method, permissions_of, require
from kernel.permissions import ADMINISTRATOR, AUDITOR, RELEASE_MANAGER, ROLE_PERMISSIONS, ROLES, Permission
from kernel.refusals import Forbidden
from tests import people


def test_the_log_names_people_by_id_and_machines_by_name():
    assert people.actor("alice").tag == "user:per_alice"
    assert people.ci("payments").tag == "application:payments"
    assert Actor.system("sweeper").tag == "system:sweeper"
    assert Actor.anonymous().tag == "anonymous:anonymous"


def test_only_people_are_human():
    assert people.actor("alice", method=Method.TOKEN).is_human
    assert not people.ci().is_human
    assert not Actor.system("sweeper").is_human
    assert not Actor.anonymous().is_human


def test_the_system_may_everything_and_a_stranger_nothing():
    assert all(Actor.system("sweeper").may(permission) for permission in Permission)
    assert not any(Actor.anonymous().may(permission) for permission in Permission)


def test_an_application_token_has_no_permission_of_its_own():
    assert not any(people.ci().may(permission) for permission in Permission)


def test_nobody_can_change_an_actor():
    with pytest.raises(dataclasses.FrozenInstanceError):
        people.actor("alice").roles = frozenset({ADMINISTRATOR})


def test_a_missing_permission_is_named():
    with pytest.raises(Forbidden) as refused:
        require(people.actor("alice"), Permission.TEAM_MANAGE)
    assert (refused.value.status, refused.value.code) == (403, "forbidden")
    assert refused.value.extra == {"missing_permission": "team.manage"}


def test_a_member_may_what_teams_may_for_their_own_team_only():
    dana = people.actor("dana", teams=["payments"])
    require(dana, Permission.DEPLOYMENT_REQUEST, team="payments")
    with pytest.raises(Forbidden):
        require(dana, Permission.DEPLOYMENT_REQUEST, team="web")
    with pytest.raises(Forbidden):
        require(dana, Permission.DEPLOYMENT_REQUEST)


def test_membership_gives_nothing_that_teams_do_not_have():
    dana = people.actor("dana", teams=["payments"])
    for permission in set(Permission) - ROLE_PERMISSIONS["team"]:
        with pytest.raises(Forbidden):
            require(dana, permission, team="payments")


def test_a_team_called_like_a_role_gives_no_role():
    mallory = people.actor("mallory", teams=["administrator"])
    with pytest.raises(Forbidden):
        require(mallory, Permission.PERSON_MANAGE, team="administrator")


def test_roles_add_up():
    both = permissions_of([AUDITOR, RELEASE_MANAGER])
    assert both == ROLE_PERMISSIONS[AUDITOR] | ROLE_PERMISSIONS[RELEASE_MANAGER]
    assert permissions_of([]) == frozenset()
    assert permissions_of(["emperor"]) == frozenset()


def test_auditors_change_nothing():
    assert permissions_of([AUDITOR]) == {Permission.AUDIT_READ, Permission.SEE_EVERYTHING}


def test_no_role_gives_the_power_to_approve():
    """Who may vote is a matter of groups and of the gate."""
    assert not [permission for permission in Permission if "approv" in permission or "vote" in permission]


def test_every_role_has_a_row():
    assert set(ROLE_PERMISSIONS) == {*ROLES, "team"}


def test_kinds_and_methods_are_words_of_the_log():
    assert [str(kind) for kind in ActorKind] == ["human", "machine", "system", "anonymous"]
    assert [str(method) for method in Method] == ["session", "token", "application_token", "system", "none"]


@pytest.mark.parametrize(
    "who",
    [people.actor("dana", ip="192.0.2.1", request_id="r", token_id="tok_1"), people.ci(), Actor.system("x")],
)
def test_a_recorded_actor_is_named_as_before_and_may_nothing(who):
    back = Actor.from_record(json.loads(json.dumps(who.as_record())))
    for name in ("kind", "method", "tag", "name", "ip", "request_id", "token_id"):
        assert getattr(back, name) == getattr(who, name)
    assert (back.permissions, back.roles, back.groups, back.scopes) == (frozenset(),) * 4
