"""Reminders at a quarter and at half of the time for votes, escalation at three quarters (C09)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.timetable import ESCALATION, REMINDERS, Step, columns, next_step

OPENED = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
GATE = {"expires_in": 4 * 86_400, "escalation": "duty"}
ENDS = OPENED + 4 * DAY


def walked(gate: dict, ends: datetime | None) -> list[Step]:
    steps, done = [], 0
    while (step := next_step(gate, ends, done)) is not None:
        steps.append(step)
        done = step.percent
    return steps


def test_people_are_reminded_twice_and_then_another_group_is_shown_it():
    assert walked(GATE, ENDS) == [
        Step(25, OPENED + DAY),
        Step(50, OPENED + 2 * DAY),
        Step(75, OPENED + 3 * DAY, "duty"),
    ]


@pytest.mark.parametrize("nobody", [None, ""])
def test_without_an_escalation_group_it_ends_with_the_reminders(nobody):
    assert [step.percent for step in walked({**GATE, "escalation": nobody}, ENDS)] == [25, 50]


@pytest.mark.parametrize(("gate", "ends"), [(GATE, None), ({**GATE, "expires_in": None}, ENDS), ({}, ENDS)])
def test_what_has_no_end_has_no_timetable(gate, ends):
    assert next_step(gate, ends) is None
    assert columns(gate, ends) == {"reminded": 0, "remind_at": None, "escalated_to": ""}


def test_the_columns_hold_what_was_told_and_when_the_next_is_due():
    assert columns(GATE, ENDS) == {"reminded": 0, "remind_at": OPENED + DAY, "escalated_to": ""}
    assert columns(GATE, ENDS, 50) == {"reminded": 50, "remind_at": OPENED + 3 * DAY, "escalated_to": ""}
    assert columns(GATE, ENDS, 75, "duty") == {"reminded": 75, "remind_at": None, "escalated_to": "duty"}


@given(seconds=st.integers(60, 30 * 86_400), group=st.sampled_from([None, "", "duty"]))
def test_every_step_lies_strictly_inside_the_time_and_in_order(seconds, group):
    gate = {"expires_in": seconds, "escalation": group}
    ends = OPENED + timedelta(seconds=seconds)
    steps = walked(gate, ends)
    instants = [OPENED, *(step.at for step in steps), ends]
    assert instants == sorted(set(instants))
    assert [step.percent for step in steps] == [*REMINDERS, *([ESCALATION] if group else [])]
    assert all((step.at - OPENED) / timedelta(seconds=seconds) * 100 == step.percent for step in steps)
