"""Delegations over HTTP: a second person where the group has a key to a protected environment (C13)."""

from datetime import timedelta

import pytest

from kernel.clock import now
from kernel.verdicts import wire_time
from pipelines.models import ConfigChange
from teams.models import Delegation, Person
from tests import people
from tests.pipelines import protected
from tests.teams.callers import as_administrator, as_application, as_person, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company():
    protected.company()


def body(**more) -> dict:
    until = wire_time(now() + timedelta(days=7))
    return {"group": "payments-owners", "to": "dana", "until": until, "reason": "On holiday.", **more}


def waiting(**more) -> str:
    answer = as_person("omar").post("/delegations", body(**more))
    assert answer.status_code == 202, answer.content
    return answer.json()["change"]["id"]


def test_a_key_to_a_protected_place_is_lent_when_an_administrator_has_confirmed():
    change = waiting()
    assert not Delegation.objects.exists()
    row = ConfigChange.objects.get()
    assert (row.kind, row.environments) == ("delegation.make", ["prod"])
    told = {entry["pointer"]: entry["after"] for entry in row.diff}
    assert (told["/for"], told["/to"], told["/group"]) == ("omar", "dana", "payments-owners")
    done = as_administrator().post(f"/changes/{change}/confirm", {})
    assert done.status_code == 200, done.content
    made = done.json()
    assert (made["for"], made["to"], made["group"], made["ended_at"]) == (
        "omar",
        "dana",
        "payments-owners",
        None,
    )
    assert Delegation.objects.get().pk == made["id"]


def test_whoever_would_gain_it_does_not_confirm_it():
    change = waiting(to="iris")
    assert problem(as_administrator("iris").post(f"/changes/{change}/confirm", {}))[:2] == (
        403,
        "self_approval",
    )
    assert not Delegation.objects.exists()
    assert as_administrator().post(f"/changes/{change}/confirm", {}).status_code == 200


def test_a_giver_who_left_meanwhile_lends_nothing():
    change = waiting()
    membership = Person.objects.get(username="omar").group_memberships.get()
    membership.until = now()
    membership.save()
    answer = as_administrator().post(f"/changes/{change}/confirm", {})
    assert problem(answer)[:2] == (409, "proposer_without_right")
    assert not Delegation.objects.exists()


def test_of_two_that_would_make_a_loop_the_second_is_refused_when_it_is_confirmed():
    people.person("olga", groups=["payments-owners"])
    first = waiting(to="olga")
    answer = as_person("olga").post("/delegations", body(to="omar"))
    second = answer.json()["change"]["id"]
    assert as_administrator().post(f"/changes/{first}/confirm", {}).status_code == 200
    again = as_administrator().post(f"/changes/{second}/confirm", {})
    assert problem(again)[:2] == (422, "delegation_loop")
    assert Delegation.objects.count() == 1


def test_a_place_without_a_key_to_a_protected_environment_is_lent_at_once():
    answer = as_person("dana").post("/delegations", body(group="newcomers", to="omar"))
    assert (answer.status_code, answer.json()["for"]) == (201, "dana")


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"group": "newcomers"}, 403, "not_a_member"),
        ({"group": "nobodies"}, 404, "not_found"),
        ({"to": "omar"}, 422, "delegation_self"),
        ({"to": "payments"}, 422, "person_unknown"),
        ({"until": "2020-01-01T00:00:00Z"}, 422, "until_in_the_past"),
        ({"until": "2099-01-01T00:00:00Z"}, 422, "until_too_late"),
        ({"from": "2020-01-01T00:00:00Z"}, 422, "from_in_the_past"),
        ({"reason": ""}, 422, "reason_required"),
        ({"until": "tomorrow"}, 422, "time_invalid"),
        ({"forever": True}, 422, "unknown_field"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_waits(more, status, code):
    assert problem(as_person("omar").post("/delegations", body(**more)))[:2] == (status, code)
    assert not Delegation.objects.exists()
    assert not ConfigChange.objects.exists()


def test_a_machine_neither_lends_nor_sees():
    caller = as_application("payments")
    assert problem(caller.post("/delegations", body()))[0] in (403, 404)
    assert caller.get("/delegations").json()["items"] == []


def test_a_delegation_is_listed_for_who_is_concerned_and_ended_by_its_giver():
    as_person("dana").post("/delegations", body(group="newcomers", to="omar"))
    row = Delegation.objects.get()
    for name, ids in (("dana", [row.pk]), ("omar", [row.pk]), ("zoe", []), ("rita", [row.pk])):
        items = as_person(name).get("/delegations").json()["items"]
        assert [item["id"] for item in items] == ids, name
    path = f"/delegations/{row.pk}"
    assert problem(as_person("zoe").delete(path + "?reason=No+need"))[:2] == (404, "not_found")
    assert problem(as_person("rita").delete(path + "?reason=No+need"))[:2] == (403, "forbidden")
    assert problem(as_person("dana").delete(path))[:2] == (422, "reason_required")
    assert as_person("dana").delete(path + "?reason=Back+again").status_code == 204
    assert problem(as_person("dana").delete(path + "?reason=Back+again"))[:2] == (409, "delegation_ended")
    assert as_person("omar").get("/delegations").json()["items"][0]["ended_reason"] == "Back again"
