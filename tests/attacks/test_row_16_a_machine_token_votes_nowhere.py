"""A CI's token fills no slot, whatever it sends along, and is handed nothing to sign."""

import pytest

from approvals.models import ApprovalRequest, SigningStatement, Vote
from deployments.actions.cast_vote import cast_vote
from kernel.refusals import Refusal
from tests.passkeys import Authenticator

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("step_up", [False, True])
@pytest.mark.parametrize("decision", ["approve", "reject", "withdraw"])
def test_no_decision_of_a_machine_is_taken(world, step_up, decision):
    world.change_gate("prod", step_up=step_up)
    asked = world.asked()
    key = Authenticator()
    key.enrol(world.actor("rita"))
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    signed = key.answer(world.actor("rita"), row)
    for answer in (None, signed):
        with pytest.raises(Refusal) as caught:
            cast_vote(
                actor=world.ci(),
                request_id=row.pk,
                decision=decision,
                content_hash=row.content_hash,
                comment="Looked at it with care.",
                signed=answer,
            )
        assert (caught.value.status, caught.value.code) == (403, "human_required")
    with pytest.raises(Refusal) as caught:
        key.answer(world.ci(), row)
    assert caught.value.code == "human_required"
    assert not Vote.objects.exists()
    assert SigningStatement.objects.filter(used_at=None).count() == 1
