"""Somebody who can write to the database is not somebody who may approve.

Each attack writes what it needs past the product, as far as a pure SQL statement can, and then a worker tries to start.
"""

import json

import pytest
from django.db import connection

from approvals.models import ApprovalRequest, Vote
from approvals.statement import statement, stored
from audit.actions.append import append
from audit.models import AuditEvent
from deployments.actions.cast_vote import cast_vote
from deployments.states import State
from kernel.clock import now
from kernel.ids import new_vot
from teams.models import Passkey, Person
from tests.deployments.world import World
from tests.passkeys import Authenticator

pytestmark = pytest.mark.django_db
GROUP = {"rita": "release-managers", "omar": "payments-owners"}


def insert(asked, who: str, *, signature: dict | None = None, **more) -> str:
    """A row of the votes table, by SQL."""
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    values = {
        "id": new_vot(),
        "request_id": row.pk,
        "person_id": Person.objects.get(username=who).pk,
        "decision": "approve",
        "content_hash": row.content_hash,
        "comment": "",
        "method": "session",
        "groups": json.dumps([GROUP[who]]),
        "at": now().isoformat(sep=" "),
        "void": False,
        "changed_fields": "[]",
        "withdrawn_at": None,
        "signature": None if signature is None else json.dumps(signature),
    } | more
    marks = ", ".join("%s" for _ in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO approvals_vote ({', '.join(values)}) VALUES ({marks})", list(values.values())
        )
    return values["id"]


def satisfied(asked) -> None:
    """The request's state too, by SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_approvalrequest SET state = 'satisfied', satisfied_at = %s WHERE id = %s",
            [now().isoformat(sep=" "), asked.approval_id],
        )


def does_not_start(world: World, asked) -> None:
    row = world.start(asked)
    assert row.state not in ("running", "verifying", "succeeded")
    assert row.started_at is None
    assert ApprovalRequest.objects.get(pk=asked.approval_id).state != "consumed"
    assert not AuditEvent.objects.filter(kind="deployment.running", subject=f"deployment:{row.pk}").exists()


def test_the_same_votes_cast_by_people_start_it(world):
    """The other half: without it, all that follows would prove nothing."""
    assert world.start(world.approved()).state == "running"


def test_two_inserted_votes_and_a_satisfied_state_start_nothing(world):
    asked = world.asked()
    insert(asked, "rita")
    insert(asked, "omar")
    satisfied(asked)
    does_not_start(world, asked)


def test_one_inserted_vote_beside_a_real_one_fills_no_slot(world):
    asked = world.asked()
    insert(asked, "rita")
    result = world.vote(asked, "omar")
    assert result.state == "open"
    does_not_start(world, asked)
    satisfied(asked)
    does_not_start(world, asked)


def test_a_void_vote_made_valid_again_by_sql_starts_nothing(world):
    asked = world.approved()
    world.plan(asked, digest="sha256:" + "f" * 64)
    Vote.objects.update(void=False)
    satisfied(asked)
    does_not_start(world, asked)
    current = ApprovalRequest.objects.get(pk=asked.approval_id).content_hash
    Vote.objects.update(content_hash=current)
    does_not_start(world, asked)


def test_a_vote_taken_back_and_restored_by_sql_starts_nothing(world):
    asked = world.approved()
    content = ApprovalRequest.objects.get(pk=asked.approval_id).content_hash
    cast_vote(
        actor=world.actor("rita"), request_id=asked.approval_id, decision="withdraw", content_hash=content
    )
    Vote.objects.update(withdrawn_at=None)
    satisfied(asked)
    does_not_start(world, asked)


@pytest.mark.parametrize("column", ["person_id", "groups", "decision"])
def test_a_real_vote_changed_by_sql_starts_nothing(world, column):
    asked = world.asked()
    world.vote(asked, "rita")
    world.vote(asked, "omar")
    rosa = Person.objects.get(username="rosa").pk
    value = {"person_id": rosa, "groups": ["release-managers", "payments-owners"], "decision": "reject"}
    Vote.objects.filter(person__username="omar").update(**{column: value[column]})
    does_not_start(world, asked)


def test_a_vote_copied_from_another_request_starts_nothing(world):
    """Its event exists, but names the other request."""
    first = world.approved()
    world.move(world.start(first), State.VERIFYING, State.SUCCEEDED)
    again = world.asked("1.1.0")
    Vote.objects.filter(request_id=first.approval_id).update(request_id=again.approval_id)
    satisfied(again)
    does_not_start(world, again)


@pytest.fixture
def strict(world):
    world.change_gate("prod", step_up=True)
    keys = {}
    for who in ("rita", "omar"):
        keys[who] = Authenticator()
        keys[who].enrol(world.actor(who))
    return keys


def signed_vote(world, asked, who, key):
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    return cast_vote(
        actor=world.actor(who),
        request_id=row.pk,
        decision="approve",
        content_hash=row.content_hash,
        signed=key.answer(world.actor(who), row),
    )


def test_with_step_up_two_signed_votes_start_it(world, strict):
    asked = world.asked()
    signed_vote(world, asked, "rita", strict["rita"])
    assert signed_vote(world, asked, "omar", strict["omar"]).state == "satisfied"
    row = world.start(asked)
    assert row.state == "running"
    body = AuditEvent.objects.get(kind="deployment.running", subject=f"deployment:{row.pk}").body
    assert json.loads(bytes(body))["data"]["step_up"] is True


def test_with_step_up_an_unsigned_row_starts_nothing(world, strict):
    asked = world.asked()
    signed_vote(world, asked, "rita", strict["rita"])
    insert(asked, "omar")
    satisfied(asked)
    does_not_start(world, asked)


def forged(asked, who: str, key: Authenticator) -> dict:
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    stated = statement(
        approval=row.pk,
        decision="approve",
        content_hash=row.content_hash,
        approver=Person.objects.get(username=who).pk,
        nonce="n" * 43,
        not_after="2999-01-01T00:00:00.000000Z",
        shown="sha256:" + "b" * 64,
    )
    return stored(stated, key.sign(stated), public_key=key.cose)


def event_for(asked, vote_id: str, who: str, signature: dict) -> None:
    """A forged event beside the forged vote: whoever can write the votes can write events, too."""
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    append(
        kind="vote.cast",
        actor=World().actor(who),
        subject=f"approval:{row.pk}",
        data={
            "vote": vote_id,
            "decision": "approve",
            "content_hash": row.content_hash,
            "groups": [GROUP[who]],
            "person": Person.objects.get(username=who).pk,
            "signature": signature,
        },
    )


def test_with_step_up_a_forged_vote_with_a_forged_event_and_a_key_of_ones_own_starts_nothing(world, strict):
    asked = world.asked()
    signed_vote(world, asked, "rita", strict["rita"])
    own = Authenticator()
    signature = forged(asked, "omar", own)
    event_for(asked, insert(asked, "omar", signature=signature), "omar", signature)
    satisfied(asked)
    does_not_start(world, asked)
    # Nor does it help to slip the key into the table of passkeys: the log does not know it.
    Passkey.objects.filter(person__username="omar").update(
        credential_id=signature["credential"], public_key=signature["public_key"]
    )
    does_not_start(world, asked)


def test_the_forgery_above_is_good_except_for_the_key(world, strict):
    """With omar's own passkey the same rows do start it: what is missing in the forgery is his finger."""
    asked = world.asked()
    signed_vote(world, asked, "rita", strict["rita"])
    signature = forged(asked, "omar", strict["omar"])
    event_for(asked, insert(asked, "omar", signature=signature), "omar", signature)
    satisfied(asked)
    assert world.start(asked).state == "running"


def test_a_signature_moved_to_another_persons_row_starts_nothing(world, strict):
    asked = world.asked()
    signed_vote(world, asked, "rita", strict["rita"])
    kept = Vote.objects.get().signature
    event_for(asked, insert(asked, "omar", signature=kept), "omar", kept)
    satisfied(asked)
    does_not_start(world, asked)


@pytest.mark.parametrize("part", ["signature", "authenticator_data", "client_data", "public_key"])
def test_a_changed_byte_of_a_stored_signature_starts_nothing(world, strict, part):
    asked = world.asked()
    signed_vote(world, asked, "rita", strict["rita"])
    signed_vote(world, asked, "omar", strict["omar"])
    row = Vote.objects.get(person__username="omar")
    text = row.signature[part]
    broken = {**row.signature, part: text[:20] + ("A" if text[20] != "A" else "B") + text[21:]}
    Vote.objects.filter(pk=row.pk).update(signature=broken)
    does_not_start(world, asked)
