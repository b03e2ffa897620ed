"""The sentence about where a deployment stands: one for every state, and never a brighter one than is known."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.models import Deployment
from deployments.states import HOLDS_LANE, PENDING, TERMINAL, State
from insights.reads.states_in_words import CLEARS, ENDED_FOR_A_REASON, SENTENCES, sentence_of
from kernel.verdicts import Reason

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FREEZE = {"code": "freeze", "text": "prod is frozen.", "how_to_clear": "Wait."}


def row(state, **columns) -> Deployment:
    return Deployment(state=state, **columns)


def test_every_state_has_a_sentence_of_its_own():
    assert set(SENTENCES) == set(State)
    assert len(set(SENTENCES.values())) == len(State)


@pytest.mark.parametrize("state", list(State))
def test_without_anything_recorded_the_sentence_is_the_states_own(state):
    assert sentence_of(row(state)) == Reason(str(state), SENTENCES[state], how_to_clear=CLEARS.get(state))


def test_only_success_is_told_as_success():
    told = [state for state in State if "passed" in sentence_of(row(state)).text]
    assert told == [State.SUCCEEDED]


@pytest.mark.parametrize("state", ["", "nonsense", "<b>done</b>"])
def test_a_state_nobody_knows_is_said_to_be_unknown(state):
    assert sentence_of(row(state)) == Reason(state, "Its state is not known here.")


@pytest.mark.parametrize(
    ("state", "how"),
    [
        (State.NEEDS_HUMAN, "A release manager looks in AWS and records below what was found."),
        (State.UNCERTAIN, "Nothing to do: it goes on by itself, or asks for a person."),
        (
            State.ROLLBACK_FAILED,
            "A release manager looks in AWS; deploy a known release when it is clear.",
        ),
    ],
)
def test_where_it_is_not_known_what_runs_it_is_said_who_clears_that(state, how):
    assert sentence_of(row(state)).how_to_clear == how


@pytest.mark.parametrize("state", sorted(PENDING | ENDED_FOR_A_REASON))
def test_the_first_reason_with_a_text_is_the_sentence_while_it_waits_or_was_refused(state):
    reasons = [{"code": "lane_busy", "text": ""}, FREEZE, {"code": "hold", "text": "On hold."}]
    assert sentence_of(row(state, reasons=reasons)) == Reason(
        "freeze", "prod is frozen.", how_to_clear="Wait."
    )


@pytest.mark.parametrize("state", sorted(set(State) - PENDING - ENDED_FOR_A_REASON))
def test_a_reason_of_a_time_before_is_not_told_of_what_runs_or_ended_otherwise(state):
    assert sentence_of(row(state, reasons=[FREEZE])).text == SENTENCES[state]


def test_a_rejection_names_who_and_why_before_any_stored_reason():
    vote = {"by": "omar", "comment": "<script>alert(1)</script>"}
    found = sentence_of(row(State.REJECTED, reasons=[FREEZE]), vote)
    assert found == Reason("rejected", "Rejected by omar: <script>alert(1)</script>")


@pytest.mark.parametrize("state", sorted(set(State) - {State.REJECTED}))
def test_a_rejecting_vote_says_nothing_of_a_deployment_that_ended_in_another_way(state):
    assert "omar" not in sentence_of(row(state), {"by": "omar", "comment": "No."}).text


def test_a_baseline_claims_no_approval_and_no_tests():
    found = sentence_of(row(State.SUCCEEDED, kind="baseline")).text
    assert found == "Recorded as what already runs; no approval is claimed."


def test_the_newer_release_is_named_where_it_is_known():
    newer = row(State.REQUESTED, version="1.2.0")
    assert sentence_of(row(State.SUPERSEDED, superseded_by=newer)).text == "1.2.0 took its place."
    assert sentence_of(row(State.SUPERSEDED)).text == "A newer release took its place."


def test_the_release_that_runs_again_is_named_where_it_is_known():
    back = sentence_of(row(State.ROLLED_BACK, rolled_back_to="1.0.0")).text
    assert back == "It failed and was rolled back: 1.0.0 runs again."
    failed = sentence_of(row(State.ROLLBACK_FAILED, rolled_back_to="1.0.0")).text
    assert failed == "It failed, and going back failed too. What runs there now is not known."


def test_a_cancellation_with_a_reason_names_who_gave_it():
    told = row(State.CANCELLED, cancel_requested_by="dana", cancel_reason="Wrong version.")
    assert sentence_of(told).text == "Cancelled by dana: Wrong version."
    assert sentence_of(row(State.CANCELLED, cancel_requested_by="dana")).text == "Somebody cancelled it."


@pytest.mark.parametrize("state", list(State))
def test_the_wish_to_stop_is_told_only_while_something_moves_that_can_stop(state):
    text = sentence_of(row(state, cancel_requested_at=AT, cancel_requested_by="dana")).text
    asked = " dana asked to stop; it stops at the next safe point."
    assert text.endswith(asked) is (state in HOLDS_LANE - {State.NEEDS_HUMAN})
    assert not (state in TERMINAL and "asked to stop" in text)


@given(
    st.sampled_from(list(State)),
    st.lists(st.fixed_dictionaries({}, optional={"code": st.text(), "text": st.text()})),
)
def test_there_is_always_a_sentence(state, reasons):
    assert sentence_of(row(state, reasons=reasons)).text
