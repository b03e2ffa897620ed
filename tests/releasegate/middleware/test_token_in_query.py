"""A token in a URL is refused before anything else, and dead."""

from urllib.parse import quote

import pytest
from django.db import OperationalError

from audit.models import AuditEvent
from teams.models import ApiToken, Team
from tests import people
from tests.teams.callers import DAY, Caller, secret_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.fixture
def secret():
    people.person("alice")
    return secret_of(username="alice", scopes=(), expires_in=DAY)


@pytest.mark.parametrize(
    "path", ["/api/v1/things", "/api/v1/none", "/show", "/nowhere", "/static/x.css", "/livez", "/metrics"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_it_is_refused_on_every_path_with_every_method(client, secret, path, method):
    answer = getattr(client, method)(f"{path}?token={secret}")
    assert (answer.status_code, answer.json()["code"]) == (400, "token_in_query")
    assert secret not in answer.content.decode()
    assert ApiToken.objects.get().revoked_at is not None


def test_the_token_works_no_more_and_the_log_says_why(client, secret):
    assert Caller(secret).get("/things").status_code == 200
    client.get(f"/show?a=1&anything={secret}", REMOTE_ADDR="192.0.2.7")
    answer = Caller(secret).get("/things")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
    event = AuditEvent.objects.get(kind="token.revoked")
    assert secret.encode() not in bytes(event.body)


def test_nothing_else_is_done_even_with_good_credentials(client, secret):
    answer = Caller(secret).post(f"/things?k={secret}", {"name": "one"})
    assert answer.status_code == 400
    assert not Team.objects.filter(name="one").exists()


def test_an_encoded_token_is_seen(client, secret):
    assert client.get("/show?t=" + quote(secret).replace("_", "%5F").replace("r", "%72")).status_code == 400
    assert ApiToken.objects.get().revoked_at is not None


@pytest.mark.parametrize("query", ["t=rgt_", "t=rgt_nonsense", "a=b&t=rgt_%00", "t=rgt_" + "x" * 5000])
def test_what_only_looks_like_one_is_refused_without_a_fuss(client, query):
    assert client.get(f"/show?{query}").json()["code"] == "token_in_query"


@pytest.mark.parametrize("query", ["", "t=RGT_x", "rgt_x=1", "t=a-rgt_x", "t=rgt", "&&&==%zz"])
def test_other_queries_pass(client, query):
    assert client.get(f"/show?{query}").status_code == 200


def test_many_tokens_are_revoked_each(client, secret):
    second = secret_of(username="alice", scopes=(), expires_in=DAY)
    client.get(f"/show?a={secret}&b={second}")
    assert ApiToken.objects.filter(revoked_at__isnull=False).count() == 2


def test_if_it_cannot_be_revoked_the_caller_is_told(client, secret, monkeypatch):
    def fail(**options):
        raise OperationalError("SELECT")

    monkeypatch.setattr("releasegate.middleware.token_in_query.revoke_leaked_token", fail)
    answer = client.get(f"/show?t={secret}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
