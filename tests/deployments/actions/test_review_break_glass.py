"""The review: compulsory, by somebody else, once, in words."""

import pytest

from deployments.actions.review_break_glass import review_break_glass
from deployments.models import BreakGlass, History
from kernel.refusals import Refusal
from tests.deployments.broken import broken, let_through
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
FOUND = "The fix was right; the gate was too slow."


@pytest.fixture
def row(world):
    found = broken(world)
    let_through(world, found)
    return found


def review(world, row, by: str = "omar", finding: str = FOUND) -> BreakGlass:
    return review_break_glass(actor=world.actor(by), review_id=row.pk, finding=finding)


def refused(world, row, **more) -> str:
    with pytest.raises(Refusal) as caught:
        review(world, row, **more)
    return caught.value.code


@pytest.mark.parametrize("who", ["rosa", "omar"])
def test_another_release_manager_or_an_owner_reviews_it(world, row, who):
    done = review(world, row, who)
    assert (done.reviewed_by.username, done.finding) == (who, FOUND)
    assert only_event("break_glass.reviewed")["data"] == {"review": row.pk, "late": False, "drill": False}
    assert openings("break_glass.reviewed")["finding"] == FOUND
    assert f"reviewed by {who}" in History.objects.get(pk=row.deployment_id).review


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("rita", "separation_of_duties"),
        ("dana", "forbidden"),
        ("admin", "forbidden"),
        ("aude", "forbidden"),
        ("zoe", "not_found"),
    ],
)
def test_nobody_else_reviews_it(world, row, who, code):
    assert refused(world, row, by=who) == code
    assert events("break_glass.reviewed") == []


@pytest.mark.parametrize("relation", ["submitter", "author"])
def test_who_built_or_wrote_it_does_not_review_it(world, row, relation):
    BreakGlass.objects.filter(pk=row.pk).update(
        relations=[{"relation": relation, "person": None, "email": "omar@acme.example"}]
    )
    assert refused(world, row) == "separation_of_duties"


def test_who_asked_for_the_deployment_before_does_not_review_it(world):
    world.asked(by="rosa")
    found = broken(world)
    let_through(world, found)
    assert refused(world, found, by="rosa") == "separation_of_duties"


def test_an_empty_finding_is_none(world, row):
    assert refused(world, row, finding="  ") == "finding_required"
    assert BreakGlass.objects.get(pk=row.pk).reviewed_at is None


def test_it_is_reviewed_once(world, row):
    review(world, row)
    assert refused(world, row, by="rosa") == "already_reviewed"
    assert BreakGlass.objects.get(pk=row.pk).reviewed_by.username == "omar"


def test_what_has_not_ended_cannot_be_judged(world):
    assert refused(world, broken(world)) == "not_ended"
