"""REST: handing a build over, and the releases."""

import pytest

from builds.models import Artifact, Build
from releases.models import Release
from tests import people
from tests.builds import events
from tests.builds.posts import OTHER_DIGEST, artifact, post
from tests.teams.callers import Caller, as_application, as_person, problem

pytestmark = pytest.mark.django_db


def nothing_happened():
    assert (Build.objects.count(), Artifact.objects.count(), Release.objects.count()) == (0, 0, 0)
    assert "build.received" not in events.kinds()


def test_a_posted_build_is_answered_with_its_place_and_release():
    caller = as_application()
    answer = caller.post("/builds", post())
    build, release = Build.objects.get(), Release.objects.get()
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/api/v1/builds/{build.pk}"
    body = answer.json()
    assert (body["id"], body["release"], body["created"]) == (build.pk, release.pk, True)
    assert (body["state"], body["digest"], body["warnings"]) == ("received", build.digest, [])
    assert [(item["name"], item["state"]) for item in body["artifacts"]] == [
        ("template", "pending"),
        ("function", "pending"),
        ("tests", "pending"),
    ]
    again = caller.get(f"/builds/{build.pk}").json()
    assert {**again, "created": True} == body


@pytest.mark.postgresql
def test_a_posted_build_with_its_release_and_both_events_takes_ten_statements(
    settings, django_assert_num_queries
):
    settings.CLOCK_MAY_MOVE = False  # as in production
    caller = as_application()
    caller.post("/builds", post("1.0.0"))  # the minute's first request also draws from the rate limit
    # The token; then between the transaction's two ends (inside a test: a savepoint's) the application, the clock,
    # the build, its artifacts, its event, the release, its event. An event holds its openings.
    with django_assert_num_queries(10):
        assert caller.post("/builds", post("1.1.0")).status_code == 201
    assert events.kinds(application="payments")[-2:] == ["build.received", "release.cut"]


def test_the_same_again_is_200_without_a_second_event():
    caller = as_application()
    first = caller.post("/builds", post()).json()
    answer = caller.post("/builds", post())
    assert answer.status_code == 200
    assert answer.json() == {**first, "created": False}
    assert events.kinds(application="payments", kind="build.received") == ["build.received"]


def test_other_content_is_409_and_the_attempt_is_recorded():
    caller = as_application()
    build_id = caller.post("/builds", post()).json()["id"]
    changed = post(artifacts=[artifact(digest=OTHER_DIGEST), *post()["artifacts"][1:]])
    answer = caller.post("/builds", changed)
    assert problem(answer) == (409, "build_conflict", ["/artifacts/template/digest"])
    event = events.body("build.refused")
    assert (event["outcome"], event["subject"]) == ("denied", f"build:{build_id}")
    assert event["data"]["code"] == "build_conflict"
    assert event["data"]["digest"] != event["data"]["refused_digest"]
    assert set(Artifact.objects.values_list("digest", flat=True)) == {artifact()["digest"]}


@pytest.mark.parametrize(
    ("artifacts", "code", "pointer"),
    [
        ([artifact(digest="sha256:" + "a" * 63)], "digest_invalid", "/artifacts/0/digest"),
        ([artifact(digest="sha256:" + "A" * 64)], "digest_invalid", "/artifacts/0/digest"),
        ([artifact(digest=None)], "digest_invalid", "/artifacts/0/digest"),
        ([artifact(version_id=None)], "mutable_reference", "/artifacts/0/version_id"),
        ([artifact(kind="oci-image", uri="r.example/app:latest")], "mutable_reference", "/artifacts/0/uri"),
        ([artifact(uri="ftp://host/file")], "scheme_unsupported", "/artifacts/0/uri"),
        ([], "value_invalid", "/artifacts"),
    ],
)
def test_a_build_that_does_not_name_exact_bytes_is_422(artifacts, code, pointer):
    assert problem(as_application().post("/builds", post(artifacts=artifacts))) == (422, code, [pointer])
    nothing_happened()


@pytest.mark.parametrize("body", [[], {}, {"application": "payments"}, "text", 7])
def test_a_body_that_is_no_build_is_422(body):
    assert as_application().post("/builds", body).status_code == 422
    nothing_happened()


def test_json_that_is_none_is_400_another_type_415_and_too_much_413():
    client = as_application().client

    def send(data, kind):
        answer = client.post("/api/v1/builds", data=data, content_type=kind)
        return answer.status_code, answer.json()["code"]

    assert send(b"{", "application/json") == (400, "malformed_json")
    assert send(b"a: b", "text/yaml") == (415, "unsupported_media_type")
    huge = b'{"application": "' + b"x" * 1_100_000 + b'"}'
    assert send(huge, "application/json") == (413, "too_large")
    nothing_happened()


def test_unknown_and_foreign_applications_are_404_and_a_missing_scope_403():
    people.application("storefront")
    assert problem(as_application().post("/builds", post(application="storefront")))[:2] == (404, "not_found")
    assert problem(as_application().post("/builds", post(application="nothing")))[:2] == (404, "not_found")
    assert problem(as_application(scopes=["read"]).post("/builds", post()))[:2] == (403, "forbidden")
    assert problem(Caller().post("/builds", post()))[:2] == (401, "not_authenticated")
    nothing_happened()


def test_an_idempotency_key_answers_the_first_answer_again():
    caller = as_application()
    first = caller.post("/builds", post(), headers={"Idempotency-Key": "k1"})
    again = caller.post("/builds", post(), headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    other = caller.post("/builds", post("2"), headers={"Idempotency-Key": "k1"})
    assert problem(other)[:2] == (422, "idempotency_key_reused")
    assert Build.objects.count() == 1


def test_a_build_of_another_branch_is_released_by_hand():
    people.application("payments")
    caller = as_person("rita", roles=["release_manager"])
    assert as_application().post("/builds", post(branch="hotfix/1")).json()["release"] is None
    answer = caller.post("/releases", {"application": "payments", "version": "1.0.0"})
    release = Release.objects.get()
    assert answer.status_code == 201
    body = answer.json()
    assert (body["id"], body["application"], body["version"]) == (release.pk, "payments", "1.0.0")
    assert (body["build"], body["state"], body["environments"]) == (release.build_id, "open", {})
    again = caller.post("/releases", {"application": "payments", "version": "1.0.0"})
    assert (again.status_code, again.json()) == (200, body)
    shown = caller.get(f"/builds/{release.build_id}").json()
    assert shown["release"] == release.pk


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"application": "payments"}, ["/version"]),
        ({"application": "payments", "version": 1}, ["/version"]),
        ({"application": "payments", "version": "1", "colour": "red"}, ["/colour"]),
    ],
)
def test_a_release_needs_an_application_and_a_version(body, pointers):
    people.application("payments")
    answer = as_person("rita", roles=["release_manager"]).post("/releases", body)
    assert (answer.status_code, problem(answer)[2]) == (422, pointers)
    assert Release.objects.count() == 0


def test_a_machine_does_not_cut_by_hand():
    caller = as_application()
    caller.post("/builds", post(branch="hotfix/1"))
    answer = caller.post("/releases", {"application": "payments", "version": "1.0.0"})
    assert problem(answer)[:2] == (403, "forbidden")
    assert Release.objects.count() == 0


def test_releases_are_listed_for_those_who_may_see_them():
    as_application("storefront").post("/builds", post(application="storefront"))
    caller = as_application()
    caller.post("/builds", post("1.0.0"))
    caller.post("/builds", post("1.0.1"))
    newest = list(Release.objects.filter(application="payments").order_by("-id").values_list("id", flat=True))
    assert [item["id"] for item in caller.get("/releases").json()["items"]] == newest
    assert caller.get("/releases?application=storefront").json() == {"items": [], "next": None}
    rita = as_person("rita", roles=["release_manager"])
    assert len(rita.get("/releases").json()["items"]) == 3
    assert [item["application"] for item in rita.get("/releases?application=storefront").json()["items"]] == [
        "storefront"
    ]
    assert problem(rita.get("/releases?colour=red")) == (422, "unknown_parameter", ["?colour"])
