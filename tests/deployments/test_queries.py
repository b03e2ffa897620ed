"""Reads of deployments: what is seen, the log by offsets, the board, the buttons."""

from datetime import timedelta

import pytest

from deployments import queries
from deployments.models import DeploymentLog
from deployments.states import State
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import NotFound
from kernel.verdicts import wire_time
from tests import people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("who", ["dana", "omar", "rita", "aude", "admin"])
def test_the_team_the_owners_and_who_sees_everything_see_it(world, who):
    asked = world.asked()
    assert queries.get_visible(world.actor(who), asked.pk).pk == asked.pk


def test_an_outsider_and_a_missing_id_get_the_same_answer(world):
    asked = world.asked()
    for actor, pk in (
        (world.actor("zoe"), asked.pk),
        (people.ci("storefront"), asked.pk),
        (world.ci(), "dep_x"),
    ):
        with pytest.raises(NotFound) as caught:
            queries.get_visible(actor, pk)
        assert caught.value.code == "not_found"
    assert queries.visible_to(Actor.anonymous()).count() == 0


def test_the_open_one_of_a_pair(world):
    release = world.get_release("1.1.0")
    assert queries.open_one(release.pk, "prod") is None
    asked = world.asked()
    assert queries.open_one(release.pk, "prod").pk == asked.pk
    assert queries.open_one(release.pk, "staging") is None
    world.move(asked, State.CANCELLED)
    assert queries.open_one(release.pk, "prod") is None


def test_the_newest_attempt_speaks_for_an_environment(world):
    world.move(world.asked(), State.CANCELLED)
    second = world.asked()
    old, new = world.get_release("1.0.0"), world.get_release("1.1.0")
    found = queries.environments_of([old, new])
    assert list(found[new.pk]) == list(found[old.pk]) == ["dev", "staging", "prod"]
    at = wire_time(second.requested_at)
    assert found[new.pk]["prod"] == {"deployment": second.pk, "state": "needs_approval", "at": at}
    assert found[old.pk]["prod"]["state"] == "succeeded"


def pieces(row, *texts) -> None:
    DeploymentLog.objects.filter(deployment=row).delete()
    offset = 0
    for text in texts:
        DeploymentLog.objects.create(deployment=row, offset=offset, text=text, at=now())
        offset += len(text)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (0, ("abcdefghi", 9)),
        (2, ("cdefghi", 9)),
        (3, ("defghi", 9)),
        (8, ("i", 9)),
        (9, ("", 9)),
        (100, ("", 100)),
    ],
)
def test_the_log_goes_on_from_any_offset(world, offset, expected):
    row = world.asked()
    pieces(row, "abc", "def", "ghi")
    assert queries.log_after(row, offset) == expected


def test_reading_in_portions_gives_the_whole_log_once(world):
    row = world.asked()
    pieces(row, "zwölf\n", "𝄞 clef\n", "end\n")
    text, offset = "", 0
    while True:
        part, following = queries.log_after(row, offset, limit=1)
        if following == offset:
            break
        text, offset = text + part, following
    assert text == "zwölf\n𝄞 clef\nend\n"


def test_an_empty_log_is_empty(world):
    row = world.request()
    pieces(row)
    assert queries.log_after(row, 0) == ("", 0)


def test_the_board_is_one_query_after_sight(world, django_assert_num_queries):
    actor = world.actor("aude")
    with django_assert_num_queries(1):
        rows = [(lane.environment_id, lane.deployment.version) for lane in queries.board(actor)]
    assert rows == [("dev", "1.1.0"), ("staging", "1.1.0"), ("prod", "1.0.0")]


def test_the_board_shows_what_one_sees(world):
    assert queries.board(world.actor("zoe")).count() == 0
    assert queries.board(people.ci("storefront")).count() == 0
    assert queries.board(world.ci(), environment="prod").count() == 1


def test_the_board_of_an_instant(world):
    before = now()
    done = world.succeeded()
    actor = world.actor("aude")
    after = done.ended_at
    assert [row.version for row in queries.board_at(actor, before, environment="prod")] == ["1.0.0"]
    assert [row.pk for row in queries.board_at(actor, after, environment="prod")] == [done.pk]
    assert not queries.board_at(actor, before - timedelta(days=400))
    assert not queries.board_at(world.actor("zoe"), after)
    rows = queries.board_at(actor, after)
    assert [row.environment_id for row in rows] == sorted(row.environment_id for row in rows)
    assert len(rows) == len({row.environment_id for row in rows}) == 3  # not every success there ever was
