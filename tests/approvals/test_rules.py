from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from approvals.rules import (
    RELATIONS,
    CastVote,
    Relation,
    VoteFacts,
    comment_problem,
    excluded_by,
    expired,
    gate_state,
    may_vote,
)
from approvals.timetable import expires_at, valid_until
from pipelines.matching import Slot

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SLOTS = (Slot("release-managers", 1), Slot("payments-owners", 1))
GOOD = VoteFacts(
    decision="approve",
    content_hash="sha256:1",
    comment=None,
    is_human=True,
    person="per_rita",
    emails=frozenset({"rita@acme.example"}),
    groups=frozenset({"release-managers"}),
    state="open",
    at=NOW,
    expires_at=NOW + timedelta(days=1),
    valid_until=None,
    superseded_by="",
    current_hash="sha256:1",
    changed_fields=(),
    has_vote=False,
    relations=(Relation("requester", person="per_dana"),),
    slots=SLOTS,
    gate_exclude=frozenset(RELATIONS),
)

# What makes each refusal, in the published order. Each alone must give its code; each together with all that
# follow must still give its own.
WRONG = {
    "human_required": {"is_human": False},
    "not_open": {"state": "closed", "superseded_by": "dep_new"},
    "content_changed": {"current_hash": "sha256:2", "changed_fields": ("plan_digest",)},
    "already_voted": {"has_vote": True},
    "separation_of_duties": {"relations": (Relation("author", email="RITA@acme.example"),)},
    "not_eligible": {"groups": frozenset({"developers"})},
    "comment_required": {"comment": "no"},
    "step_up_required": {"gate_step_up": True},
}
ORDER = list(WRONG)


def test_an_eligible_person_may_approve_and_reject():
    assert may_vote(GOOD) is None
    assert may_vote(replace(GOOD, decision="reject", comment="The plan deletes the table.")) is None


@pytest.mark.parametrize("code", ORDER)
def test_each_thing_wrong_alone_gives_its_own_code(code):
    assert may_vote(replace(GOOD, **WRONG[code])).code == code


@pytest.mark.parametrize("position", range(len(ORDER)), ids=ORDER)
def test_the_first_thing_wrong_in_the_published_order_wins(position):
    changes = {}
    for code in reversed(ORDER[position:]):
        changes.update(WRONG[code])
    assert may_vote(replace(GOOD, **changes)).code == ORDER[position]


@pytest.mark.parametrize("code", ORDER)
def test_withdraw_skips_already_voted_and_what_follows(code):
    answer = may_vote(replace(GOOD, decision="withdraw", **{"has_vote": True, **WRONG[code]}))
    expected = code if ORDER.index(code) < ORDER.index("already_voted") else None
    assert (answer and answer.code) == expected


def test_withdraw_without_a_vote_of_ones_own_is_refused():
    assert may_vote(replace(GOOD, decision="withdraw")).code == "no_vote"
    assert may_vote(replace(GOOD, decision="withdraw", state="expired")).code == "not_open"


@pytest.mark.parametrize("decision", ["", "Approve", "yes", None])
def test_an_unknown_decision_is_an_error_and_not_an_approval(decision):
    with pytest.raises(ValueError, match="decision"):
        may_vote(replace(GOOD, decision=decision))


@pytest.mark.parametrize("state", ["open", "satisfied", "void"])
def test_states_that_take_votes_take_them(state):
    assert may_vote(replace(GOOD, state=state)) is None


@pytest.mark.parametrize("state", ["rejected", "expired", "consumed", "closed"])
def test_states_that_are_over_do_not(state):
    answer = may_vote(replace(GOOD, state=state))
    assert (answer.code, answer.extra) == ("not_open", {"state": state})


def test_a_superseded_request_names_the_newer_one():
    answer = may_vote(replace(GOOD, state="closed", superseded_by="dep_new"))
    assert answer.extra == {"superseded_by": "dep_new"}
    assert "dep_new" in answer.detail


def test_a_request_past_its_end_takes_no_vote_even_before_the_sweep_marked_it():
    assert may_vote(replace(GOOD, expires_at=NOW)).extra == {"state": "expired"}
    assert may_vote(replace(GOOD, expires_at=NOW + timedelta(microseconds=1))) is None
    assert may_vote(replace(GOOD, state="satisfied", valid_until=NOW)).code == "not_open"


def test_changed_content_names_the_fields_and_the_hash_of_now():
    answer = may_vote(replace(GOOD, **WRONG["content_changed"]))
    assert answer.extra == {"changed_fields": ["plan_digest"], "content_hash": "sha256:2"}
    assert "plan_digest" in answer.detail


def test_a_refused_member_of_no_slot_group_is_told_who_may():
    answer = may_vote(replace(GOOD, groups=frozenset()))
    assert answer.extra == {"groups": ["release-managers", "payments-owners"]}


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_relation_keeps_its_person_out_where_the_gate_says_so(relation):
    by_id, by_mail = Relation(relation, person="per_rita"), Relation(relation, email=" Rita@ACME.example ")
    for hand in (by_id, by_mail):
        answer = may_vote(replace(GOOD, relations=(hand,)))
        assert (answer.code, answer.extra) == ("separation_of_duties", {"relation": relation})
        others = frozenset(RELATIONS) - {relation}
        assert may_vote(replace(GOOD, relations=(hand,), gate_exclude=others)) is None


def test_the_relation_named_is_the_first_that_the_gate_excludes():
    hands = tuple(Relation(name, person="per_rita") for name in reversed(RELATIONS))
    assert may_vote(replace(GOOD, relations=hands)).extra == {"relation": "requester"}
    narrow = replace(GOOD, relations=hands, gate_exclude=frozenset({"author", "pipeline_editor"}))
    assert may_vote(narrow).extra == {"relation": "author"}


def test_a_second_account_with_the_same_verified_address_is_the_same_human():
    emails = frozenset({"other@home.example", "dana@acme.example"})
    assert (
        excluded_by(
            [Relation("author", email="DANA@acme.example")], ["author"], person="per_2", emails=emails
        )
        == "author"
    )


def test_strangers_machines_and_empty_addresses_are_nobody():
    nobody = [
        Relation("requester"),
        Relation("submitter", email=""),
        Relation("author", email="dana@acme.example"),
    ]
    assert excluded_by(nobody, RELATIONS, person="per_rita", emails={"", "rita@acme.example"}) is None
    assert excluded_by(nobody, RELATIONS, person=None, emails=()) is None


@pytest.mark.parametrize(
    ("comment", "required", "fine"),
    [
        (None, False, True),
        ("", False, True),
        (None, True, False),
        ("", True, False),
        ("          ", False, False),
        (" \t\n \u3000      ", True, False),
        ("aaaaaaaaaaaa", False, False),
        ("aA aA aA aA aA", True, False),
        ("..............", True, False),
        ("too short", True, False),
        ("just right", True, True),
        ("   just right   ", True, True),
        ("   short     ", True, False),
        ("ab" * 1000, True, True),
        ("ab" * 1000 + "c", True, False),
        ("<script>alert(1)</script>", True, True),
        ("确认过了,可以发布这个版本。", True, True),
    ],
)
def test_comments_follow_the_rules_of_the_gate(comment, required, fine):
    assert (comment_problem(comment, required=required) is None) == fine


def test_reject_asks_for_a_comment_whatever_the_gate_says():
    assert may_vote(replace(GOOD, decision="reject")).code == "comment_required"
    assert may_vote(replace(GOOD, decision="reject", comment="  ")).code == "comment_required"


def test_the_gate_may_ask_for_a_comment_on_approve():
    wanting = replace(GOOD, gate_comment="required")
    assert may_vote(wanting).code == "comment_required"
    assert may_vote(replace(wanting, comment="Looked at the change set.")) is None


def test_step_up_is_asked_only_where_the_gate_does_and_only_once():
    assert may_vote(replace(GOOD, gate_step_up=True)).code == "step_up_required"
    assert may_vote(replace(GOOD, gate_step_up=True, stepped_up=True)) is None


def approve(person, *groups):
    return CastVote(person, "approve", frozenset(groups))


BOTH = [approve("rita", "release-managers"), approve("omar", "payments-owners")]
ELIGIBLE = {
    "rita": ["release-managers"],
    "omar": ["payments-owners"],
    "rosa": ["release-managers", "payments-owners"],
}


def test_two_keys_of_two_groups_satisfy_the_gate():
    state = gate_state(SLOTS, BOTH, ELIGIBLE)
    assert state.satisfied
    assert state.filled == {0: ["rita"], 1: ["omar"]}
    assert (state.missing, state.lost, state.rejected_by) == ([], (), None)


def test_one_key_is_not_enough_and_says_what_is_missing():
    state = gate_state(SLOTS, BOTH[:1], ELIGIBLE)
    assert not state.satisfied
    assert state.missing == [Slot("payments-owners", 1)]


def test_one_reject_outweighs_all_approvals():
    state = gate_state(SLOTS, [*BOTH, CastVote("rosa", "reject", frozenset({"release-managers"}))], ELIGIBLE)
    assert not state.satisfied
    assert state.rejected_by == "rosa"
    assert state.filled == {0: ["rita"], 1: ["omar"]}


@pytest.mark.parametrize(
    "now", [{"omar": ["payments-owners"]}, {**ELIGIBLE, "rita": []}, {**ELIGIBLE, "rita": ["auditors"]}]
)
def test_who_left_the_group_counts_no_longer_and_the_others_are_kept(now):
    state = gate_state(SLOTS, BOTH, now)
    assert not state.satisfied
    assert state.lost == ("rita",)
    assert state.filled == {0: [], 1: ["omar"]}
    assert state.missing == [Slot("release-managers", 1)]


def test_who_is_excluded_meanwhile_counts_no_longer():
    state = gate_state(SLOTS, BOTH, ELIGIBLE, excluded=["omar"])
    assert (state.satisfied, state.lost) == (False, ("omar",))


def test_a_vote_does_not_grow_with_groups_joined_later():
    now = {**ELIGIBLE, "rita": ["release-managers", "payments-owners"]}
    state = gate_state([Slot("payments-owners", 1)], BOTH[:1], now)
    assert (state.satisfied, state.lost) == (False, ("rita",))


def test_one_person_in_both_groups_never_satisfies_two_keys_alone():
    state = gate_state(SLOTS, [approve("rosa", "release-managers", "payments-owners")], ELIGIBLE)
    assert not state.satisfied
    assert gate_state(
        SLOTS, [approve("rosa", "release-managers", "payments-owners"), BOTH[0]], ELIGIBLE
    ).satisfied


def test_pending_requests_lapse_by_their_end_and_satisfied_ones_by_their_validity():
    end = expires_at(NOW, 3600)
    assert end == NOW + timedelta(hours=1)
    before = end - timedelta(microseconds=1)
    for state in ("open", "void"):
        assert not expired(state, before, expires_at=end, valid_until=None)
        assert expired(state, end, expires_at=end, valid_until=None)
        assert not expired(state, end, expires_at=None, valid_until=NOW)
    valid = valid_until(NOW, 86_400)
    assert valid == NOW + timedelta(days=1)
    assert not expired("satisfied", end, expires_at=end, valid_until=valid)
    assert expired("satisfied", valid, expires_at=None, valid_until=valid)


@pytest.mark.parametrize("state", ["rejected", "expired", "consumed", "closed"])
def test_what_has_ended_does_not_expire(state):
    assert not expired(state, NOW, expires_at=NOW - timedelta(days=9), valid_until=NOW - timedelta(days=9))


def test_without_limits_nothing_lapses():
    assert expires_at(NOW, None) is None
    assert valid_until(NOW, None) is None
    assert not expired("open", NOW, expires_at=None, valid_until=None)
    assert not expired("satisfied", NOW, expires_at=None, valid_until=None)
