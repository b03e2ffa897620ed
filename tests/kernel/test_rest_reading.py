"""Reading through ApiView: lists, their parameters, ETags."""

import pytest

from kernel import rate_limit
from tests.people import team
from tests.teams.callers import as_person, problem

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.releasegate.endpoints")]


@pytest.fixture(autouse=True)
def fresh_allowance():
    rate_limit.forget()


@pytest.fixture
def alice():
    return as_person("alice")


# Lists and queries


def test_a_list_goes_on_where_it_stopped(alice):
    for name in ("a", "b", "c"):
        team(name)
    first = alice.get("/things?limit=2").json()
    assert [item["name"] for item in first["items"]] == ["a", "b"]
    assert first["next"].startswith("http://testserver/api/v1/things?limit=2&cursor=")
    rest = alice.client.get(first["next"]).json()
    assert rest == {"items": [{"name": "c"}], "next": None}


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("colour=1", "unknown_parameter", "?colour"),
        ("limit=0", "limit_invalid", "?limit"),
        ("limit=201", "limit_invalid", "?limit"),
        ("limit=-1", "limit_invalid", "?limit"),
        ("limit=²", "limit_invalid", "?limit"),
        ("cursor=nonsense", "cursor_invalid", "?cursor"),
        ("limit=1&limit=2", "parameter_repeated", "?limit"),
        ("name=a%00b", "parameter_invalid", "?name"),
        ("at=2026-11-20T10:00:00", "offset_required", "?at"),
        ("at=now", "time_invalid", "?at"),
    ],
)
def test_a_wrong_parameter_is_refused(alice, query, code, pointer):
    assert problem(alice.get(f"/things?{query}")) == (422, code, [pointer])


def test_a_plus_that_was_not_encoded_is_read_as_one(alice):
    assert alice.get("/things?at=2026-11-20T10:00:00+01:00").status_code == 200
    assert alice.get("/things?at=2026-11-20T10:00:00%2B01:00").status_code == 200


# ETags


def test_the_same_answer_again_is_304(alice):
    team("a")
    first = alice.get("/things/a")
    assert first["ETag"].startswith('W/"')
    assert first["Cache-Control"] == "private, no-cache"
    again = alice.get("/things/a", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "Content-Type" not in again


def test_a_strong_form_a_list_and_a_star_match_too(alice):
    team("a")
    tag = alice.get("/things/a")["ETag"]
    for given in (tag.removeprefix("W/"), f'"x", {tag}', "*"):
        assert alice.get("/things/a", headers={"If-None-Match": given}).status_code == 304


def test_another_answer_is_sent_in_full(alice):
    team("a")
    tag = alice.get("/things")["ETag"]
    team("b")
    again = alice.get("/things", headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert again["ETag"] != tag


def test_refusals_and_streams_have_no_etag(alice):
    missing = alice.get("/things/none", headers={"If-None-Match": "*"})
    assert missing.status_code == 404
    assert "ETag" not in missing
    stream = alice.get("/stream")
    assert b"".join(stream.streaming_content) == b"ab"
    assert "ETag" not in stream
