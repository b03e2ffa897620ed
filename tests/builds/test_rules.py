import copy

import pytest

from builds.rules import (
    branch_matches,
    build_state,
    check_post,
    commit_authors,
    content,
    content_digest,
    differences,
    warnings,
)
from tests.builds.test_post import DIGEST, POST

OTHER = "sha256:" + "b" * 64
CONTENT_FIELDS = ("application", "version", "commit", "branch", "repository")
ARTIFACT_FIELDS = ("kind", "uri", "version_id", "digest")


def edited(**changes) -> dict:
    return {**copy.deepcopy(POST), **changes}


def with_artifact(**changes) -> dict:
    post = copy.deepcopy(POST)
    post["artifacts"][0].update(changes)
    return post


def digest(post) -> str:
    return content_digest(content(post))


def test_the_content_is_the_published_list_of_fields_and_nothing_else():
    made = content(POST)
    assert set(made) == {*CONTENT_FIELDS, "artifacts"}
    assert [row["name"] for row in made["artifacts"]] == ["function", "template"]
    assert set(made["artifacts"][0]) == {"name", *ARTIFACT_FIELDS}
    assert check_post(POST) == []


@pytest.mark.parametrize("field", CONTENT_FIELDS)
def test_each_field_of_the_content_changes_the_digest_and_is_named(field):
    post = edited(**{field: "other"})
    assert digest(post) != digest(POST)
    (found,) = differences(content(POST), content(post))
    assert (found["pointer"], found["code"]) == (f"/{field}", "differs")
    assert POST[field] in found["detail"]
    assert "other" in found["detail"]


@pytest.mark.parametrize("field", ARTIFACT_FIELDS)
def test_each_field_of_an_artifact_changes_the_digest_and_is_named(field):
    post = with_artifact(**{field: OTHER})
    assert digest(post) != digest(POST)
    (found,) = differences(content(POST), content(post))
    assert found["pointer"] == f"/artifacts/template/{field}"
    assert POST["artifacts"][0][field] in found["detail"]
    assert OTHER in found["detail"]


@pytest.mark.parametrize("field", ["run", "submitter", "built_at", "commits"])
def test_the_rest_is_kept_from_the_first_post_and_is_no_content(field):
    assert digest(edited(**{field: None})) == digest(POST)
    assert differences(content(POST), content(edited(**{field: None}))) == []
    assert digest(with_artifact(size=9)) == digest(POST)


def test_the_order_of_artifacts_and_an_absent_version_id_mean_nothing():
    assert digest(edited(artifacts=POST["artifacts"][::-1])) == digest(POST)
    rows = [
        {"name": "x", "kind": "file", "uri": "u", "digest": DIGEST},
        {"name": "x", "kind": "file", "uri": "u", "digest": DIGEST, "version_id": None},
    ]
    assert digest(edited(artifacts=rows[:1])) == digest(edited(artifacts=rows[1:]))


def test_the_digest_has_the_form_of_one():
    assert digest(POST).startswith("sha256:")
    assert len(digest(POST)) == 71


def test_artifacts_added_and_missing_are_named():
    fewer = edited(artifacts=POST["artifacts"][:1])
    assert [(e["pointer"], e["code"]) for e in differences(content(POST), content(fewer))] == [
        ("/artifacts/function", "missing")
    ]
    assert [(e["pointer"], e["code"]) for e in differences(content(fewer), content(POST))] == [
        ("/artifacts/function", "added")
    ]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "received"),
        (["pending"], "received"),
        (["verified"], "verified"),
        (["verified", "verified"], "verified"),
        (["verified", "pending"], "received"),
        (["verified", "missing"], "received"),
        (["verified", "unreadable"], "received"),
        (["verified", "mismatch"], "quarantined"),
        (["pending", "mismatch", "missing"], "quarantined"),
    ],
)
def test_the_state_of_a_build_follows_its_artifacts(states, expected):
    assert build_state(states) == expected
    assert build_state(iter(states)) == expected


@pytest.mark.parametrize(
    ("branch", "patterns", "cuts"),
    [
        ("main", ["main", "release/*"], True),
        ("release/1.4", ["main", "release/*"], True),
        ("release/1.4/fix", ["release/*"], False),
        ("release/1.4/fix", ["release/**"], True),
        ("release/", ["release/*"], False),
        ("release", ["release/*"], False),
        ("Main", ["main"], False),
        ("main2", ["main"], False),
        ("my-main", ["main"], False),
        ("v1", ["v?"], True),
        ("v/", ["v?"], False),
        ("axb", ["a.b"], False),
        ("a+b", ["a+b"], True),
        ("main", [], False),
        ("main\nx", ["main"], False),
    ],
)
def test_branches_cut_by_pattern(branch, patterns, cuts):
    assert branch_matches(branch, patterns) is cuts


def test_authors_are_authors_committers_and_co_authors_once_each_and_in_lower_case():
    commits = [
        {"author": "Dana <Dana@ACME.example>", "committer": "ci@acme.example", "message": "Fix"},
        {
            "author": "dana@acme.example",
            "message": "x\n\nCo-authored-by: Omar O. <omar@acme.example>\nco-AUTHORED-by: rita@acme.example\r\n",
        },
        {"author": "no address", "message": "Thanks to Co-authored-by: nobody@acme.example and others"},
        {"author": "x@acme.example", "committer": "GitHub <noreply@github.com>", "message": None},
    ]
    assert commit_authors(commits) == [
        "dana@acme.example",
        "ci@acme.example",
        "omar@acme.example",
        "rita@acme.example",
        "no address",
        "x@acme.example",
    ]
    assert commit_authors(None) == commit_authors([]) == []


def test_what_weakens_a_release_is_said():
    assert [w["code"] for w in warnings(POST)] == ["tests_missing"]
    bare = edited(commits=None, submitter=None)
    assert [w["code"] for w in warnings(bare)] == ["commits_missing", "submitter_missing", "tests_missing"]
    assert warnings(with_artifact(kind="test-bundle")) == []
    assert [w["code"] for w in warnings(edited(commits=[]))] == ["tests_missing"]


RITA = "rita@acme.example"


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        (f"{RITA} (Rita)", [RITA]),
        (f"Rita {RITA}", [RITA]),
        (f"Rita <{RITA}", [RITA]),
        (f"<mailto:{RITA}>", [RITA]),
        (f"{RITA},dana@acme.example", [RITA, "dana@acme.example"]),
        (f"<dana@acme.example> <{RITA}>", ["dana@acme.example", RITA]),
        ("Rita <rita\u200b@acme.example>", [RITA]),
        (f'"Rita, R." <{RITA}>', [RITA]),
        ("Pat <pat.o'brien+x@acme.example>", ["pat.o'brien+x@acme.example"]),
        (f"{RITA}.", [RITA]),
        ("Rita", ["Rita"]),
        ("rita at acme.example", ["rita at acme.example"]),
    ],
)
def test_an_address_is_read_however_it_is_written_and_a_name_without_one_stands_for_itself(name, addresses):
    assert commit_authors([{"author": name}]) == addresses
    assert commit_authors([{"author": "", "message": f"x\n\nCo-authored-by: {name}"}]) == addresses
    unreadable = ["author_unreadable"] if "@" not in name else []
    assert [w["code"] for w in warnings(edited(commits=[{"author": name}]))] == [*unreadable, "tests_missing"]
