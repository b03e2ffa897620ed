"""What the browser is told to refuse, on every answer."""

import pytest

from releasegate.middleware.csp import HEADERS, POLICY
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/show", 200),
        ("/nowhere", 404),
        ("/missing/x", 404),
        ("/broken", 500),
        ("/show?t=rgt_x", 400),
        ("/api/v1/none", 404),
        ("/api/v1/things", 401),
        ("/livez", 200),
        ("/form", 500),
    ],
)
def test_every_answer_carries_every_header(client, path, status):
    client.raise_request_exception = False
    answer = client.get(path)
    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer[name] == value, name


def test_a_refused_host_name_gets_them_too(client):
    answer = client.get("/show", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert answer["Content-Security-Policy"] == POLICY


def test_the_policy_allows_nothing_inline_and_nobody_elses():
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
    assert "http" not in POLICY
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"


def test_pages_are_not_stored(client):
    client.force_login(person("alice"))
    assert client.get("/show")["Cache-Control"] == "no-store"


def test_our_own_pages_hold_nothing_the_policy_forbids(client):
    client.raise_request_exception = False
    for path in ("/nowhere", "/broken", "/missing/x"):
        body = client.get(path).content.decode()
        for forbidden in ("<script>", "<style", " style=", "onclick=", "javascript:"):
            assert forbidden not in body, path
