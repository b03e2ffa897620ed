"""Who leaves is shut out at once, with what acts in their name; who comes back does so by the word of two."""

from datetime import timedelta

import pytest

from audit.canonical import wire_instant
from kernel.clock import now
from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.confirm_change import confirm_change
from pipelines.models import ConfigChange
from teams.actions.delegate import delegate
from teams.actions.issue_token import issue_token
from teams.actions.set_person_access import set_person_access
from teams.models import ApiToken, Delegation, Person
from tests import people
from tests.deployments.standing import company, world
from tests.teams.callers import Caller, as_person, problem
from tests.teams.events import events, only_event, openings

__all__ = ["company", "world"]
pytestmark = pytest.mark.django_db


def shut_out(username="dana", *, actor=None, active=False, reason="Left the company"):
    return set_person_access(
        actor=actor or people.administrator(), username=username, active=active, reason=reason
    )


def test_it_is_recorded_with_its_reason_in_private():
    dana = people.person("dana")
    assert shut_out().is_active is False
    event = only_event("person.changed")
    assert event["subject"] == f"person:{dana.pk}"
    assert event["data"] == {"change": "access", "before": True, "after": False, "tokens_revoked": 0}
    assert openings("person.changed")["reason"] == "Left the company"


def test_a_second_time_changes_and_records_nothing():
    people.person("dana")
    shut_out()
    shut_out(reason="Again")
    assert len(events("person.changed")) == 1


def test_the_tokens_end_for_good():
    dana = people.actor("dana")
    people.person("dana")
    secret = issue_token(actor=dana, username="dana", label="x", scopes=["read"], expires_in=3600).secret
    assert Caller(secret).get("/builds").status_code == 200
    shut_out()
    shut_out(active=True, reason="Came back")
    assert problem(Caller(secret).get("/builds"))[:2] == (401, "token_revoked")
    assert ApiToken.objects.get(person__username="dana").revoked_at is not None
    assert [event["data"]["tokens_revoked"] for event in events("person.changed")] == [1, 0]


def test_a_session_is_nobodys_at_once_and_signing_in_is_refused(client):
    dana = people.person("dana", password=people.PASSWORD)
    client.force_login(dana)
    assert client.get("/board").status_code == 200
    shut_out()
    assert client.get("/board").status_code == 302
    answer = client.post("/sign-in", {"login": "dana", "password": people.PASSWORD})
    assert answer.status_code != 302
    assert client.get("/board").status_code == 302


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_reason_nothing_happens(reason):
    people.person("dana")
    with pytest.raises(Invalid) as refusal:
        shut_out(reason=reason)
    assert refusal.value.code == "reason_required"
    assert Person.objects.get(username="dana").is_active is True
    assert events() == []


def test_who_may_not_or_does_not_exist_is_refused():
    people.person("dana")
    with pytest.raises(Forbidden) as refusal:
        shut_out(actor=people.release_manager())
    assert refusal.value.extra["missing_permission"] == "person.manage"
    with pytest.raises(NotFound):
        shut_out("nobody")
    assert Person.objects.get(username="dana").is_active is True


def test_nobody_shuts_themselves_out():
    people.person("admin", roles=["administrator"])
    people.person("iris", roles=["administrator"])
    with pytest.raises(Conflict) as refusal:
        shut_out("admin", actor=people.administrator("admin"))
    assert refusal.value.code == "own_access"
    assert Person.objects.get(username="admin").is_active is True


def test_the_last_administrator_stays():
    people.person("admin", roles=["administrator"])
    people.person("iris", roles=["administrator"])
    Person.objects.filter(username="iris").update(is_active=False)
    with pytest.raises(Conflict) as refusal:
        shut_out("admin", actor=people.administrator("iris"))
    assert refusal.value.code == "last_administrator"
    assert Person.objects.get(username="admin").is_active is True


def test_over_rest_a_key_that_was_given_is_missed_from_then_on(world):
    asked = world.approved()
    answer = as_person("admin").post("/people/omar/deactivate", {"reason": "Left the company"})
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    assert world.start(asked).state == "needs_approval"
    assert events("deployment.running") == []


def test_to_come_back_takes_a_second_administrator(world):
    people.person("iris", roles=["administrator"])
    admin = as_person("admin")
    admin.post("/people/omar/deactivate", {"reason": "A mistake"})
    answer = admin.post("/people/omar/reactivate", {"reason": "It was a mistake"})
    assert (answer.status_code, answer.json()["change"]["state"]) == (202, "pending")
    assert answer.json()["change"]["diff"] == [{"pointer": "/active", "before": False, "after": True}]
    change = ConfigChange.objects.get()
    assert problem(admin.post(f"/changes/{change.pk}/confirm", {}))[:2] == (403, "self_approval")
    assert Person.objects.get(username="omar").is_active is False
    confirm_change(actor=world.actor("iris"), change_id=change.pk)
    assert Person.objects.get(username="omar").is_active is True


@pytest.mark.parametrize("path", ["deactivate", "reactivate"])
@pytest.mark.parametrize(("who", "status"), [("dana", 403), ("rita", 403), ("aude", 403)])
def test_over_rest_only_administrators_may(world, who, status, path):
    answer = as_person(who).post(f"/people/omar/{path}", {"reason": "Because"})
    assert answer.status_code == status
    assert Person.objects.get(username="omar").is_active is True


def test_over_rest_a_bad_body_changes_nothing(world):
    admin = as_person("admin")
    assert problem(admin.post("/people/omar/deactivate", {}))[0] == 422
    assert problem(admin.post("/people/omar/deactivate", {"reason": "x", "more": 1}))[:2] == (
        422,
        "unknown_field",
    )
    assert problem(admin.post("/people/nobody/deactivate", {"reason": "x"}))[:2] == (404, "not_found")
    assert Person.objects.get(username="omar").is_active is True


def test_places_that_were_lent_by_them_or_to_them_are_lent_no_more_and_do_not_come_back(world):
    until = wire_instant(now() + timedelta(days=3))
    for giver, to, group in (("omar", "zoe", "payments-owners"), ("rita", "omar", "release-managers")):
        delegate(
            actor=world.actor(giver),
            group=group,
            to=to,
            since=wire_instant(now()),
            until=until,
            reason="Away",
        )
    shut_out("omar")
    assert [one["data"]["why"] for one in events("delegation.ended")] == ["left the company"] * 2
    assert not Delegation.objects.filter(ended_at=None).exists()
    shut_out("omar", active=True, reason="Came back")
    assert world.actor("zoe").stands_in == world.actor("omar").stands_in == ()
