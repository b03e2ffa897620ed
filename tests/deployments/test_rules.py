"""The fixed sequence of checks: order, stopping, composing, and the state that follows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.expedited import Expedited
from deployments.rules import CHECKS, WAITING_FOR, Facts, judge, state_for
from deployments.states import HOLDS_LANE, NEXT, PENDING, TERMINAL, State
from kernel.verdicts import Allow, Check, CheckState, Deny, Reason, Wait

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
ASKED = Check("people", CheckState.WAIT, (Reason("approval_needed", "two keys", None, LATER),))
CLOSED = Wait((Reason("freeze", "frozen", None, LATER),), LATER)
GOOD = Facts(
    at=AT,
    application="payments",
    version="1.0.0",
    environment="prod",
    release="rel_1",
    hypothetical=False,
    withdrawn=False,
    withdrawn_reason="",
    artifacts=(("template", "verified", ""),),
    stage={"environment": "prod", "target": {"kind": "x"}, "tests": "required", "soak": 0},
    previous="dev",
    previous_at=AT - timedelta(hours=1),
    returning=False,
    test_problem=None,
    protected=True,
    account="acc_1",
    account_unproved=None,
    plan_state="ready",
    plan_detail="",
    people=Check("people", CheckState.PASS),
    opening=Allow((), LATER),
    not_before=None,
    lane_holder=None,
    lane_ahead=None,
    lane_rejects=None,
    pool="main",
    pool_alive=True,
)
# (what differs, the verdict, the first code, the state it makes, what it waits for)
CASES = [
    ({"withdrawn": True}, "deny", "withdrawn", "withdrawn", ""),
    ({"artifacts": (("t", "mismatch", ""),)}, "deny", "artifact_mismatch", "rejected", ""),
    ({"artifacts": (("t", "pending", ""),)}, "wait", "artifact_unverified", "waiting", "evidence"),
    ({"artifacts": (("t", "missing", ""),)}, "wait", "artifact_unverified", "waiting", "evidence"),
    ({"artifacts": (("t", "unreadable", ""),)}, "wait", "artifact_unverified", "waiting", "evidence"),
    ({"artifacts": ()}, "wait", "artifact_unverified", "waiting", "evidence"),
    ({"stage": None}, "deny", "not_in_pipeline", "rejected", ""),
    ({"previous_at": None}, "deny", "not_promoted_from", "rejected", ""),
    ({"test_problem": "no bundle"}, "deny", "test_spec_missing", "rejected", ""),
    ({"account_unproved": "open role"}, "deny", "account_unproved", "rejected", ""),
    ({"plan_state": "failed"}, "deny", "plan_failed", "failed", ""),
    ({"plan_state": "not_computed"}, "wait", "external_check", "planning", ""),
    ({"plan_state": "not_computed", "pool_alive": False}, "wait", "pool_unavailable", "waiting", "lane"),
    ({"people": ASKED}, "wait", "approval_needed", "needs_approval", ""),
    ({"opening": CLOSED}, "wait", "freeze", "waiting", "window"),
    ({"not_before": LATER}, "wait", "scheduled", "waiting", "schedule"),
    ({"lane_holder": ("dep_2", "0.9", "running")}, "wait", "lane_busy", "waiting", "lane"),
    ({"lane_ahead": ("dep_2", "0.9")}, "wait", "lane_busy", "waiting", "lane"),
    ({"lane_locked": ("dep_2", "0.9")}, "wait", "lane_busy", "waiting", "lane"),
    ({"pool_alive": False}, "wait", "pool_unavailable", "waiting", "lane"),
    ({"lane_rejects": "0.9 (dep_2)"}, "deny", "lane_rejected", "rejected", ""),
]


@pytest.mark.parametrize(("change", "verdict", "code", "state", "waits"), CASES)
def test_each_fault_alone_gives_its_reason_and_its_state(change, verdict, code, state, waits):
    found = judge(replace(GOOD, **change))
    assert (found.word, found.reasons[0].code) == (verdict, code)
    assert state_for(found) == (State(state), waits)


def test_a_mismatch_is_one_sentence_with_digests_a_person_can_compare():
    detail = f"expected sha256:{'a' * 64}, found sha256:{'b' * 64}."
    found = judge(replace(GOOD, artifacts=(("t", "mismatch", detail),)))
    assert found.reasons[0].text == (
        f"The artifact t is not what was handed over: expected sha256:{'a' * 12}…, found sha256:{'b' * 12}…."
    )


def test_nothing_wrong_is_allowed_until_the_opening_closes():
    found = judge(GOOD)
    assert isinstance(found, Allow)
    assert found.until == LATER
    assert {check.state for check in found.checks} == {CheckState.PASS}


def test_a_soak_waits_until_a_known_instant():
    facts = replace(GOOD, stage={**GOOD.stage, "soak": 7200})
    found = judge(facts)
    assert (found.reasons[0].code, found.until) == ("soak_unfinished", GOOD.previous_at + timedelta(hours=2))
    assert isinstance(judge(replace(facts, at=found.until)), Allow)


SKIPS = Expedited(("staging",), waives_soak=True)


def order_of(**changes):
    return next(check for check in judge(replace(GOOD, **changes)).checks if check.name == "order")


def test_an_expedited_way_passes_the_order_and_says_what_it_skips():
    found = order_of(expedited=SKIPS, previous="dev")
    assert found.state == "pass"
    assert [(r.code, r.text) for r in found.reasons] == [
        ("expedited", f"Expedited: staging is skipped; {GOOD.version} has succeeded in dev.")
    ]
    alone = order_of(expedited=Expedited(("dev", "staging"), True), previous=None, previous_at=None)
    assert (alone.state, alone.reasons[0].text) == (
        "pass",
        "Expedited: dev and staging are skipped; no stage before is asked for.",
    )


def test_the_stage_that_is_not_skipped_is_asked_for():
    found = judge(replace(GOOD, expedited=SKIPS, previous="dev", previous_at=None))
    assert (found.word, found.reasons[0].code) == ("deny", "not_promoted_from")
    assert "dev" in found.reasons[0].text


def test_the_time_in_a_skipped_stage_is_not_waited_for_and_in_another_it_is():
    soaking = {"stage": {**GOOD.stage, "soak": 7200}}
    assert order_of(**soaking, expedited=SKIPS).state == "pass"
    assert (
        order_of(**soaking, expedited=replace(SKIPS, waives_soak=False)).reasons[0].code == "soak_unfinished"
    )


def test_a_way_that_nobody_defines_is_denied_even_where_the_usual_one_is_open():
    found = judge(replace(GOOD, expedited=Expedited(None)))
    assert (found.word, found.reasons[0].code, state_for(found)) == (
        "deny",
        "expedited_not_defined",
        (State.REJECTED, ""),
    )
    assert "breaks the glass" in found.reasons[0].how_to_clear


@pytest.mark.parametrize(("change", "verdict", "code", "state", "waits"), CASES)
def test_an_expedited_way_gets_past_nothing_but_the_order(change, verdict, code, state, waits):
    """Every fault of every other check stops it just the same."""
    usual = judge(replace(GOOD, **change))
    urgent = judge(replace(GOOD, **change, expedited=Expedited((), False)))
    assert (urgent.word, urgent.reasons) == (usual.word, usual.reasons)
    assert state_for(urgent) == (State(state), waits)


def test_an_early_failure_stops_the_sequence_and_bothers_nobody():
    found = judge(replace(GOOD, previous_at=None, people=ASKED, opening=CLOSED))
    states = {check.name: check.state for check in found.checks}
    assert [states[name] for name in CHECKS] == [
        "pass", "deny", "not_reached", "not_reached", "not_reached", "not_reached", "not_reached",
    ]  # fmt: skip


def test_people_window_and_lane_are_all_listed_and_the_first_makes_the_state():
    found = judge(replace(GOOD, people=ASKED, opening=CLOSED, lane_holder=("d", "1", "running")))
    assert [reason.code for reason in found.reasons] == ["approval_needed", "freeze", "lane_busy"]
    assert found.until is None  # nobody knows when the lane is free
    assert state_for(found)[0] == State.NEEDS_APPROVAL


def test_the_instant_is_known_only_when_every_reason_has_one():
    assert judge(replace(GOOD, people=ASKED, opening=CLOSED)).until == LATER


def test_a_hypothetical_question_does_not_need_a_plan():
    found = judge(replace(GOOD, hypothetical=True, plan_state="not_computed", people=ASKED))
    states = {check.name: check.state for check in found.checks}
    assert (states["plan"], states["people"], states["lane"]) == ("not_reached", "wait", "pass")


def test_a_rollback_does_not_ask_for_promotion():
    assert isinstance(judge(replace(GOOD, returning=True, previous_at=None)), Allow)


def test_a_lane_locked_by_a_failed_rollback_is_opened_by_a_rollback():
    locked = replace(GOOD, lane_locked=("dep_2", "0.9"))
    assert "what runs there is not known" in judge(locked).reasons[0].text
    assert isinstance(judge(replace(locked, returning=True)), Allow)


@given(st.lists(st.sampled_from(CASES), min_size=1, max_size=4))
def test_any_mixture_of_faults_never_allows_and_a_denial_wins(cases):
    facts = GOOD
    for change, *_ in cases:
        facts = replace(facts, **change)
    found = judge(facts)
    denied = any(check.state == CheckState.DENY for check in found.checks)
    assert isinstance(found, Deny if denied else Wait)
    assert found.reasons


def test_every_wait_code_says_what_is_waited_for():
    assert set(WAITING_FOR.values()) == {"window", "lane", "schedule", "evidence", "external"}


def test_every_state_has_a_row_and_is_reached_and_ends_are_ends():
    assert set(NEXT) == set(State)
    reached = {State.REQUESTED}.union(*NEXT.values())
    assert reached == set(State)
    assert not TERMINAL & (PENDING | HOLDS_LANE)
    assert set(State) == TERMINAL | PENDING | HOLDS_LANE
