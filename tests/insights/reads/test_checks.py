"""The checks of a verdict as rows: each with its own reasons, and none that stops without saying why."""

import re
from pathlib import Path

import pytest

from deployments.bypass import SKIPPABLE
from deployments.rules import CHECKS
from insights.reads.checks import LABELS, OF_CODE, OPEN_THEN, PASSED, UNCONFIRMED, rows_of, stored_rows
from kernel.verdicts import Check, CheckState, Reason, Wait

REASONS = Path(__file__).parents[3] / "docs/reference/reasons.md"
LANE = {"code": "lane_busy", "text": "dep_1 runs there."}
FREEZE = {"code": "freeze", "text": "prod is frozen."}
GLASS = {"code": UNCONFIRMED, "text": "A second release manager must confirm it."}


def codes() -> set[str]:
    """Those of decide(): the published lists of denials and waits."""
    decided = REASONS.read_text().partition("## It could not be decided")[0]
    return set(re.findall(r"^\| `([a-z_]+)` \|", decided, re.MULTILINE))


def test_every_check_has_a_label_a_word_when_it_passed_and_codes():
    assert list(LABELS) == list(PASSED) == list(OF_CODE) == list(CHECKS)


def test_every_published_code_belongs_to_exactly_one_check():
    listed = [code for found in OF_CODE.values() for code in found]
    assert len(listed) == len(set(listed))
    assert {*listed, UNCONFIRMED} == codes()


def test_the_rows_of_a_verdict_keep_order_state_and_reasons():
    reason = Reason("freeze", "prod is frozen.")
    checks = (
        Check("artifact", CheckState.PASS),
        Check("window", CheckState.WAIT, (reason,)),
        Check("lane", CheckState.NOT_REACHED),
    )
    assert rows_of(Wait((reason,), None, checks)) == [
        {
            "name": "artifact",
            "label": "Artifacts",
            "state": "pass",
            "detail": "Every artifact has the digest that CI handed over.",
            "reasons": [],
        },
        {"name": "window", "label": "Window", "state": "wait", "detail": "", "reasons": [reason]},
        {"name": "lane", "label": "Lane", "state": "not_reached", "detail": "", "reasons": []},
    ]


@pytest.mark.parametrize("state", ["wait", "deny", "not_reached", "skipped", "", "nonsense"])
@pytest.mark.parametrize("name", CHECKS)
def test_only_a_check_that_passed_has_the_words_of_one_that_passed(name, state):
    (row,) = stored_rows([{"name": name, "state": state}], [])
    assert (row["state"], row["detail"]) == (state, "")
    (row,) = stored_rows([{"name": name, "state": "pass", "detail": "Something else."}], [])
    assert row["detail"] == PASSED[name]


def test_each_stored_reason_stands_at_its_own_check():
    checks = [{"name": "window", "state": "wait"}, {"name": "lane", "state": "wait"}]
    rows = stored_rows(checks, iter([LANE, FREEZE, {"text": "Without a code."}, {"code": "internal_error"}]))
    assert [row["reasons"] for row in rows] == [[FREEZE], [LANE]]


def test_of_one_that_ended_nothing_waits_any_more():
    checks = [{"name": "plan", "state": "pass"}, {"name": "people", "state": "wait"}]
    checks += [{"name": "window", "state": "deny"}, {"name": "lane", "state": "not_reached"}]
    reasons = [{"code": "approval_needed", "text": "The key of owners is still open."}, FREEZE]
    rows = stored_rows(checks, reasons, over=True)
    assert [row["state"] for row in rows] == ["pass", "ended_here", "deny", "not_reached"]
    assert (rows[1]["reasons"], rows[1]["detail"]) == ([], OPEN_THEN)
    assert rows[2]["reasons"] == [FREEZE]
    assert [row["state"] for row in stored_rows(checks, reasons)][1] == "wait"


def test_what_was_skipped_says_by_whom():
    (row,) = stored_rows([{"name": "window", "state": "skipped", "detail": "Skipped by rita."}], [])
    assert (row["state"], row["detail"], row["reasons"]) == ("skipped", "Skipped by rita.", [])


@pytest.mark.parametrize("name", SKIPPABLE)
def test_a_check_that_waits_for_the_second_person_of_a_break_glass_says_so(name):
    (row,) = stored_rows([{"name": name, "state": "wait"}], [GLASS, GLASS])
    assert row["reasons"] == [GLASS]


def test_the_unconfirmed_break_glass_is_not_told_at_a_check_that_has_its_own_reason_or_does_not_wait():
    checks = [{"name": "window", "state": "wait"}, {"name": "lane", "state": "pass"}]
    rows = stored_rows(checks, [GLASS, FREEZE])
    assert [row["reasons"] for row in rows] == [[FREEZE], []]


def test_a_check_of_another_version_of_the_product_stands_under_its_own_name():
    (row,) = stored_rows([{"name": "moonphase", "state": "pass"}], [FREEZE])
    assert (row["label"], row["detail"], row["reasons"]) == ("Moonphase", "", [])
    assert stored_rows([], [FREEZE]) == []


def test_a_check_that_passed_says_what_it_skipped_now_and_later():
    note = Reason("expedited", "Expedited: staging is skipped.")
    (row,) = rows_of(Wait((), None, (Check("order", CheckState.PASS, (note,)),)))
    assert (row["detail"], row["reasons"]) == (note.text, [])
    (row,) = stored_rows([{"name": "order", "state": "pass", "note": note.text}], [])
    assert (row["detail"], row["reasons"]) == (note.text, [])
