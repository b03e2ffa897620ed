"""Two accounts of one human, joined by a verified address or by the same passkey, fill one slot together."""

import pytest
from allauth.account.models import EmailAddress

from approvals.gate import people
from approvals.models import ApprovalRequest, Vote
from approvals.picture import look
from insights.reads.keys import twins
from kernel.clock import now
from kernel.refusals import Refusal
from teams.actions.set_group_members import set_group_members
from teams.models import Passkey, Person
from tests.deployments.world import SYSTEM
from tests.passkeys import Authenticator

pytestmark = pytest.mark.django_db


def by_address(one: str, other: str) -> None:
    """`other` has verified the address that is `one`'s own."""
    owner = Person.objects.get(username=one)
    EmailAddress.objects.create(
        user=Person.objects.get(username=other), email=owner.email.upper(), verified=True
    )


def by_credential(one: str, other: str, **differs) -> None:
    """The product refuses this; restored tables and identity providers may bring it all the same."""
    key = {
        "credential_id": "Q" * 22,
        "public_key": "S" * 100,
        "name": "Key",
        "added_at": "2026-01-01T00:00:00Z",
    }
    for name, more in ((one, {}), (other, differs)):
        Passkey.objects.create(person=Person.objects.get(username=name), **{**key, **more})


JOINS = {
    "address": by_address,
    "credential": lambda one, other: by_credential(one, other, public_key="T" * 100),
    "public key": lambda one, other: by_credential(one, other, credential_id="R" * 22),
}


@pytest.fixture(params=JOINS)
def join(request):
    return JOINS[request.param]


def refused(world, asked, who) -> Refusal:
    with pytest.raises(Refusal) as caught:
        world.vote(asked, who)
    return caught.value


def test_without_a_join_the_two_are_two(world):
    asked = world.asked()
    world.vote(asked, "rita")
    assert world.vote(asked, "omar").state == "satisfied"


def test_the_second_account_has_voted_already(world, join):
    join("rita", "omar")
    asked = world.asked()
    assert world.vote(asked, "rita").slot == "release-managers"
    found = refused(world, asked, "omar")
    assert (found.status, found.code) == (409, "already_voted")
    assert "Another account of yours" in found.detail
    assert world.vote(asked, "olga").state == "satisfied"


def test_a_join_found_after_both_voted_takes_one_slot_back(world, join):
    asked = world.asked()
    world.vote(asked, "rita")
    assert world.vote(asked, "omar").state == "satisfied"
    join("rita", "omar")
    assert world.start(asked).state != "running"
    picture = look(ApprovalRequest.objects.get(pk=asked.approval_id))
    assert list(picture.unproven.values()) == ["same_human"]
    assert picture.state.satisfied is False


def test_what_keeps_one_account_out_keeps_out_the_other(world, join):
    """dana asked; her second account, rita's, holds a key."""
    join("dana", "rita")
    found = refused(world, world.asked(), "rita")
    assert (found.code, found.extra["relation"]) == ("separation_of_duties", "requester")


def test_the_page_says_that_two_accounts_may_be_one_human(world, join):
    asked = world.asked()
    assert twins(look(asked.approval)) == ()
    join("rita", "omar")
    assert twins(look(asked.approval)) == ("omar and rita",)


def test_a_gate_that_only_two_accounts_of_one_human_could_fill_is_found(world, join):
    set_group_members(actor=SYSTEM, name="payments-owners", members=["omar"])
    set_group_members(actor=SYSTEM, name="release-managers", members=["rita"])
    row = world.asked().approval
    assert [reason.code for reason in people(row, now()).reasons] == ["approval_needed"] * 2
    join("rita", "omar")
    short = people(row, now()).reasons[0]
    assert (short.code, short.text.split(" have ")[0]) == (
        "gate_unsatisfiable",
        "release-managers and payments-owners",
    )


def test_a_passkey_of_one_account_is_not_enrolled_for_another(world):
    key = Authenticator()
    key.enrol(world.actor("rita"))
    with pytest.raises(Refusal) as caught:
        key.enrol(world.actor("omar"))
    assert caught.value.code == "passkey_taken"
    assert Vote.objects.count() == 0
