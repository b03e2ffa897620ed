"""One reading of a request: whose votes count, who may fill what, who is kept out, and that it all is one reading."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from approvals.gate import people
from approvals.models import ApprovalRequest, Vote
from approvals.picture import (
    excluded_people,
    humans_of,
    look,
    look_once,
    standing_votes,
)
from kernel.clock import now
from teams.actions.set_group_members import set_group_members
from teams.models import Person
from tests.deployments.world import SYSTEM
from tests.people import email_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world):
    return world.asked()


def request(asked) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=asked.approval_id)


def who(name: str) -> Person:
    return Person.objects.get(username=name)


def eligible(asked) -> dict[str, list[str]]:
    picture = look(request(asked))
    return {picture.people[pk].username: sorted(groups) for pk, groups in picture.eligible.items()}


def related(relation: str, name: str | None = None, email: str | None = None) -> dict:
    return {"relation": relation, "person": name and who(name).pk, "email": email}


def keep_out(asked, *rows: dict) -> None:
    ApprovalRequest.objects.filter(pk=asked.approval_id).update(relations=list(rows))


def voters(asked) -> list[str]:
    return [vote.person.username for vote in standing_votes(request(asked))]


def key_of(asked, name: str) -> str | None:
    """The group whose key this person's vote turns."""
    return next((key.group for key in people(request(asked), now()).keys if name in key.filled_by), None)


def short(asked, relations: list[dict]) -> str:
    """The groups that too few are left of, where these people had a hand in it; "" where enough are."""
    row = request(asked)
    row.relations = relations
    first = people(row, now()).reasons[0]
    return first.text.split(" ha")[0] if first.code == "gate_unsatisfiable" else ""


def test_members_of_the_slots_groups_may_fill_them_with_all_their_groups(asked):
    assert eligible(asked) == {
        "rita": ["release-managers"],
        "rosa": ["payments-owners", "release-managers"],
        "omar": ["payments-owners"],
        "olga": ["payments-owners"],
    }


@pytest.mark.parametrize("relation", ["requester", "submitter", "author"])
def test_whoever_had_a_hand_in_it_is_kept_out_by_id_and_by_address(asked, relation):
    keep_out(asked, related(relation, "rita"), related(relation, email=email_of("omar").upper()))
    assert set(eligible(asked)) == {"rosa", "olga"}
    assert look(request(asked)).excluded == {who("rita").pk, who("omar").pk}


def test_a_relation_that_the_gate_does_not_exclude_keeps_nobody_out(world):
    world.change_gate("prod", exclude=["requester"])
    asked = world.asked()
    keep_out(asked, related("author", "rita"), related("requester", "omar"))
    assert set(eligible(asked)) == {"rita", "rosa", "olga"}


def test_who_left_fills_nothing_and_is_no_longer_counted(world, asked):
    world.vote(asked, "omar")
    Person.objects.filter(username__in=("omar", "rosa")).update(is_active=False)
    assert set(eligible(asked)) == {"rita", "olga"}
    world.vote(asked, "rita")
    assert look(request(asked)).state.satisfied is False


def test_somebody_kept_out_after_their_vote_counts_no_longer(world, asked):
    world.vote(asked, "rita")
    world.vote(asked, "omar")
    assert look(request(asked)).state.satisfied is True
    keep_out(asked, related("author", email=email_of("rita")))
    picture = look(request(asked))
    assert (picture.state.satisfied, picture.unproven) == (False, {})


def test_a_row_that_nobody_cast_is_seen_and_not_counted(world, asked):
    world.vote(asked, "rita")
    forged = Vote.objects.create(
        request_id=asked.approval_id,
        person=who("omar"),
        decision="approve",
        content_hash=asked.approval.content_hash,
        method="session",
        groups=["payments-owners"],
        at=now(),
    )
    picture = look(request(asked))
    assert picture.unproven == {forged.pk: "not_in_log"}
    assert ([v.person.username for v in picture.votes], picture.state.satisfied) == (["rita"], False)
    assert look(request(asked), own=forged.pk).state.satisfied is True, "the vote being cast right now"


def test_of_two_accounts_of_one_human_the_one_that_voted_may_and_the_other_may_not(world, asked):
    world.vote(asked, "omar")
    EmailAddress.objects.create(user=who("olga"), email=email_of("omar"), verified=True)
    assert set(eligible(asked)) == {"rita", "rosa", "omar"}
    assert look(request(asked)).unproven == {}


def test_an_address_that_was_never_verified_joins_nobody(world, asked):
    world.vote(asked, "omar")
    EmailAddress.objects.create(user=who("olga"), email=email_of("omar"), verified=False)
    assert "olga" in eligible(asked)


def test_votes_stand_in_the_order_they_were_cast_without_the_void_and_the_withdrawn(world, asked):
    for seconds, name in enumerate(("rita", "omar", "olga")):
        Vote.objects.create(
            request_id=asked.approval_id,
            person=who(name),
            decision="approve",
            content_hash=asked.approval.content_hash,
            method="session",
            at=now() + timedelta(seconds=seconds),
        )
    assert voters(asked) == ["rita", "omar", "olga"]
    Vote.objects.filter(person=who("omar")).update(void=True)
    Vote.objects.filter(person=who("rita")).update(withdrawn_at=now())
    assert voters(asked) == ["olga"]


def test_a_vote_fills_a_key_that_is_still_free_and_no_vote_fills_none(world, asked):
    assert key_of(asked, "rita") is None
    world.vote(asked, "rita")
    world.vote(asked, "rosa")
    assert key_of(asked, "rita") == "release-managers"
    assert key_of(asked, "rosa") == "payments-owners"
    assert key_of(asked, "olga") is None


def test_the_groups_that_nobody_left_could_fill_are_named(asked):
    assert short(asked, []) == ""
    owners = [related("author", name) for name in ("omar", "olga", "rosa")]
    assert short(asked, owners) == "payments-owners"
    assert short(asked, owners[:2]) == "", "rosa has one key and rita the other"
    assert short(asked, [*owners[:2], related("author", "rita")]) == "release-managers and payments-owners"


def test_a_page_reads_once_and_a_vote_reads_anew(world, asked):
    row = request(asked)
    assert look_once(row) is row.looked
    world.vote(asked, "rita")
    assert (row.looked.votes, len(look(row).votes)) == ([], 1)


def test_a_reading_takes_at_most_five_queries_whatever_was_voted(world, asked, django_assert_max_num_queries):
    for name in ("rita", "omar"):
        world.vote(asked, name)
    row = request(asked)
    at = now()
    with django_assert_max_num_queries(5):
        look(row, at)


def test_another_account_of_the_requester_is_kept_out_by_the_human(asked):
    EmailAddress.objects.create(user=who("olga"), email=email_of("dana"), verified=True)
    people = [who(name).pk for name in ("dana", "olga", "omar")]
    rows = [related("requester", "dana")]
    out = excluded_people(rows, ["requester"], people, humans_of(rows, people))
    assert out == {who("dana").pk, who("olga").pk}
    assert excluded_people(rows, [], people, humans_of(rows, people)) == frozenset()


class TestCounting:
    def names(self, asked) -> list[str]:
        return [vote.person.username for vote in look(request(asked)).counting]

    def test_approvals_count_in_the_order_they_were_cast_and_one_above_what_is_asked_counts_too(
        self, world, asked
    ):
        assert self.names(asked) == []
        for name in ("olga", "rita", "omar"):
            world.vote(asked, name)
        assert self.names(asked) == ["olga", "rita", "omar"]

    def test_a_rejection_is_none(self, world, asked):
        world.vote(asked, "rita")
        world.vote(asked, "omar", decision="reject", comment="Not this week, please.")
        assert self.names(asked) == ["rita"]

    def test_whoever_left_is_kept_out_or_is_not_in_the_log_counts_no_longer(self, world, asked):
        for name in ("olga", "rita", "omar"):
            world.vote(asked, name)
        set_group_members(actor=SYSTEM, name="payments-owners", members=["omar", "rosa"])
        assert self.names(asked) == ["rita", "omar"]
        keep_out(asked, related("author", "rita"))
        assert self.names(asked) == ["omar"]
        Vote.objects.filter(person=who("omar")).update(groups=["release-managers"])
        assert self.names(asked) == []
