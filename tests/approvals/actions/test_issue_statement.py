"""Who is handed a statement to sign, and what stands in it."""

import pytest

from approvals.models import ApprovalRequest, SigningStatement
from approvals.statement import challenge, digest_of, to_text
from deployments.actions.prepare_vote import prepare_vote
from kernel.refusals import Refusal
from tests.passkeys import Authenticator

pytestmark = pytest.mark.django_db


def ask(world, who="rita", decision="approve", **more):
    row = ApprovalRequest.objects.get()
    values = {"request_id": row.pk, "content_hash": row.content_hash, **more}
    actor = world.actor(who) if isinstance(who, str) else who
    return prepare_vote(actor=actor, decision=decision, **values)


def refused(*args, **more) -> Refusal:
    with pytest.raises(Refusal) as caught:
        ask(*args, **more)
    assert not SigningStatement.objects.exists()
    return caught.value


@pytest.fixture
def asked(world):
    return world.asked()


def test_the_statement_binds_decision_content_person_time_and_what_is_shown(world, asked):
    key = Authenticator()
    key.enrol(world.actor("rita"))
    issued = ask(world)
    row, kept = ApprovalRequest.objects.get(), SigningStatement.objects.get()
    assert issued.statement == kept.statement
    assert (kept.person.username, kept.used_at, kept.request_id) == ("rita", None, row.pk)
    assert issued.statement["content_hash"] == row.content_hash
    assert issued.statement["shown"] == digest_of(issued.shown) == digest_of(kept.shown)
    assert issued.shown["subject"] == row.subject
    assert issued.shown["replaces"] == "1.0.0"
    assert (kept.not_after - kept.issued_at).total_seconds() == 300
    assert issued.options["challenge"] == to_text(challenge(issued.statement))
    assert issued.options["allowCredentials"] == [{"type": "public-key", "id": to_text(key.credential_id)}]
    assert issued.options["userVerification"] == "required"


def test_two_statements_never_share_a_nonce_and_show_the_same(world, asked):
    Authenticator().enrol(world.actor("rita"))
    one, other = ask(world), ask(world)
    assert one.statement["nonce"] != other.statement["nonce"]
    assert one.statement["shown"] == other.statement["shown"]


def test_without_a_passkey_the_way_to_one_is_told(world, asked):
    found = refused(world)
    assert (found.status, found.code, found.extra["enrol"]) == (403, "step_up_required", "/account/passkeys")


def test_machines_strangers_and_the_late_are_refused(world, asked):
    assert refused(world, world.ci()).code == "human_required"
    assert refused(world, "zoe").status == 404
    assert refused(world, content_hash="sha256:" + "0" * 64).code == "content_changed"
    ApprovalRequest.objects.update(state="closed")
    assert refused(world).code == "not_open"
