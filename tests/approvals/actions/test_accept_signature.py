"""A signed vote: what is kept, and every reason for which a signature is not taken."""

import pytest

from approvals.actions import issue_statement
from approvals.models import ApprovalRequest, SigningStatement, Vote
from approvals.statement import read_stored
from audit.models import AuditEvent
from deployments.actions.cast_vote import cast_vote
from kernel.actor import Method
from kernel.models import ClockOffset
from kernel.refusals import Refusal
from teams.models import Passkey
from tests.passkeys import PRESENT, Authenticator
from tests.teams.events import only_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world):
    world.change_gate("prod", step_up=True)
    return world.asked()


@pytest.fixture
def key(world, asked):
    made = Authenticator()
    made.enrol(world.actor("rita"))
    return made


def approval(asked) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=asked.approval_id)


def cast(world, asked, signed, who="rita", **more):
    row = approval(asked)
    values = {"decision": "approve", "content_hash": row.content_hash, **more}
    actor = world.actor(who) if isinstance(who, str) else who
    return cast_vote(actor=actor, request_id=row.pk, signed=signed, **values)


def refused(world, asked, signed, who="rita", **more) -> Refusal:
    keys = list(Passkey.objects.values("pk", "sign_count", "last_used_at"))
    with pytest.raises(Refusal) as caught:
        cast(world, asked, signed, who, **more)
    assert not Vote.objects.exists()
    assert not AuditEvent.objects.filter(kind="vote.cast").exists()
    assert list(Passkey.objects.values("pk", "sign_count", "last_used_at")) == keys
    assert caught.value.status == 404 or caught.value.denial.kind == "vote.refused"
    return caught.value


def test_a_signed_vote_keeps_all_that_is_needed_to_check_it_again(world, asked, key):
    result = cast(world, asked, key.answer(world.actor("rita"), approval(asked)))
    row = Vote.objects.get(pk=result.vote.pk)
    stated, assertion, public_key = read_stored(row.signature)
    assert (stated["approval"], stated["decision"], stated["approver"]) == (
        asked.approval_id,
        "approve",
        row.person_id,
    )
    assert (stated["content_hash"], public_key) == (row.content_hash, key.cose)
    assert assertion.sign_count == key.count
    assert only_event("vote.cast")["data"]["signature"] == row.signature
    assert SigningStatement.objects.get().used_at is not None
    kept = Passkey.objects.get()
    assert (kept.sign_count, kept.last_used_at is not None) == (key.count, True)


def test_without_a_signature_the_gate_takes_no_vote(world, asked, key):
    found = refused(world, asked, None)
    assert (found.status, found.code) == (403, "step_up_required")


def test_a_signature_counts_where_the_gate_asks_for_none_too(world):
    key = Authenticator("ed25519")
    key.enrol(world.actor("rita"))
    asked = world.asked()
    cast(world, asked, key.answer(world.actor("rita"), approval(asked)))
    assert Vote.objects.get().signature["public_key"]


def test_a_personal_token_may_vote_with_a_signature_and_not_without(world, asked, key):
    token = world.actor("rita", method=Method.TOKEN)
    assert refused(world, asked, None, token).code == "step_up_required"
    assert cast(world, asked, key.answer(token, approval(asked)), token).slot == "release-managers"


def test_a_statement_is_signed_once(world, asked, key):
    signed = key.answer(world.actor("rita"), approval(asked))
    cast(world, asked, signed)
    cast_vote(
        actor=world.actor("rita"),
        request_id=asked.approval_id,
        decision="withdraw",
        content_hash=approval(asked).content_hash,
    )
    with pytest.raises(Refusal) as caught:
        cast(world, asked, signed)
    assert (caught.value.status, caught.value.code) == (401, "nonce_invalid")


def test_an_old_statement_is_refused_at_the_instant_after(world, asked, key, monkeypatch):
    signed = key.answer(world.actor("rita"), approval(asked))
    ClockOffset.objects.update_or_create(
        pk=1, defaults={"seconds": int(issue_statement.VALID.total_seconds()) + 1}
    )
    found = refused(world, asked, signed)
    assert (found.status, found.code) == (401, "statement_expired")


def test_a_statement_of_somebody_else_is_refused(world, asked, key):
    other = Authenticator()
    other.enrol(world.actor("rosa"))
    signed = other.answer(world.actor("rosa"), approval(asked))
    assert refused(world, asked, signed).code == "nonce_invalid"


def test_a_statement_for_the_other_decision_is_refused(world, asked, key):
    signed = key.answer(world.actor("rita"), approval(asked), "reject")
    assert refused(world, asked, signed).code == "statement_differs"


def test_a_statement_over_earlier_content_is_refused(world, asked, key):
    signed = key.answer(world.actor("rita"), approval(asked))
    world.plan(asked, digest="sha256:" + "f" * 64)
    assert refused(world, asked, signed).code == "statement_differs"


def test_a_passkey_that_is_not_theirs_is_refused(world, asked, key):
    stranger = Authenticator()
    signed = stranger.answer(world.actor("rita"), approval(asked))
    assert refused(world, asked, signed).code == "passkey_unknown"


def test_a_removed_passkey_is_refused(world, asked, key):
    signed = key.answer(world.actor("rita"), approval(asked))
    Passkey.objects.update(removed_at=asked.requested_at)
    assert refused(world, asked, signed).code == "passkey_unknown"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"rp_id": "evil.example"}, "rp_mismatch"),
        ({"origin": "https://evil.example"}, "origin_mismatch"),
        ({"flags": PRESENT}, "user_not_verified"),
    ],
)
def test_a_wrong_place_or_an_unverified_user_is_refused(world, asked, key, wrong, code):
    for name, value in wrong.items():
        setattr(key, name, value)
    found = refused(world, asked, key.answer(world.actor("rita"), approval(asked)))
    assert (found.status, found.code) == (401, code)


def test_a_counter_that_goes_back_or_stands_still_is_refused(world, asked, key):
    Passkey.objects.update(sign_count=40)
    for count in (38, 39):
        key.count = count
        signed = key.answer(world.actor("rita"), approval(asked))
        assert refused(world, asked, signed).code == "counter_rolled_back"


def test_an_authenticator_without_a_counter_may_vote_again(world, asked):
    key = Authenticator(counts=False)
    key.enrol(world.actor("rita"))
    cast(world, asked, key.answer(world.actor("rita"), approval(asked)))
    assert Passkey.objects.get().sign_count == 0
    Passkey.objects.update(sign_count=5)
    Vote.objects.update(void=True)
    with pytest.raises(Refusal) as caught:
        cast(world, asked, key.answer(world.actor("rita"), approval(asked)))
    assert caught.value.code == "counter_rolled_back"


def test_the_refusal_for_want_of_a_signature_comes_last(world, asked, key):
    assert refused(world, asked, None, content_hash="sha256:" + "0" * 64).code == "content_changed"
    assert refused(world, asked, None, "dana").code == "separation_of_duties"
    assert refused(world, asked, None, "zoe").status == 404
    assert refused(world, asked, None, decision="reject").code == "comment_required"
