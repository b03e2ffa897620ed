from datetime import timedelta

import pytest

from builds.models import Build
from kernel.refusals import NotFound
from releases.actions.hand_over import hand_over
from releases.models import Release
from releases.queries import change_list, get_release, ids_by_build, visible_to
from tests import people
from tests.builds.posts import post

pytestmark = pytest.mark.django_db


def commit(number, **more):
    return {"sha": str(number) * 40, "author": "dana@acme.example", "message": "work", **more}


@pytest.fixture
def line():
    """Releases 1 to 4 of payments, an hour apart; 3 came without its commits if asked for."""
    people.application("payments")

    def make(*commits):
        made = []
        for number, posted in enumerate(commits, start=1):
            body = post(str(number), commit=str(number) * 40)
            body.pop("commits")
            release = hand_over(
                actor=people.ci(), post=body if posted is None else {**body, "commits": posted}
            )[1]
            at = people.EPOCH + timedelta(hours=number)
            Release.objects.filter(pk=release.pk).update(cut_at=at)
            made.append(Release.objects.get(pk=release.pk))
        return made

    return make


def shas(changes):
    return [item["sha"][0] for item in changes.commits]


def test_the_commits_of_every_release_in_between_are_shipped(line):
    one, _, three, four = line([commit(1)], [commit(2)], [commit(3)], [commit(4)])
    changes = change_list(one, three)
    assert (changes.state, changes.direction) == ("supplied", "forward")
    assert shas(changes) == ["3", "2"]
    assert shas(change_list(three, four)) == ["4"]


def test_where_nothing_runs_everything_up_to_the_candidate_is_shipped(line):
    _, two, _ = line([commit(1)], [commit(2)], [commit(3)])
    assert shas(change_list(None, two)) == ["2", "1"]


def test_an_older_candidate_is_a_rollback_and_lists_what_goes_away(line):
    one, _, three = line([commit(1)], [commit(2)], [commit(3)])
    changes = change_list(three, one)
    assert changes.direction == "rollback"
    assert shas(changes) == ["3", "2"]


def test_the_same_release_is_no_change(line, django_assert_num_queries):
    (one,) = line([commit(1)])
    with django_assert_num_queries(0):
        changes = change_list(one, one)
    assert (changes.direction, changes.state, changes.commits) == ("same", "supplied", ())


def test_no_commits_supplied_is_said(line):
    one, two = line([commit(1)], None)
    changes = change_list(one, two)
    assert (changes.state, changes.missing) == ("not_supplied", ("2",))


def test_one_release_in_between_without_commits_makes_the_list_unknown(line):
    one, _, three = line([commit(1)], None, [commit(3)])
    changes = change_list(one, three)
    assert (changes.state, changes.missing, shas(changes)) == ("unknown", ("2",), ["3"])


def test_releases_of_one_instant_are_ordered_by_their_ids(line):
    made = line([commit(1)], [commit(2)], [commit(3)])
    Release.objects.update(cut_at=people.EPOCH)
    first, second, third = sorted(Release.objects.all(), key=lambda release: release.pk)
    assert {release.pk for release in made} == {first.pk, second.pk, third.pk}
    assert shas(change_list(first, second)) == [second.version]
    assert sorted(shas(change_list(first, third))) == sorted([second.version, third.version])


def test_other_applications_do_not_leak_into_the_list(line):
    one, two = line([commit(1)], [commit(2)])
    people.application("storefront")
    other = hand_over(
        actor=people.ci("storefront"), post=post(application="storefront", commits=[commit(9)])
    )[1]
    Release.objects.filter(pk=other.pk).update(cut_at=two.cut_at)
    assert shas(change_list(one, two)) == ["2"]
    with pytest.raises(ValueError, match="two releases of one application"):
        change_list(one, other)


@pytest.mark.parametrize(
    ("actor", "count"),
    [
        (people.actor("dana", teams=["payments"]), 1),
        (people.actor("omar", groups=["payments-owners"]), 1),
        (people.ci(), 1),
        (people.ci("storefront"), 0),
        (people.auditor(), 1),
        (people.actor("alice"), 0),
    ],
)
def test_who_sees_a_release(line, actor, count):
    line([])
    assert visible_to(actor).count() == count


def test_missing_and_invisible_are_the_same_refusal(line):
    (one,) = line([])
    assert get_release(people.ci(), "payments", "1") == one
    with pytest.raises(NotFound) as invisible:
        get_release(people.actor("alice"), "payments", "1")
    with pytest.raises(NotFound) as missing:
        get_release(people.ci(), "payments", "9")
    assert str(invisible.value) == str(missing.value)


def test_release_ids_are_found_by_build(line, django_assert_num_queries):
    one, two = line([], [])
    builds = [Build(pk=release.build_id) for release in (one, two)]
    with django_assert_num_queries(1):
        found = ids_by_build(builds)
    assert found == {one.build_id: one.pk, two.build_id: two.pk}
    with django_assert_num_queries(0):
        assert ids_by_build([]) == {}
