"""Who is calling: tokens and sessions, through the whole stack."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel.clock import now
from kernel.models import ClockOffset
from teams.models import ApiToken, Person
from teams.tokens import mint
from tests import people
from tests.teams.callers import Caller, as_application, as_person, problem, secret_of

pytestmark = pytest.mark.django_db


def test_a_personal_token_acts_as_its_person():
    rita = as_person("rita", roles=["release_manager"], groups=["keys"], teams=["desk"])
    assert rita.get("/whoami").json() == {
        "kind": "human",
        "actor": "rita",
        "method": "token",
        "application": None,
        "roles": ["release_manager"],
        "groups": ["keys"],
        "teams": ["desk"],
        "scopes": [],
        "expires_at": ApiToken.objects.get().expires_at.isoformat().replace("+00:00", "Z"),
    }


def test_an_application_token_is_a_machine():
    body = as_application("payments", scopes=["read"]).get("/whoami").json()
    assert (body["kind"], body["actor"], body["application"]) == ("machine", "payments", "payments")
    assert (body["method"], body["scopes"], body["groups"]) == ("application_token", ["read"], [])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer rgt_",
        f"Bearer {mint()}",
        f"Bearer {mint()[:-1]}!",
        "Basic YTpi",
        "rgt_abc",
        "Bearer é",
    ],
    ids=lambda header: str(header)[:11],  # what is minted is random, and a test has one name in every process
)
def test_no_or_nonsense_credentials_are_401(header):
    client = Client(headers={"Authorization": header} if header else {})
    response = client.get("/api/v1/whoami")
    assert problem(response)[:2] == (401, "not_authenticated")


def test_an_expired_token_has_its_own_code():
    people.person("alice")
    caller = Caller(secret_of(username="alice", scopes=[], expires_in=60))
    assert caller.get("/whoami").status_code == 200
    ClockOffset.objects.create(seconds=61)
    assert problem(caller.get("/whoami"))[:2] == (401, "token_expired")


def test_a_token_ends_in_the_instant_it_expires():
    caller = as_person("alice")
    ApiToken.objects.update(expires_at=now())
    assert problem(caller.get("/whoami"))[:2] == (401, "token_expired")


def test_a_revoked_token_has_its_own_code_even_when_it_is_also_expired():
    caller = as_person("alice")
    ApiToken.objects.update(revoked_at=now(), expires_at=now() - timedelta(days=1))
    assert problem(caller.get("/whoami"))[:2] == (401, "token_revoked")


def test_a_refused_token_does_not_count_as_used():
    caller = as_person("alice")
    ApiToken.objects.update(revoked_at=now())
    caller.get("/whoami")
    assert ApiToken.objects.get().last_used_at is None


def test_the_token_of_someone_who_lost_access_stops_at_once():
    caller = as_person("alice")
    Person.objects.update(is_active=False)
    assert problem(caller.get("/whoami"))[:2] == (401, "token_revoked")


def test_use_is_remembered():
    caller = as_person("alice")
    assert ApiToken.objects.get().last_used_at is None
    caller.get("/whoami")
    assert now() - ApiToken.objects.get().last_used_at < timedelta(seconds=30)


def test_a_restricted_token_reads_and_changes_nothing():
    caller = as_person("admin", roles=["administrator"], scopes=["read"])
    assert caller.get("/teams").status_code == 200
    response = caller.post("/teams", {"name": "web", "members": []})
    assert problem(response)[:2] == (403, "forbidden")
    assert response.json()["missing_permission"] == "scope write"
    assert caller.get("/teams").json()["items"] == []


def test_a_machine_without_the_scope_read_reads_nothing():
    response = as_application("payments", scopes=["builds:write"]).get("/applications")
    assert problem(response)[:2] == (403, "forbidden")


def _queries_of_authentication(caller: Caller) -> int:
    """Queries on our own tables; rate limit, transaction and session are counted elsewhere."""
    caller.get("/whoami")
    with CaptureQueriesContext(connection) as captured:
        assert caller.get("/whoami").status_code == 200
    return len([query for query in captured if "teams_" in query["sql"]])


def test_a_person_costs_two_queries_and_a_machine_one():
    many = [f"group-{number}" for number in range(20)]
    assert _queries_of_authentication(as_person("rita", groups=many, teams=many)) == 2
    assert _queries_of_authentication(as_application("payments")) == 1


def _signed_in(username: str = "alice", *, enforce_csrf_checks: bool = False, **row) -> Client:
    person = people.person(username, **row)
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(person)
    return client


def test_a_browser_session_works_too():
    body = _signed_in("rita", groups=["keys"]).get("/api/v1/whoami").json()
    assert (body["actor"], body["method"], body["groups"]) == ("rita", "session", ["keys"])
    assert body["expires_at"] is None


def test_a_session_costs_the_person_and_one_query_more():
    client = _signed_in("rita", groups=["a", "b"], teams=["c"])
    client.get("/api/v1/whoami")
    with CaptureQueriesContext(connection) as captured:
        client.get("/api/v1/whoami")
    assert len([query for query in captured if '"teams_' in query["sql"]]) == 2


def test_a_write_by_session_needs_the_csrf_token():
    client = _signed_in("admin", enforce_csrf_checks=True, roles=["administrator"])
    body = {"name": "web", "members": []}
    refused = client.post("/api/v1/teams", body, content_type="application/json")
    assert refused.status_code == 403
    assert client.get("/api/v1/teams").json()["items"] == []


def test_a_token_needs_no_csrf_token():
    people.person("admin", roles=["administrator"])
    secret = secret_of(username="admin", scopes=[], expires_in=60)
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})
    made = client.post("/api/v1/teams", {"name": "web", "members": []}, content_type="application/json")
    assert made.status_code == 201


def test_the_session_of_someone_who_lost_access_stops_at_once():
    client = _signed_in("alice")
    Person.objects.update(is_active=False)
    assert problem(client.get("/api/v1/whoami"))[:2] == (401, "not_authenticated")


def test_a_dead_token_is_not_saved_by_a_live_session():
    client = _signed_in("alice")
    response = client.get("/api/v1/whoami", headers={"Authorization": f"Bearer {mint()}"})
    assert problem(response)[:2] == (401, "not_authenticated")
