"""One mapping from whatever went wrong to what the caller reads."""

import json

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions
from rest_framework.exceptions import ErrorDetail

from audit.models import AuditEvent
from kernel.rate_limit import TooManyRequests
from kernel.refusals import Conflict, Denial, Forbidden, LostRace, NotFound, Unavailable
from releasegate.rest.problems import as_refusal, document, headers_of, pointers, problem, record
from tests import people
from tests.teams.callers import Caller, as_person
from tests.teams.callers import problem as read

SECRET = "SELECT hidden FROM teams_person; /srv/app/file.py"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Conflict("x", code="not_open"), 409, "not_open"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.AuthenticationFailed(), 401, "not_authenticated"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (exceptions.PermissionDenied("CSRF Failed: CSRF cookie not set."), 403, "csrf_failed"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (exceptions.ParseError(), 400, "bad_request"),
        (exceptions.APIException(SECRET), 500, "internal_error"),
        (Http404(SECRET), 404, "not_found"),
        (PermissionDenied(SECRET), 403, "forbidden"),
        (RequestDataTooBig(SECRET), 413, "too_large"),
        (LostRace(SECRET), 409, "lost_race"),
        (OperationalError(SECRET), 503, "database_unavailable"),
        (InterfaceError(SECRET), 503, "database_unavailable"),
        (IntegrityError(SECRET), 500, "internal_error"),
        (RecursionError(SECRET), 500, "internal_error"),
        (ValueError(SECRET), 500, "internal_error"),
    ],
)
def test_every_error_has_its_status_and_code_and_keeps_its_secrets(error, status, code):
    refusal = as_refusal(error)
    assert (refusal.status, refusal.code) == (status, code)
    assert "SELECT" not in json.dumps(document(refusal, RequestFactory().get("/")))


def test_missing_and_invisible_have_the_same_body():
    request = RequestFactory().get("/")
    bodies = [
        document(as_refusal(error), request) for error in (Http404(), NotFound(), exceptions.NotFound("x"))
    ]
    assert bodies[0] == bodies[1] == bodies[2]


def test_pointers_follow_rfc_6901():
    detail = {
        "artifacts": [{}, {"digest": [ErrorDetail("Bad.", code="digest_invalid")]}],
        "a/b~c": [ErrorDetail("Odd.", code="odd")],
        "labels": {2: [ErrorDetail("Not text.", code="not_a_string")]},
        "non_field_errors": [ErrorDetail("All.", code="all")],
    }
    assert pointers(detail) == [
        {"pointer": "/artifacts/1/digest", "code": "digest_invalid", "detail": "Bad."},
        {"pointer": "/a~1b~0c", "code": "odd", "detail": "Odd."},
        {"pointer": "/labels/2", "code": "not_a_string", "detail": "Not text."},
        {"pointer": "", "code": "all", "detail": "All."},
    ]


def test_several_errors_of_one_field_share_its_pointer():
    detail = {"name": [ErrorDetail("a", code="one"), ErrorDetail("b", code="two")]}
    assert [(error["pointer"], error["code"]) for error in pointers(detail)] == [
        ("/name", "one"),
        ("/name", "two"),
    ]


def test_further_members_never_replace_the_standard_ones():
    request = RequestFactory().get("/")
    refusal = Conflict("x", title="forged", status=200, type="forged", version=3)
    body = document(refusal, request)
    assert (body["title"], body["status"], body["type"], body["version"]) == (
        "Conflict",
        409,
        "/api/docs#conflict",
        3,
    )


@pytest.mark.parametrize(
    ("refusal", "name", "value"),
    [
        (TooManyRequests(17), "Retry-After", "17"),
        (Unavailable("x"), "Retry-After", "2"),
        (Unavailable("x", retry_after=30), "Retry-After", "30"),
        (as_refusal(exceptions.NotAuthenticated()), "WWW-Authenticate", 'Bearer realm="releasegate"'),
        (NotFound(), "Cache-Control", "no-store"),
    ],
)
def test_a_status_brings_its_headers(refusal, name, value):
    assert headers_of(refusal)[name] == value


def test_a_dead_token_is_named_as_rfc_6750_says():
    refusal = Conflict("x", code="token_expired")
    refusal.status = 401
    assert headers_of(refusal)["WWW-Authenticate"] == 'Bearer realm="releasegate", error="invalid_token"'


def test_a_plain_problem_carries_the_request_id():
    request = RequestFactory().get("/")
    request.request_id = "req_1"
    answer = problem(NotFound(), request)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(answer.content)["request_id"] == "req_1"


@pytest.mark.django_db
def test_a_denial_is_recorded_for_the_one_who_was_refused():
    denial = Denial(kind="vote.refused", subject="approval:apr_1", private={"comment": "secret words"})
    refusal = Forbidden("x", code="not_eligible", denial=denial)
    assert record(refusal, RequestFactory().post("/"), people.actor("dana")) is refusal
    event = AuditEvent.objects.get()
    assert (event.kind, event.actor, event.outcome) == ("vote.refused", "user:per_dana", "denied")
    assert b"secret words" not in bytes(event.body)


@pytest.mark.django_db
def test_reading_what_one_may_not_is_not_an_event_and_changing_is():
    record(Forbidden("x"), RequestFactory().get("/"), people.actor("dana"))
    record(NotFound(), RequestFactory().post("/"), people.actor("dana"))
    record(Forbidden("x"), RequestFactory().post("/"), None)
    assert AuditEvent.objects.count() == 0
    request = RequestFactory().post("/people/dana/tokens")
    request.resolver_match = None
    record(Forbidden("x", missing_permission="token.manage"), request, people.actor("dana"))
    event = AuditEvent.objects.get()
    assert event.kind == "request.denied"
    assert b"/people/dana" not in bytes(event.body)


# Through the whole stack

pytest_urls = pytest.mark.urls("tests.releasegate.endpoints")


@pytest_urls
@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/nothing", "/", "", "/things/a/b", "/THINGS", "/things/", "/%00", "/..%2f"]
)
def test_an_unknown_path_of_the_api_is_a_problem_for_everybody(path):
    for caller in (Caller(), as_person("alice")):
        answer = caller.get(path)
        assert read(answer) == (404, "not_found", [])
        assert answer["Content-Type"] == "application/problem+json"


@pytest_urls
@pytest.mark.django_db
def test_a_missing_and_an_unknown_object_differ_in_nothing_but_the_request_id():
    alice = as_person("alice")
    first, second = alice.get("/things/none").json(), alice.get("/nothing/at/all").json()
    assert first.pop("request_id") != second.pop("request_id")
    assert first == second


@pytest_urls
@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"name": "a", "name": "b"}',
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b"[" * 50_000,
    ],
)
def test_hostile_json_is_400_and_never_500(body):
    answer = as_person("alice").client.generic(
        "POST", "/api/v1/things", body, content_type="application/json"
    )
    expected = (422, "required", ["/name"]) if body == b"" else (400, "malformed_json", [])
    assert read(answer) == expected


@pytest_urls
@pytest.mark.django_db
@pytest.mark.parametrize("key", [None, "k"])
def test_a_body_over_a_megabyte_is_413(key):
    headers = {"Idempotency-Key": key} if key else {}
    for size in (1_000_001, 12 * 1024 * 1024):
        body = b'"' + b"x" * size + b'"'
        answer = as_person("alice").client.generic(
            "POST", "/api/v1/things", body, content_type="application/json", headers=headers
        )
        assert read(answer) == (413, "too_large", [])


@pytest_urls
@pytest.mark.django_db
def test_a_session_writes_only_with_its_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.person("alice"))
    answer = client.post("/api/v1/things", b'{"name": "one"}', content_type="application/json")
    assert read(answer) == (403, "csrf_failed", [])
    assert client.get("/api/v1/things").status_code == 200
