import threading

import pytest
from django.db import connection

from builds.actions.ingest import ingest
from builds.models import Build
from kernel.clock import now
from kernel.refusals import Forbidden, NotFound
from releases.actions.cut import NotReleasable, cut_release
from releases.models import Release
from tests import people
from tests.builds import events
from tests.builds.posts import post

pytestmark = pytest.mark.django_db


@pytest.fixture
def build():
    people.application("payments")
    made, _ = ingest(actor=people.ci(), post=post(branch="hotfix/1"))
    return made


def cut(actor=None, application="payments", version="1.0.0"):
    return cut_release(actor=actor or people.release_manager(), application_name=application, version=version)


def nothing_cut():
    assert Release.objects.count() == 0
    assert events.kinds() == ["build.received"]


@pytest.mark.parametrize(
    "actor", [people.release_manager(), people.actor("dana", teams=["payments"])], ids=["manager", "team"]
)
def test_a_release_manager_or_the_team_cuts_a_release_of_any_branch(build, actor):
    release, created = cut(actor)
    assert created is True
    stored = Release.objects.get()
    assert stored.pk == release.pk
    assert (stored.application_id, stored.version, stored.build_id) == ("payments", "1.0.0", build.pk)
    assert (stored.state, stored.cut_by) == ("open", actor.tag)
    event = events.body("release.cut")
    assert event["subject"] == f"release:{release.pk}"
    assert event["application"] == "payments"
    assert event["data"] == {"version": "1.0.0", "build": build.pk, "digest": build.digest}


def test_cutting_again_answers_the_release_there_is_without_a_second_event(build):
    first, _ = cut()
    again, created = cut()
    assert (again.pk, created) == (first.pk, False)
    assert events.kinds() == ["build.received", "release.cut"]


@pytest.mark.parametrize("actor", [people.auditor(), people.administrator(), people.ci()])
def test_auditors_administrators_and_machines_may_not(build, actor):
    with pytest.raises(Forbidden):
        cut(actor)
    nothing_cut()


def test_to_a_stranger_and_to_another_application_the_build_does_not_exist(build):
    for actor in (people.actor("alice"), people.ci("storefront")):
        with pytest.raises(NotFound):
            cut(actor)
    nothing_cut()


@pytest.mark.parametrize(("application", "version"), [("payments", "9.9.9"), ("nothing", "1.0.0")])
def test_a_version_without_a_build_cannot_be_cut(build, application, version):
    with pytest.raises(NotFound):
        cut(application=application, version=version)
    nothing_cut()


@pytest.mark.parametrize(
    ("change", "code"),
    [({"state": "quarantined"}, "build_quarantined"), ({"withdrawn_at": True}, "build_withdrawn")],
)
def test_a_withdrawn_or_quarantined_build_cannot_be_cut(build, change, code):
    Build.objects.update(**{name: now() if value is True else value for name, value in change.items()})
    with pytest.raises(NotReleasable) as refused:
        cut()
    assert (refused.value.status, refused.value.code) == (409, code)
    nothing_cut()


@pytest.mark.django_db(transaction=True)
def test_eight_cuts_at_once_make_one_release(build):
    results, failures, start = [], [], threading.Barrier(8)

    def one():
        try:
            start.wait(30)
            release, created = cut()
            results.append((release.pk, created))
        except Exception as error:
            failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert sorted(created for _, created in results) == [False] * 7 + [True]
    assert len({pk for pk, _ in results}) == 1
    assert events.kinds() == ["build.received", "release.cut"]
