import threading

import pytest
from django.db import connection

from builds.actions.ingest import BuildConflict
from builds.models import Artifact, Build
from kernel.refusals import Forbidden, Invalid, NotFound
from releases.actions.hand_over import hand_over
from releases.models import Release
from tests import people
from tests.builds import events
from tests.builds.posts import artifact, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments():
    return people.application("payments", branches=("main", "release/*"))


def hand(body=None, actor=None):
    return hand_over(actor=actor or people.ci(), post=post() if body is None else body)


def nothing_happened():
    assert (Build.objects.count(), Artifact.objects.count(), Release.objects.count()) == (0, 0, 0)
    assert events.kinds() == []


@pytest.mark.parametrize("branch", ["main", "release/1.4"])
def test_a_build_of_a_release_branch_is_released_in_the_same_transaction(payments, branch):
    build, release, created = hand(post(branch=branch))
    assert created is True
    stored = Release.objects.get()
    assert (stored.pk, stored.build_id, stored.version) == (release.pk, build.pk, "1.0.0")
    assert (stored.state, stored.cut_by) == ("open", "application:payments")
    assert events.kinds() == ["build.received", "release.cut"]
    assert events.body("release.cut")["data"]["build"] == build.pk


def test_a_build_of_another_branch_is_not_released(payments):
    build, release, created = hand(post(branch="feature/main"))
    assert (release, created) == (None, True)
    assert Build.objects.get().pk == build.pk
    assert Release.objects.count() == 0
    assert events.kinds() == ["build.received"]


def test_the_same_post_again_answers_the_same_build_and_release(payments):
    build, release, _ = hand()
    again, same, created = hand()
    assert (again.pk, same.pk, created) == (build.pk, release.pk, False)
    assert events.kinds() == ["build.received", "release.cut"]


def test_the_same_post_again_does_not_cut_what_was_not_cut_then(payments):
    hand(post(branch="feature/x"))
    payments.release_branches = ["feature/*"]
    payments.save()
    _, release, created = hand(post(branch="feature/x"))
    assert (release, created) == (None, False)
    assert Release.objects.count() == 0


def test_a_conflict_changes_nothing(payments):
    build, release, _ = hand()
    with pytest.raises(BuildConflict):
        hand(post(commit="1" * 40))
    assert Build.objects.get().digest == build.digest
    assert Release.objects.get().pk == release.pk
    assert events.kinds() == ["build.received", "release.cut"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [([], ""), ("text", ""), ({}, "/application"), ({"application": 7}, "/application"), (None, "")],
)
def test_a_body_that_names_no_application_is_refused(payments, body, pointer):
    with pytest.raises(Invalid) as refused:
        hand_over(actor=people.ci(), post=body)
    assert refused.value.status == 422
    assert refused.value.errors[0]["pointer"] == pointer
    nothing_happened()


def test_every_mistake_is_named_at_once(payments):
    body = post(version="a b", artifacts=[artifact(digest="sha256:x"), artifact("b", version_id=None)])
    with pytest.raises(Invalid) as refused:
        hand({**body, "colour": "red"})
    assert {(error["pointer"], error["code"]) for error in refused.value.errors} == {
        ("/version", "version_invalid"),
        ("/artifacts/0/digest", "digest_invalid"),
        ("/artifacts/1/version_id", "mutable_reference"),
        ("/colour", "unknown_field"),
    }
    nothing_happened()


@pytest.mark.parametrize("name", ["nothing", "Payments", "a\x00b", "\ud800", "x" * 5000])
def test_an_application_that_does_not_exist_is_not_found_whatever_it_is_called(payments, name):
    for actor in (people.ci(), people.release_manager()):
        with pytest.raises(NotFound):
            hand(post(application=name), actor)
    nothing_happened()


def test_whether_the_rest_is_right_is_told_only_to_those_who_may_post(payments):
    wrong = post(artifacts=[artifact(digest="sha256:x")])
    with pytest.raises(NotFound):
        hand(wrong, people.ci("storefront"))
    with pytest.raises(Forbidden):
        hand(wrong, people.ci(scopes=["read"]))
    nothing_happened()


def test_a_handed_over_build_costs_few_queries(payments, django_assert_max_num_queries, settings):
    settings.CLOCK_MAY_MOVE = False
    with django_assert_max_num_queries(16):
        hand()


@pytest.mark.django_db(transaction=True)
def test_twenty_identical_posts_at_once_make_one_build_and_one_release(payments):
    results, failures, start = [], [], threading.Barrier(20)

    def one():
        try:
            start.wait(30)
            build, release, created = hand()
            results.append((build.pk, release.pk, created))
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
    assert sorted(created for *_, created in results) == [False] * 19 + [True]
    assert len({(build, release) for build, release, _ in results}) == 1
    assert (Build.objects.count(), Artifact.objects.count(), Release.objects.count()) == (1, 3, 1)
    assert events.kinds() == ["build.received", "release.cut"]
