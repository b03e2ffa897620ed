"""Rights granted just in time: an administrator who asks for a deployment makes somebody who approves it."""

import pytest

from kernel.refusals import Refusal
from pipelines.actions.confirm_change import confirm_change
from pipelines.models import ConfigChange
from teams.actions.issue_token import issue_token
from tests import people
from tests.teams.callers import Caller, as_person, problem

pytestmark = pytest.mark.django_db
KEYS = "/groups/release-managers/members"


@pytest.fixture
def admin(world) -> Caller:
    people.person("iris", roles=["administrator"])
    return as_person("admin")


def _votes(world, who: str) -> str:
    with pytest.raises(Refusal) as caught:
        world.vote(world.asked(), who)
    return caught.value.code


def test_who_was_put_into_the_group_by_one_person_has_no_key(world, admin):
    answer = admin.put(KEYS, {"members": ["rita", "rosa", "zoe"]})
    assert (answer.status_code, answer.json()["change"]["state"]) == (202, "pending")
    assert _votes(world, "zoe") == "not_found"


def test_a_second_self_does_not_confirm_it(world, admin):
    change = admin.put(KEYS, {"members": ["rita", "rosa", "zoe"]}).json()["change"]
    path = f"/changes/{change['id']}/confirm"
    assert problem(admin.post(path, {}))[:2] == (403, "self_approval")
    puppet = {"username": "puppet", "email": "p@acme.example", "name": "Puppet", "roles": ["administrator"]}
    assert admin.post("/people", {**puppet, "password": people.PASSWORD}).json()["roles"] == []
    made = admin.post("/people/puppet/tokens", {"label": "x", "expires_in": 60}).json()["token"]
    assert problem(Caller(made).post(path, {}))[:2] == (403, "forbidden")
    borrowed = issue_token(
        actor=world.actor("admin"), label="x", scopes=[], expires_in=60, username="iris"
    ).secret
    assert problem(Caller(borrowed).post(path, {}))[:2] == (403, "self_approval")
    assert ConfigChange.objects.get(pk=change["id"]).state == "pending"
    assert _votes(world, "zoe") == "not_found"


def test_with_a_second_persons_word_the_log_names_both_before_the_vote(world, admin):
    change = admin.put(KEYS, {"members": ["rita", "rosa", "zoe"]}).json()["change"]
    confirm_change(actor=world.actor("iris"), change_id=change["id"])
    world.vote(world.asked(), "zoe")
    found = as_person("aude").get(f"/audit/events?subject=change:{change['id']}").json()["items"]
    assert [event["kind"] for event in found] == ["config.changed", "config.proposed"]
    assert found[0]["data"]["proposed_by"] == f"user:{world.actor('admin').person_id}"
    assert found[0]["data"]["confirmed_by"] == f"user:{world.actor('iris').person_id}"
