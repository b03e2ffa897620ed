import copy
from datetime import UTC, datetime

import pytest

from builds.post import check_post

DIGEST = "sha256:" + "a" * 64
POST = {
    "application": "payments",
    "version": "1.4.2",
    "commit": "9f31c0" + "0" * 34,
    "branch": "release/1.4",
    "repository": "https://github.com/acme/payments",
    "run": {"provider": "github", "id": "10551800200", "attempt": 1, "url": "https://github.com/x"},
    "submitter": "dana@acme.example",
    "built_at": "2026-11-20T10:00:00Z",
    "artifacts": [
        {
            "name": "template",
            "kind": "cloudformation-template",
            "uri": "s3://bucket/a/t.json",
            "version_id": "v1",
            "digest": DIGEST,
            "size": 1843,
        },
        {
            "name": "function",
            "kind": "lambda-zip",
            "uri": "s3://bucket/a/f.zip",
            "version_id": "v2",
            "digest": DIGEST,
        },
    ],
    "commits": [
        {
            "sha": "a" * 40,
            "author": "dana@acme.example",
            "committer": "ci@acme.example",
            "message": "Fix\nit",
            "ticket": "PAY-77",
        }
    ],
}
OPTIONAL = ("run", "submitter", "built_at", "commits")
REQUIRED = ("application", "version", "commit", "branch", "repository", "artifacts")


def found(post, **more) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in check_post(post, **more)]


def changed(**changes) -> list[tuple[str, str]]:
    return found({**POST, **changes})


def artifact(**changes) -> list[tuple[str, str]]:
    row = {key: value for key, value in {**POST["artifacts"][0], **changes}.items() if value is not ...}
    return found({**POST, "artifacts": [row]})


def test_the_published_post_is_fine():
    before = copy.deepcopy(POST)
    assert found(POST) == []
    assert before == POST


@pytest.mark.parametrize("absent", [..., None])
def test_what_is_optional_may_be_missing_or_null(absent):
    for field in OPTIONAL:
        post = {key: value for key, value in {**POST, field: absent}.items() if value is not ...}
        assert found(post) == []
    assert artifact(size=absent) == []


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("absent", [..., None])
def test_what_is_needed_is_named_when_missing(field, absent):
    post = {key: value for key, value in {**POST, field: absent}.items() if value is not ...}
    assert found(post) == [(f"/{field}", "required")]


@pytest.mark.parametrize("body", [None, [], "text", 3, True])
def test_a_body_that_is_no_object_is_refused(body):
    assert found(body) == [("", "type_invalid")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("application", 3, "type_invalid"),
        ("application", "a b", "application_invalid"),
        ("application", "x" * 65, "too_long"),
        ("version", "", "version_invalid"),
        ("version", "1/2", "version_invalid"),
        ("version", "-1", "version_invalid"),
        ("version", "1.0 ", "version_invalid"),
        ("version", "1.0\n", "version_invalid"),
        ("version", "x" * 101, "too_long"),
        ("version", 1.4, "type_invalid"),
        ("version", "1\x00", "text_invalid"),
        ("commit", "9f31c0", "commit_invalid"),
        ("commit", "A" * 40, "commit_invalid"),
        ("commit", "g" * 40, "commit_invalid"),
        ("branch", "", "branch_invalid"),
        ("branch", "a b", "branch_invalid"),
        ("branch", "a..b", "branch_invalid"),
        ("branch", "a//b", "branch_invalid"),
        ("branch", "-x", "branch_invalid"),
        ("branch", "/x", "branch_invalid"),
        ("branch", "x/", "branch_invalid"),
        ("branch", "x.lock", "branch_invalid"),
        ("branch", "refs/heads/main", "branch_invalid"),
        ("branch", "x" * 251, "too_long"),
        ("repository", "", "repository_invalid"),
        ("repository", "https://user:secret@github.com/x", "repository_invalid"),
        ("repository", "a b", "repository_invalid"),
        ("repository", "\ud800", "text_invalid"),
        ("submitter", "dana", "submitter_invalid"),
        ("submitter", "a@b@c", "submitter_invalid"),
        ("submitter", ["dana@acme.example"], "type_invalid"),
        ("built_at", "2026-11-20T10:00:00", "time_invalid"),
        ("built_at", "2026-13-20T10:00:00Z", "time_invalid"),
        ("built_at", "yesterday", "time_invalid"),
        ("built_at", 1763632800, "type_invalid"),
        ("built_at", datetime(2026, 1, 1), "time_invalid"),
        ("run", "github", "type_invalid"),
        ("artifacts", {}, "type_invalid"),
        ("artifacts", [], "value_invalid"),
        ("commits", "none", "type_invalid"),
        ("surprise", 1, "unknown_field"),
    ],
)
def test_a_wrong_field_is_named_with_its_code(field, value, code):
    assert changed(**{field: value}) == [(f"/{field}", code)]


@pytest.mark.parametrize("value", ["v1", "1.0.0-rc.1+build5", "2026_11_20", "9f31c0", "x" * 100])
def test_versions_of_many_schools_are_taken(value):
    assert changed(version=value) == []


@pytest.mark.parametrize("value", ["main", "release/1.4", "feature/ü", "a.b", "dependabot/npm/x-1.2"])
def test_branches_of_many_schools_are_taken(value):
    assert changed(branch=value) == []


def test_addresses_of_repositories_and_longer_commits_are_taken():
    for value in ("git@github.com:acme/payments.git", "ssh://git@host:22/x", "codecommit::eu-west-1://x"):
        assert changed(repository=value) == []
    assert changed(commit="a" * 64) == []
    assert changed(built_at=datetime(2026, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    "digest",
    [
        ...,
        None,
        "",
        "sha256:" + "a" * 63,
        "sha256:" + "A" * 64,
        "SHA256:" + "a" * 64,
        "a" * 64,
        "md5:" + "a" * 32,
        DIGEST + "\n",
        3,
        [],
    ],
)
def test_a_digest_short_upper_case_or_missing_is_invalid(digest):
    assert artifact(digest=digest) == [("/artifacts/0/digest", "digest_invalid")]


@pytest.mark.parametrize("version_id", [..., None, "", "null"])
def test_an_s3_object_without_a_version_is_mutable(version_id):
    assert artifact(version_id=version_id) == [("/artifacts/0/version_id", "mutable_reference")]


@pytest.mark.parametrize(
    "uri",
    [
        "registry.example/app:latest",
        "registry.example/app",
        "app:1",
        "https://registry.example/app:1",
        "s3://b/k",
    ],
)
def test_an_image_without_a_digest_is_mutable_whatever_its_scheme(uri):
    assert artifact(kind="oci-image", uri=uri, version_id=...) == [("/artifacts/0/uri", "mutable_reference")]


@pytest.mark.parametrize(
    "uri",
    [
        "https://host/x.zip",
        "http://x/y",
        "file:///etc/passwd",
        "gs://b/k",
        "ftp://x",
        "bucket/key",
        "",
        "//x",
        "javascript:1",
    ],
)
def test_other_schemes_are_unsupported(uri):
    assert artifact(uri=uri) == [("/artifacts/0/uri", "scheme_unsupported")]


def test_images_by_digest_wait_for_their_scheme():
    uri = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/app@{DIGEST}"
    assert artifact(kind="oci-image", uri=uri, version_id=...) == [("/artifacts/0/uri", "scheme_unsupported")]
    row = {"name": "app", "kind": "oci-image", "uri": uri, "digest": DIGEST}
    assert found({**POST, "artifacts": [row]}, schemes=frozenset({"s3", "ecr"})) == []
    other = {**row, "digest": "sha256:" + "b" * 64}
    assert found({**POST, "artifacts": [other]}, schemes=frozenset({"s3", "ecr"})) == [
        ("/artifacts/0/digest", "digest_invalid")
    ]


@pytest.mark.parametrize(
    "uri",
    [
        "s3://",
        "s3://bucket",
        "s3://bucket/",
        "s3:///key",
        "s3://B/key",
        "s3://a/key",
        "s3://bu_cket/key",
        "S3://bucket/" + "k" * 1025,
    ],
)
def test_what_is_no_s3_address_is_refused(uri):
    assert artifact(uri=uri) == [("/artifacts/0/uri", "uri_invalid")]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"name": "a b"}, "name", "name_invalid"),
        ({"name": ""}, "name", "name_invalid"),
        ({"name": ...}, "name", "required"),
        ({"kind": "jar"}, "kind", "kind_invalid"),
        ({"kind": ...}, "kind", "required"),
        ({"uri": ...}, "uri", "required"),
        ({"uri": "s3://bucket/\x00"}, "uri", "text_invalid"),
        ({"size": -1}, "size", "value_invalid"),
        ({"size": "3"}, "size", "type_invalid"),
        ({"size": True}, "size", "type_invalid"),
        ({"size": 2**63}, "size", "value_invalid"),
        ({"sha1": "x"}, "sha1", "unknown_field"),
    ],
)
def test_a_wrong_field_of_an_artifact_is_named(changes, pointer, code):
    assert artifact(**changes) == [(f"/artifacts/0/{pointer}", code)]


def test_the_digest_comes_before_the_reference_and_both_are_named():
    assert artifact(digest="x", version_id=None) == [
        ("/artifacts/0/digest", "digest_invalid"),
        ("/artifacts/0/version_id", "mutable_reference"),
    ]


def test_an_artifact_name_stands_once():
    assert changed(artifacts=[POST["artifacts"][0]] * 2) == [("/artifacts/1/name", "duplicate_artifact")]
    assert changed(artifacts=["x"]) == [("/artifacts/0", "type_invalid")]
    assert ("/artifacts", "value_invalid") in changed(artifacts=[POST["artifacts"][0]] * 101)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"sha": "a" * 40, "author": "x", "message": ""}, []),
        ({"sha": "a" * 7, "author": "x"}, [("/commits/0/sha", "commit_invalid")]),
        ({"sha": "a" * 40}, [("/commits/0/author", "required")]),
        ({"sha": "a" * 40, "author": "x", "message": "x" * 20_001}, [("/commits/0/message", "too_long")]),
        ({"sha": "a" * 40, "author": "x", "date": "now"}, [("/commits/0/date", "unknown_field")]),
        (3, [("/commits/0", "type_invalid")]),
    ],
)
def test_commits_are_checked_one_by_one(row, expected):
    assert (changed(commits=[row]), changed(commits=[])) == (expected, [])


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ({}, []),
        ({"attempt": 0}, [("/run/attempt", "value_invalid")]),
        ({"attempt": "1"}, [("/run/attempt", "type_invalid")]),
        ({"url": "javascript:alert(1)"}, [("/run/url", "value_invalid")]),
        ({"runner": "x"}, [("/run/runner", "unknown_field")]),
    ],
)
def test_the_run_is_checked(run, expected):
    assert changed(run=run) == expected
