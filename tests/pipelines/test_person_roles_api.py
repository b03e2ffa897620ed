"""REST: who has which role, and who had it when."""

import pytest

from pipelines.models import ConfigChange
from teams.models import Person, RoleGrant
from tests import people
from tests.pipelines import protected
from tests.teams.callers import as_administrator, as_person, problem
from tests.teams.events import events

pytestmark = pytest.mark.django_db
ROLES = "/people/zoe/roles"


@pytest.fixture(autouse=True)
def zoe():
    protected.company()
    return people.person("zoe")


def changed() -> list[dict]:
    return [event["data"] for event in events("person.changed")]


def test_roles_without_a_second_key_are_there_at_once():
    answer = as_administrator().put(ROLES, {"roles": ["window_manager", "auditor"]})
    assert (answer.status_code, answer.json()["roles"]) == (200, ["auditor", "window_manager"])
    assert changed() == [{"change": "roles", "before": [], "after": ["auditor", "window_manager"]}]
    assert ConfigChange.objects.count() == 0


def test_to_make_an_administrator_takes_a_second_one_and_nothing_is_given_before():
    answer = as_administrator().put(ROLES, {"roles": ["administrator", "auditor"]})
    change = answer.json()["change"]
    assert (answer.status_code, change["state"], change["kind"]) == (202, "pending", "person.roles")
    assert change["diff"] == [{"pointer": "/roles", "before": [], "after": ["administrator", "auditor"]}]
    assert (Person.objects.get(username="zoe").roles, RoleGrant.objects.count()) == ([], 0)
    own = as_administrator().post(f"/changes/{change['id']}/confirm", {})
    assert problem(own) == (403, "self_approval", [])
    done = as_administrator("iris").post(f"/changes/{change['id']}/confirm", {})
    assert (done.status_code, done.json()["roles"]) == (200, ["administrator", "auditor"])
    assert set(RoleGrant.objects.values_list("role", "until")) == {("administrator", None), ("auditor", None)}


@pytest.mark.parametrize("name", ["zoe", "Zoe", "ZOE"])
@pytest.mark.parametrize("role", ["administrator", "release_manager"])
def test_no_way_of_writing_the_name_gets_around_the_second_person(name, role):
    answer = as_administrator().put(f"/people/{name}/roles", {"roles": [role]})
    assert (answer.status_code, answer.json()["change"]["state"]) == (202, "pending")
    assert (Person.objects.get(username="zoe").roles, RoleGrant.objects.count()) == ([], 0)


@pytest.mark.parametrize("name", ["zoe", "Zoe"])
def test_nor_around_coming_back(name):
    as_administrator().post(f"/people/{name}/deactivate", {"reason": "Left"})
    assert Person.objects.get(username="zoe").is_active is False
    answer = as_administrator().post(f"/people/{name}/reactivate", {"reason": "Came back"})
    assert (answer.status_code, answer.json()["change"]["state"]) == (202, "pending")
    assert Person.objects.get(username="zoe").is_active is False


def test_an_administrator_does_not_give_themself_the_power_to_break_the_glass():
    roles = {"roles": ["administrator", "release_manager"]}
    answer = as_administrator().put("/people/admin/roles", roles)
    assert answer.status_code == 202
    assert Person.objects.get(username="admin").roles == ["administrator"]


def test_what_is_wrong_is_422_and_gives_nothing():
    admin = as_administrator()
    assert problem(admin.put(ROLES, {"roles": ["emperor"]})) == (422, "role_unknown", ["/roles/0"])
    assert problem(admin.put(ROLES, {})) == (422, "required", ["/roles"])
    assert problem(admin.put(ROLES, {"roles": [], "more": 1})) == (422, "unknown_field", ["/more"])
    assert problem(admin.put("/people/nobody/roles", {"roles": []})) == (404, "not_found", [])
    assert (Person.objects.get(username="zoe").roles, changed()) == ([], [])


def test_nobody_else_gives_a_role_least_of_all_to_themselves():
    for caller in (as_person("zoe"), as_person("rita"), as_person("aude", roles=["auditor"])):
        answer = caller.put(ROLES, {"roles": ["release_manager"]})
        assert problem(answer) == (403, "forbidden", [])
        assert answer.json()["missing_permission"] == "person.manage"
    assert (Person.objects.get(username="zoe").roles, changed()) == ([], [])


def test_the_history_says_from_when_to_when_and_by_whose_word():
    admin, tag = as_administrator(), f"user:{Person.objects.get(username='admin').pk}"
    for roles in (["auditor"], ["window_manager"]):
        assert admin.put(ROLES, {"roles": roles}).status_code == 200
    later, earlier = admin.get(ROLES).json()["items"]
    assert (later["role"], later["until"], later["granted_by"], later["ended_by"]) == (
        "window_manager",
        None,
        tag,
        None,
    )
    assert (earlier["role"], earlier["granted_by"], earlier["ended_by"]) == ("auditor", tag, tag)
    assert earlier["since"] < earlier["until"] == later["since"]
    (first,) = admin.get(f"{ROLES}?limit=1").json()["items"]
    assert first == later


def test_the_history_is_the_persons_the_administrators_and_the_auditors():
    as_administrator().put(ROLES, {"roles": ["account_manager"]})
    for caller in (as_person("zoe"), as_person("aude", roles=["auditor"]), as_administrator("iris")):
        assert [row["role"] for row in caller.get(ROLES).json()["items"]] == ["account_manager"]
    assert problem(as_person("rita").get(ROLES)) == (403, "forbidden", [])
    assert problem(as_person("rita").get("/people/nobody/roles")) == (403, "forbidden", [])
