"""Which votes are proven, and by which name each kind of unproven one goes."""

import json

import pytest

from approvals.models import ApprovalRequest, Vote
from approvals.proofs import unproven
from audit.actions.append import append
from audit.merkle import leaf_hash
from audit.models import AuditEvent
from deployments.actions.cast_vote import cast_vote
from kernel.clock import now
from kernel.ids import new_evt, new_vot
from teams.models import Person
from tests import people
from tests.passkeys import Authenticator
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world):
    return world.asked()


@pytest.fixture
def voted(world, asked) -> Vote:
    """rita's word, cast as people cast it."""
    return Vote.objects.get(pk=world.vote(asked, "rita").vote.pk)


def why(vote: Vote, **more) -> str | None:
    """As a fresh reading of the request says; None: it is proven."""
    request = ApprovalRequest.objects.get(pk=vote.request_id)
    return unproven(request, request.votes.all(), **more).get(vote.pk)


def changed(vote: Vote, **columns) -> Vote:
    """The row, written by SQL."""
    Vote.objects.filter(pk=vote.pk).update(**columns)
    return Vote.objects.get(pk=vote.pk)


def inserted(asked, who: str = "omar") -> Vote:
    """A row that no event tells of."""
    return Vote.objects.create(
        request_id=asked.approval_id,
        person=Person.objects.get(username=who),
        decision="approve",
        content_hash=asked.approval.content_hash,
        method="session",
        groups=["payments-owners"],
        at=now(),
    )


def signed(world, asked, key, who: str = "rita") -> Vote:
    answer = key.answer(world.actor(who), ApprovalRequest.objects.get(pk=asked.approval_id))
    words = {"decision": "approve", "content_hash": asked.approval.content_hash}
    done = cast_vote(actor=world.actor(who), request_id=asked.approval_id, signed=answer, **words)
    return Vote.objects.get(pk=done.vote.pk)


def forged_event(vote: Vote, **differs) -> None:
    """An event about `vote` as the product writes it, but for `differs`: columns of the row, or the body's own."""
    body = json.loads(bytes(AuditEvent.objects.filter(kind="vote.cast").first().body))
    body |= {"id": new_evt(), **differs.pop("body", {})}
    body["actor"] = {**body["actor"], "id": vote.person_id}
    body["data"] = {**body["data"], "vote": vote.pk, "groups": vote.groups}
    written = json.dumps(body).encode()
    columns = {"kind": "vote.cast", "subject": f"approval:{vote.request_id}", "outcome": "allowed"}
    columns |= {"id": body["id"], "at": now(), "actor": "user:x", "leaf_hash": leaf_hash(written)}
    AuditEvent.objects.create(**{**columns, **differs}, body=written)


def test_a_vote_that_was_cast_is_proven_and_costs_one_query(voted, django_assert_num_queries):
    request, votes = ApprovalRequest.objects.get(), list(Vote.objects.all())
    with django_assert_num_queries(1):
        assert unproven(request, votes) == {}


def test_without_votes_nothing_is_asked(asked, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert unproven(asked.approval, []) == {}


def test_a_rejection_needs_no_proof(voted):
    assert why(changed(voted, decision="reject", groups=["x"])) is None


def test_a_row_without_an_event_is_not_in_the_log_unless_it_is_being_cast_right_now(asked):
    vote = inserted(asked)
    assert why(vote) == "not_in_log"
    assert why(vote, own=vote.pk) is None


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"content_hash": "sha256:" + "0" * 64}, "content_differs"),
        ({"groups": ["payments-owners"]}, "log_differs"),
        ({"signature": {"forged": 1}}, "log_differs"),
        ({"comment": "Other words.", "method": "token"}, None),
    ],
)
def test_a_vote_changed_afterwards_is_not_what_was_cast(voted, columns, code):
    assert why(changed(voted, **columns)) == code


def test_a_vote_given_to_somebody_else_afterwards_is_not_theirs(voted):
    assert why(changed(voted, person=Person.objects.get(username="omar"))) == "log_differs"


def test_a_rejection_turned_into_an_approval_is_found(world, asked):
    vote = world.vote(asked, "rita", "reject", "Not today.").vote
    assert why(changed(vote, decision="approve")) == "log_differs"


def test_a_vote_that_was_taken_back_stays_taken_back_whatever_the_row_says(world, asked, voted):
    words = {"decision": "withdraw", "content_hash": voted.content_hash}
    cast_vote(actor=world.actor("rita"), request_id=asked.approval_id, **words)
    assert why(changed(voted, withdrawn_at=None)) == "withdrawn_in_log"


def test_a_vote_moved_to_other_content_of_the_request_does_not_follow_it(world, asked, voted):
    world.plan(asked, digest="sha256:" + "f" * 64)
    current = ApprovalRequest.objects.get().content_hash
    assert why(changed(voted, void=False)) == "content_differs"
    assert why(changed(voted, content_hash=current)) == "log_differs"


def test_the_event_of_another_request_proves_nothing_here(world, asked, voted):
    other = world.asked("1.0.0", "staging")
    moved = changed(voted, request_id=other.approval_id, content_hash=other.approval.content_hash)
    assert why(moved) == "not_in_log"


@pytest.mark.parametrize(
    ("differs", "code"),
    [
        ({}, None),
        ({"leaf_hash": b"\0" * 32}, "not_in_log"),
        ({"outcome": "denied"}, "not_in_log"),
        ({"id": "evt_other"}, "not_in_log"),
        ({"body": {"subject": "approval:apr_other"}}, "not_in_log"),
        ({"body": {"kind": "vote.refused"}}, "not_in_log"),
    ],
)
def test_only_an_event_whose_hashed_bytes_say_so_proves_a_vote(voted, asked, differs, code):
    """The first row is the other half: this forgery is good but for what differs, and the seal alone finds it."""
    vote = inserted(asked)
    forged_event(vote, **differs)
    assert why(vote) == code


def test_where_a_signature_is_asked_for_an_unsigned_vote_does_not_count(voted):
    row = ApprovalRequest.objects.get()
    ApprovalRequest.objects.update(gate={**row.gate, "step_up": True})
    assert why(voted) == "signature_missing"


class TestSigned:
    """`resigned` puts other values into the stored statement, into its vote and its event alike."""

    @pytest.fixture
    def key(self, world):
        made = Authenticator()
        made.enrol(world.actor("rita"))
        return made

    @pytest.fixture
    def vote(self, world, asked, key):
        return signed(world, asked, key)

    def resigned(self, vote: Vote, signature: dict, who: str = "rita") -> Vote:
        data = {**events("vote.cast")[0]["data"], "vote": new_vot(), "signature": signature}
        with_it = Vote.objects.get(pk=vote.pk)
        Vote.objects.filter(pk=vote.pk).update(withdrawn_at=now())
        with_it.pk, with_it.signature = data["vote"], signature
        with_it.person = Person.objects.get(username=who)
        with_it.save(force_insert=True)
        actor = people.actor(who, person_id=with_it.person_id)
        append(kind="vote.cast", actor=actor, subject=f"approval:{vote.request_id}", data=data)
        return with_it

    def test_a_signed_vote_is_proven_in_two_queries(self, vote, django_assert_num_queries):
        request, votes = ApprovalRequest.objects.get(), list(Vote.objects.all())
        with django_assert_num_queries(2):
            assert unproven(request, votes) == {}

    def test_the_same_signature_under_a_new_vote_is_taken_for_what_it_says(self, vote):
        """The other half of those below: what they find is only what they changed."""
        assert why(self.resigned(vote, vote.signature)) is None

    def test_a_signature_of_somebody_else_says_something_else(self, vote):
        assert why(self.resigned(vote, vote.signature, "omar")) == "statement_differs"

    def test_a_signature_that_cannot_be_read_is_malformed(self, vote):
        assert why(self.resigned(vote, {"statement": 1})) == "assertion_malformed"

    def test_a_vote_dated_after_its_statement_ended_has_expired(self, vote):
        assert why(changed(vote, at=now().replace(year=2100))) == "statement_expired"

    def test_a_key_that_the_log_never_saw_enrolled_signs_nothing(self, world, vote):
        stranger = Authenticator()
        stated = Vote.objects.get(pk=vote.pk).signature
        other = {**stated, "credential": stranger.credential_id.hex()}
        assert why(self.resigned(vote, other)) == "passkey_not_in_log"
