"""Replay: what a passkey signed for one request, person, content, decision or moment is good for no other."""

import pytest

from approvals.models import ApprovalRequest, SigningStatement, Vote
from approvals.statement import FIELDS
from deployments.actions.cast_vote import cast_vote
from deployments.states import State
from kernel.refusals import Refusal
from teams.models import Person
from tests.passkeys import Authenticator

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(world):
    world.change_gate("prod", step_up=True)
    made = Authenticator()
    made.enrol(world.actor("rita"))
    return made


def cast(world, asked, signed, who="rita", decision="approve"):
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    return cast_vote(
        actor=world.actor(who),
        request_id=row.pk,
        decision=decision,
        content_hash=row.content_hash,
        comment="Looked at it with care.",
        signed=signed,
    )


def refused(*args, **more) -> str:
    with pytest.raises(Refusal) as caught:
        cast(*args, **more)
    assert caught.value.status == 401
    assert not Vote.objects.filter(withdrawn_at=None, void=False).exists()
    return caught.value.code


def answer(world, asked, key):
    return key.answer(world.actor("rita"), ApprovalRequest.objects.get(pk=asked.approval_id))


def test_for_the_same_content_in_a_later_request_it_is_refused(world, key):
    first = world.asked()
    signed = answer(world, first, key)
    world.move(first, State.CANCELLED)
    ApprovalRequest.objects.filter(pk=first.approval_id).update(state="closed")
    again = world.asked()
    old, new = (ApprovalRequest.objects.get(pk=row.approval_id) for row in (first, again))
    assert (old.content_hash, old.pk != new.pk) == (new.content_hash, True)
    assert refused(world, again, signed) == "nonce_invalid"


OTHERS = {
    "v": 2,
    "kind": "other",
    "approval": "apr_other",
    "decision": "reject",
    "content_hash": "sha256:" + "9" * 64,
    "approver": "per_other",
    "nonce": "x" * 43,
    "not_after": "2999-01-01T00:00:00.000000Z",
    "shown": "sha256:" + "9" * 64,
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_statement_with_one_field_changed_is_not_what_was_signed(world, key, field):
    """The stored statement is changed under the signature, field by field: each is bound."""
    asked = world.asked()
    signed = answer(world, asked, key)
    row = SigningStatement.objects.get()
    SigningStatement.objects.update(statement={**row.statement, field: OTHERS[field]})
    wanted = {"decision": "statement_differs", "content_hash": "statement_differs"}
    wanted |= {"v": "assertion_malformed", "kind": "assertion_malformed"}
    assert refused(world, asked, signed) == wanted.get(field, "challenge_mismatch")


def test_every_field_has_its_other_value():
    assert set(OTHERS) == set(FIELDS)


def test_by_another_person_it_is_refused(world, key):
    asked = world.asked()
    signed = answer(world, asked, key)
    assert Person.objects.filter(username="rosa").exists()
    assert refused(world, asked, signed, "rosa") == "nonce_invalid"
