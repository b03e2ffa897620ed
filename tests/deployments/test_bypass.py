"""What a break-glass skips, and when its review is due."""

from datetime import UTC, datetime

import pytest

from deployments.bypass import SKIPPABLE, Bypass, pass_over, review_due, skipped_in_words
from kernel.verdicts import Check, CheckState, Reason

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)  # a Friday
REASON = Reason("approval_needed", "A key is open.")


def bypass(*skip: str, confirmed: bool = True) -> Bypass:
    return Bypass("rev_1", "rita", "Payments are down.", "INC-7", frozenset(skip), AT, confirmed)


@pytest.mark.parametrize("name", ["artifact", "order", "standards", "plan", "people", "window", "lane"])
@pytest.mark.parametrize("state", [CheckState.WAIT, CheckState.DENY])
def test_only_what_is_named_is_skipped(name, state):
    check = Check(name, state, (REASON,))
    assert pass_over(bypass("people"), check).state == (CheckState.SKIPPED if name == "people" else state)
    assert pass_over(None, check) is check


def test_what_passes_has_passed_and_is_not_called_skipped():
    assert pass_over(bypass(*SKIPPABLE), Check("window", CheckState.PASS)).state == CheckState.PASS


def test_an_unconfirmed_break_glass_waits_for_the_second_person_and_skips_nothing():
    found = pass_over(bypass("order", confirmed=False), Check("order", CheckState.DENY, (REASON,)))
    assert (found.state, found.reasons[0].code) == (CheckState.WAIT, "break_glass_unconfirmed")


def test_a_skipped_check_says_who_and_why_and_what_it_would_have_said():
    text = skipped_in_words(bypass("people"), Check("people", CheckState.SKIPPED, (REASON,)))
    assert all(word in text for word in ("rita", "INC-7", "Payments are down.", "A key is open."))


@pytest.mark.parametrize(
    ("days", "due"),
    [(1, datetime(2026, 11, 30, 3, 0, tzinfo=UTC)), (2, datetime(2026, 12, 1, 3, 0, tzinfo=UTC))],
)
def test_a_weekend_is_no_time_to_review_in(days, due):
    assert review_due(AT, days) == due
