import threading

import pytest
from django.db import connection, transaction

from builds.actions.ingest import BuildConflict, ingest
from builds.models import Artifact, Build
from kernel.refusals import Forbidden, Invalid, NotFound
from tests import people
from tests.builds import events
from tests.builds.posts import COMMIT, DIGEST, OTHER_DIGEST, artifact, post

OTHER_TEMPLATE = [artifact(digest=OTHER_DIGEST), *post()["artifacts"][1:]]

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments():
    return people.application("payments")


@pytest.fixture
def bells(monkeypatch):
    rung = []
    monkeypatch.setattr("builds.actions.ingest.ring", lambda task, to, queue: rung.append((task, to, queue)))
    return rung


def take(body=None, actor=None):
    return ingest(actor=actor or people.ci(), post=body or post())


def nothing_happened(bells=()):
    assert Build.objects.count() == 0
    assert Artifact.objects.count() == 0
    assert events.kinds() == []
    assert list(bells) == []


def test_a_post_makes_a_build_with_its_artifacts(payments, bells):
    build, created = take()
    assert created is True
    stored = Build.objects.get()
    assert stored.pk == build.pk
    assert (stored.application_id, stored.version, stored.commit) == ("payments", "1.0.0", COMMIT)
    assert (stored.branch, stored.repository) == ("main", "https://github.com/acme/payments")
    assert stored.run == {
        "provider": "github",
        "id": "10551800200",
        "attempt": 1,
        "url": "https://ci.example/1",
    }
    assert (stored.submitter, stored.posted_by) == ("dana@acme.example", "application:payments")
    assert (stored.state, stored.withdrawn_at) == ("received", None)
    assert stored.commits == post()["commits"]
    rows = stored.artifacts.order_by("id").values_list(
        "name", "kind", "version_id", "digest", "size", "state"
    )
    assert list(rows) == [
        ("template", "cloudformation-template", "v-template", DIGEST, 1843, "pending"),
        ("function", "lambda-zip", "v-function", DIGEST, 1843, "pending"),
        ("tests", "test-bundle", "v-tests", DIGEST, 1843, "pending"),
    ]


def test_a_new_build_is_recorded_once_and_its_artifacts_are_asked_for(payments, bells):
    build, _ = take()
    event = events.body("build.received")
    assert (event["subject"], event["application"]) == (f"build:{build.pk}", "payments")
    assert event["data"]["digest"] == build.digest
    assert event["data"]["artifacts"][1] == {
        "name": "function",
        "kind": "lambda-zip",
        "uri": "s3://artifacts/payments/1.0.0/function",
        "version_id": "v-function",
        "digest": DIGEST,
    }
    assert "dana@acme.example" not in str(event)
    assert events.opened(event["id"])["submitter"] == "dana@acme.example"
    assert bells == [("builds.verify_artifacts", build.pk, "default")]


def test_the_answer_shows_the_artifacts_without_asking_again(payments, django_assert_num_queries):
    build, _ = take()
    with django_assert_num_queries(0):
        assert [row.name for row in build.artifacts.all()] == ["template", "function", "tests"]


def test_commits_that_were_not_posted_are_not_an_empty_list(payments):
    take(post(commits=None))
    take(post("1.0.1", commits=[]))
    assert list(Build.objects.order_by("version").values_list("commits", flat=True)) == [None, []]
    assert [event["data"]["commits"] for event in events.bodies("build.received")] == [None, 0]


def test_the_same_content_again_is_the_same_build_without_a_second_event(payments, bells):
    first, _ = take()
    again, created = take(post(run=None, submitter="omar@acme.example", commits=[]))
    assert (again.pk, created) == (first.pk, False)
    assert Build.objects.get().submitter == "dana@acme.example"
    assert Artifact.objects.count() == 3
    assert events.kinds() == ["build.received"]
    assert len(bells) == 1


def test_the_order_of_artifacts_is_not_content(payments):
    first, _ = take()
    again, created = take(post(artifacts=list(reversed(post()["artifacts"]))))
    assert (again.pk, created) == (first.pk, False)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"commit": "1" * 40}, "/commit"),
        ({"branch": "release/1"}, "/branch"),
        ({"repository": "https://github.com/acme/other"}, "/repository"),
        (
            {"artifacts": [artifact(digest=OTHER_DIGEST), *post()["artifacts"][1:]]},
            "/artifacts/template/digest",
        ),
    ],
)
def test_other_content_under_the_same_version_is_refused_naming_what_differs(
    payments, bells, change, pointer
):
    first, _ = take()
    with pytest.raises(BuildConflict) as refused:
        take(post(**change))
    assert (refused.value.status, refused.value.code) == (409, "build_conflict")
    assert [error["pointer"] for error in refused.value.errors] == [pointer]
    denial = refused.value.denial
    assert (denial.kind, denial.subject, denial.application) == (
        "build.refused",
        f"build:{first.pk}",
        "payments",
    )
    assert denial.data["digest"] == first.digest != denial.data["refused_digest"]
    assert denial.data["differs"] == [pointer]
    stored = Build.objects.get()
    assert (stored.digest, stored.commit, stored.branch) == (first.digest, COMMIT, "main")
    assert set(Artifact.objects.values_list("digest", flat=True)) == {DIGEST}
    assert events.kinds() == ["build.received"]


def test_a_conflict_names_both_digests(payments):
    take()
    with pytest.raises(BuildConflict) as refused:
        take(post(artifacts=OTHER_TEMPLATE))
    assert DIGEST in refused.value.errors[0]["detail"]
    assert OTHER_DIGEST in refused.value.errors[0]["detail"]


def test_the_same_version_of_another_application_is_another_build(payments):
    people.application("storefront")
    first, _ = take()
    other, created = take(post(application="storefront"), people.ci("storefront"))
    assert created is True
    assert other.pk != first.pk


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"digest": "sha256:abc"}, "digest_invalid", "/artifacts/0/digest"),
        ({"digest": "sha256:" + "A" * 64}, "digest_invalid", "/artifacts/0/digest"),
        ({"digest": None}, "digest_invalid", "/artifacts/0/digest"),
        ({"version_id": None}, "mutable_reference", "/artifacts/0/version_id"),
        ({"uri": "ftp://host/file"}, "scheme_unsupported", "/artifacts/0/uri"),
    ],
)
def test_an_artifact_that_does_not_name_exact_bytes_is_refused(payments, bells, change, code, pointer):
    with pytest.raises(Invalid) as refused:
        take(post(artifacts=[artifact(**change)]))
    assert (refused.value.status, refused.value.code) == (422, code)
    assert refused.value.errors[0]["pointer"] == pointer
    nothing_happened(bells)


def test_a_missing_digest_member_is_refused_like_a_wrong_one(payments, bells):
    body = artifact()
    del body["digest"]
    with pytest.raises(Invalid) as refused:
        take(post(artifacts=[body]))
    assert refused.value.code == "digest_invalid"
    nothing_happened(bells)


def test_a_token_of_another_application_finds_nothing(payments, bells):
    people.application("storefront")
    with pytest.raises(NotFound):
        take(actor=people.ci("storefront"))
    nothing_happened(bells)


def test_an_unknown_application_looks_the_same_as_an_invisible_one(payments, bells):
    with pytest.raises(NotFound) as unknown:
        take(post(application="nothing"), people.ci("nothing"))
    with pytest.raises(NotFound) as invisible:
        take(actor=people.ci("nothing"))
    assert str(unknown.value) == str(invisible.value)
    nothing_happened(bells)


def test_a_token_without_the_scope_is_refused_and_told_which(payments, bells):
    with pytest.raises(Forbidden) as refused:
        take(actor=people.ci(scopes=["read", "evidence:write"]))
    assert refused.value.extra["missing_permission"] == "scope builds:write"
    nothing_happened(bells)


def test_a_member_of_the_team_may_post_and_an_auditor_may_not(payments, bells):
    with pytest.raises(Forbidden):
        take(actor=people.auditor())
    nothing_happened(bells)
    build, created = take(actor=people.actor("dana", teams=["payments"]))
    assert (created, build.posted_by) == (True, "user:per_dana")


@pytest.mark.django_db(transaction=True)
def test_twenty_identical_posts_at_once_make_one_build(bells):
    people.application("payments")
    results, failures = [], []
    start = threading.Barrier(20)

    def one():
        try:
            start.wait(30)
            with transaction.atomic():
                build, created = take()
            results.append((build.pk, created))
        except Exception as error:
            failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert sorted(created for _, created in results) == [False] * 19 + [True]
    assert len({pk for pk, _ in results}) == 1
    assert (Build.objects.count(), Artifact.objects.count()) == (1, 3)
    assert events.kinds() == ["build.received"]
    assert len(bells) == 1


@pytest.mark.django_db(transaction=True)
def test_two_different_posts_of_one_version_at_once_make_one_build_and_one_conflict(bells):
    people.application("payments")
    results = []
    start = threading.Barrier(2)

    def one(commit):
        try:
            start.wait(30)
            with transaction.atomic():
                results.append(("made", take(post(commit=commit))[1]))
        except BuildConflict as error:
            results.append(("refused", error.code))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(str(n) * 40,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == [("made", True), ("refused", "build_conflict")]
    assert (Build.objects.count(), Artifact.objects.count()) == (1, 3)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_post_that_waited_for_one_that_was_rolled_back_makes_the_build_itself(bells):
    people.application("payments")
    taken, result = threading.Event(), []

    def second():
        taken.wait(30)
        try:
            with transaction.atomic():
                result.append(take()[1])
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic():
        assert take()[1] is True
        taken.set()
        thread.join(0.5)
        assert thread.is_alive()  # it waits for us, and has made nothing
        transaction.set_rollback(True)
    thread.join(30)
    assert (result, Build.objects.count()) == ([True], 1)
    assert events.kinds() == ["build.received"]
