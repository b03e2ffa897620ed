"""A refused form loses nothing but its effect."""

import pytest

from audit.models import AuditEvent
from teams.models import Team
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.fixture
def alice(client):
    client.force_login(person("alice"))
    client.raise_request_exception = False
    return client


def send(client, fault=None, referer="http://testserver/show?page=2", **fields):
    fields = {"name": "one", **({"fault": fault} if fault else {}), **fields}
    return client.post("/form", fields, headers={"Referer": referer} if referer else {})


def made() -> bool:
    return Team.objects.filter(name="one").exists()


def test_a_form_that_works_works(alice):
    assert send(alice).content == b"done"
    assert made()


def test_a_refused_form_goes_back_with_a_message_and_what_was_typed(alice):
    answer = send(alice, "conflict")
    assert (answer.status_code, answer["Location"]) == (303, "/show?page=2")
    assert not made()
    page = alice.get(answer["Location"]).content.decode()
    assert "not_open" in page
    assert "Not now." in page
    assert "'draft': 'one'" in page
    assert "'draft': None" in alice.get("/show").content.decode()


def test_the_denial_is_recorded_though_the_work_was_undone(alice):
    send(alice, "conflict")
    event = AuditEvent.objects.get(kind="vote.refused")
    assert (event.actor, event.outcome) == ("user:per_alice", "denied")
    assert not made()


def test_a_forbidden_form_is_recorded(alice):
    assert send(alice, "forbidden").status_code == 303
    assert AuditEvent.objects.get(kind="request.denied").actor == "user:per_alice"


def test_the_field_next_wins_over_the_referer(alice):
    assert send(alice, "conflict", next="/broken?x=1")["Location"] == "/broken?x=1"
    assert send(alice, "conflict", next="/broken?x=1#field")["Location"] == "/broken?x=1#field"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil",
        "\x00",
    ],
)
def test_nobody_is_sent_elsewhere(alice, target):
    assert send(alice, "conflict", next=target, referer=None).status_code == 409
    assert send(alice, "conflict", next=target)["Location"] == "/show?page=2"
    foreign = send(alice, "conflict", referer="https://evil.example/show")
    assert foreign.status_code == 409
    assert not made()


def test_without_a_way_back_there_is_an_error_page(alice):
    answer = send(alice, "conflict", referer=None)
    assert answer.status_code == 409
    assert answer["X-Request-Id"] in answer.content.decode()


@pytest.mark.parametrize(
    ("fault", "status"),
    [("not_found", 404), ("unavailable", 503), ("bug", 500), ("operational", 500), ("integrity", 500)],
)
def test_what_is_no_refusal_of_the_form_shows_its_page_and_leaves_nothing(alice, fault, status):
    answer = send(alice, fault)
    assert answer.status_code == status
    assert not made()
    for word in ("SELECT", "team_pkey", "/some/path", "Traceback"):
        assert word not in answer.content.decode()


def test_a_lost_race_goes_back(alice):
    assert send(alice, "lost_race").status_code == 303
    assert "Somebody else changed this" in alice.get("/show").content.decode()


def test_reading_what_is_not_there_is_a_404_page(alice):
    answer = alice.get("/missing/x")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/missing/a%00b", "/show?q=a%00b"])
def test_a_nul_in_the_address_is_no_error_of_ours(alice, path):
    assert alice.get(path).status_code in {400, 404}


def test_the_api_keeps_its_own_answers(alice):
    answer = alice.post(
        "/api/v1/things", b'{"name": "one", "fault": "conflict"}', content_type="application/json"
    )
    assert answer["Content-Type"] == "application/problem+json"


def test_a_script_of_another_site_cannot_send_the_form(alice):
    alice.handler.enforce_csrf_checks = True
    answer = send(alice)
    assert answer.status_code == 403
    assert not made()
