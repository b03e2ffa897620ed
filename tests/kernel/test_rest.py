"""One transaction, one answer: what every endpoint gets from ApiView."""

import json
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings

from audit.models import AuditEvent
from kernel import rate_limit
from kernel.models import IdempotentAnswer
from teams.models import Team
from tests.people import team
from tests.teams.callers import Caller, as_application, as_person, problem

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.fixture(autouse=True)
def fresh_allowance():
    rate_limit.forget()


@pytest.fixture
def alice():
    return as_person("alice")


def names() -> set[str]:
    return set(Team.objects.values_list("name", flat=True))


def test_a_refusal_undoes_the_work_and_keeps_its_denial(alice):
    answer = alice.post("/things", {"name": "one", "fault": "conflict"})
    assert problem(answer) == (409, "not_open", [])
    assert answer.json()["superseded_by"] == "dep_2"
    assert "one" not in names()
    event = AuditEvent.objects.get(kind="vote.refused")
    assert (event.outcome, event.subject, event.actor) == ("denied", "approval:apr_1", "user:per_alice")
    assert json.loads(bytes(event.body))["data"] == {"slot": "owners", "code": "not_open"}


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("forbidden", 403, "forbidden"),
        ("not_found", 404, "not_found"),
        ("lost_race", 409, "lost_race"),
        ("unavailable", 503, "unavailable"),
        ("operational", 503, "database_unavailable"),
        ("integrity", 500, "internal_error"),
        ("database", 500, "internal_error"),
        ("bug", 500, "internal_error"),
    ],
)
def test_whatever_goes_wrong_nothing_is_left_behind(alice, fault, status, code):
    answer = alice.post("/things", {"name": "one", "fault": fault})
    assert problem(answer) == (status, code, [])
    assert "one" not in names()
    for word in ("SELECT", "secret_column", "team_pkey", "/some/path", "Traceback", "KeyError"):
        assert word not in answer.content.decode()


def test_a_forbidden_change_is_recorded_even_without_a_denial_of_its_own(alice):
    alice.post("/things", {"name": "one", "fault": "forbidden"})
    event = AuditEvent.objects.get(kind="request.denied")
    assert event.actor == event.subject == "user:per_alice"
    assert json.loads(bytes(event.body))["data"] == {
        "code": "forbidden",
        "method": "POST",
        "missing": "team.manage",
        "route": "api/v1/things",
    }


def test_when_the_denial_cannot_be_written_the_answer_is_503_and_nothing_changed(alice, monkeypatch):
    from audit.actions.append import AuditUnavailable

    def fail(*args):
        raise AuditUnavailable

    monkeypatch.setattr("releasegate.rest.problems.record_denial", fail)
    answer = alice.post("/things", {"name": "one", "fault": "conflict"}, headers={"Idempotency-Key": "k"})
    assert problem(answer) == (503, "audit_unavailable", [])
    assert "one" not in names()
    assert not IdempotentAnswer.objects.exists()


def test_a_caller_without_credentials_is_told_to_sign_in():
    answer = Caller().get("/things")
    assert problem(answer) == (401, "not_authenticated", [])
    assert answer["WWW-Authenticate"] == 'Bearer realm="releasegate"'
    assert answer["Content-Type"] == "application/problem+json"


def test_a_public_endpoint_answers_anybody():
    assert Caller().get("/nobody").json() == {"actor": "anonymous:anonymous"}
    assert Caller().post("/nobody").json() == {"actor": "anonymous:anonymous"}


def test_an_unknown_method_names_the_known_ones(alice):
    answer = alice.delete("/things")
    assert problem(answer) == (405, "method_not_allowed", [])
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_a_nul_in_the_path_is_not_found_and_no_error(alice):
    assert problem(alice.get("/things/a%00b")) == (404, "not_found", [])


# Idempotency


def test_the_same_key_and_body_get_the_first_answer_again(alice):
    first = alice.post("/things", {"name": "one"}, headers={"Idempotency-Key": "k-1"})
    again = alice.post("/things", {"name": "one"}, headers={"Idempotency-Key": "k-1"})
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Location"] == first["Location"] == "/api/v1/things/one"
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Team.objects.filter(name="one").count() == 1


def test_the_same_key_with_another_body_is_refused_and_does_nothing(alice):
    alice.post("/things", {"name": "one"}, headers={"Idempotency-Key": "k-1"})
    answer = alice.post("/things", {"name": "two"}, headers={"Idempotency-Key": "k-1"})
    assert problem(answer) == (422, "idempotency_key_reused", [])
    assert "two" not in names()


def test_a_refusal_is_replayed_too_and_recorded_once(alice):
    for _ in range(2):
        answer = alice.post("/things", {"name": "one", "fault": "conflict"}, headers={"Idempotency-Key": "k"})
        assert problem(answer) == (409, "not_open", [])
        assert answer["Content-Type"] == "application/problem+json"
    assert AuditEvent.objects.filter(kind="vote.refused").count() == 1


def test_an_answer_of_500_is_not_kept(alice):
    alice.post("/things", {"name": "one", "fault": "bug"}, headers={"Idempotency-Key": "k"})
    assert not IdempotentAnswer.objects.exists()


def test_another_callers_key_is_another_key(alice):
    bob = as_person("bob")
    alice.post("/things", {"name": "one"}, headers={"Idempotency-Key": "k"})
    answer = bob.post("/things", {"name": "two"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert answer.json()["by"] == "bob"


def test_a_stranger_never_sees_a_stored_answer(alice):
    alice.post("/things", {"name": "one"}, headers={"Idempotency-Key": "k"})
    answer = Caller().post("/things", {"name": "one"}, headers={"Idempotency-Key": "k"})
    assert problem(answer) == (401, "not_authenticated", [])


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 256])
def test_a_key_that_is_none_is_refused(alice, key):
    answer = alice.post("/things", {"name": "one"}, headers={"Idempotency-Key": key})
    assert problem(answer) == (422, "idempotency_key_invalid", ["Idempotency-Key"])
    assert "one" not in names()


def test_a_form_is_the_same_whatever_its_boundary(alice):
    send = {"name": "x", "file": SimpleUploadedFile("a.xml", b"<a/>")}
    for _ in range(2):
        send["file"].seek(0)
        answer = alice.client.post("/api/v1/things", send, headers={"Idempotency-Key": "k"})
        assert problem(answer)[:2] == (415, "unsupported_media_type")


# Bodies


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "required", "/name"),
        ({"name": "one", "color": 1}, "unknown_field", "/color"),
        ({"name": 5}, "not_a_string", "/name"),
        ({"name": None}, "null", "/name"),
        ({"name": "x" * 21}, "max_length", "/name"),
        ({"name": ""}, "blank", "/name"),
        ({"name": "one", "items": {}}, "not_a_list", "/items"),
        ({"name": "one", "items": [{"sha": "a"}, {"sha": 1}]}, "not_a_string", "/items/1/sha"),
        ({"name": "one", "items": [{"sha": "a", "size": "5"}]}, "not_an_integer", "/items/0/size"),
        ({"name": "one", "items": [{"sha": "a", "size": True}]}, "not_an_integer", "/items/0/size"),
        ({"name": "one", "items": ["a"]}, "not_an_object", "/items/0"),
        ({"name": "one", "items": [{"sha": "a", "x~/y": 1}]}, "unknown_field", "/items/0/x~0~1y"),
        ({"name": "one", "labels": ["a", 2]}, "not_a_string", "/labels/1"),
        ({"name": "one", "at": "2026-11-20T10:00:00"}, "offset_required", "/at"),
        ({"name": "one", "at": "yesterday"}, "time_invalid", "/at"),
        ({"name": "one", "at": 5}, "not_a_string", "/at"),
        ([], "not_an_object", ""),
        ("text", "not_an_object", ""),
        (5, "not_an_object", ""),
        (None, "required", "/name"),
    ],
)
def test_a_wrong_body_is_refused_at_its_place(alice, body, code, pointer):
    answer = alice.post("/things", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert answer.json()["errors"][0]["code"] == code
    assert "one" not in names()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "", "application/x-www-form-urlencoded"]
)
def test_another_content_type_is_415(alice, content_type):
    answer = alice.client.generic("POST", "/api/v1/things", b'{"name": "one"}', content_type=content_type)
    assert problem(answer) == (415, "unsupported_media_type", [])
    assert "one" not in names()


# Limits


@override_settings(RATE_LIMIT_PER_MINUTE=3)
def test_a_token_beyond_its_limit_is_429_and_others_are_not(alice):
    team("a")
    bob, ci = as_person("bob"), as_application()
    answers = [alice.get("/things/a").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    refused = alice.get("/things/a")
    assert problem(refused) == (429, "too_many_requests", [])
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert bob.get("/things/a").status_code == 200
    assert ci.get("/things/a").status_code == 200


@override_settings(UNAUTHENTICATED_LIMIT_PER_MINUTE=2)
def test_a_flood_of_bad_tokens_is_429_for_its_address_and_good_tokens_still_pass(alice):
    team("a")
    bad = Caller("rgt_" + "0" * 42)
    answers = [bad.get("/things/a").status_code for _ in range(4)]
    assert answers == [401, 401, 429, 429]
    assert Caller().get("/things/a").status_code == 429
    elsewhere = bad.get("/things/a", REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 401
    assert alice.get("/things/a").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_with_one_key_do_it_once():
    team("a")
    callers = [as_person("alice")]
    callers += [Caller(callers[0].client.defaults["HTTP_AUTHORIZATION"].split()[1]) for _ in range(7)]
    answers, gate = [], threading.Barrier(8)

    def post(caller):
        gate.wait(10)
        answers.append(caller.post("/things", {"name": "one"}, headers={"Idempotency-Key": "k"}))
        connection.close()

    threads = [threading.Thread(target=post, args=(caller,)) for caller in callers]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    seen = {(answer.status_code, answer.json().get("code")) for answer in answers}
    assert len(answers) == 8
    assert (201, None) in seen
    assert seen <= {(201, None), (409, "idempotency_in_progress")}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert Team.objects.filter(name="one").count() == 1
