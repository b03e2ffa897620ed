"""What an approver must not miss, in exact words and in the order of what cannot be undone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import RELATIONS
from insights.reads.plans import plan_facts
from insights.reads.red_facts import YOURS, RedFacts, _unknown_in_words, red_facts
from kernel.verdicts import Reason
from pipelines.calendar import Opening
from releases.changes import ChangeList, list_changes

OPEN = Opening(True, None, None)
FROZEN = Opening(
    False, None, None, (Reason("freeze", "prod is frozen."), Reason("outside_window", "No window is open."))
)
QUIET = RedFacts(
    plan=plan_facts("none", []),
    changes=list_changes("forward", [("1.1.0", [])]),
    evidence=[{"state": "pass", "title": "Tests", "name": "unit", "summary": "3 of 3 passed"}],
    missing=[],
    opening=OPEN,
    relations=[],
    excluded=[],
    break_glass=False,
    pending=True,
)


def told(**changes) -> list[tuple[str, str]]:
    return [(fact["title"], fact["more"]) for fact in red_facts(replace(QUIET, **changes))]


def plan(action: str, *names: str, **more):
    return plan_facts("ready", [{"action": action, "logical_id": name, **more} for name in names])


def change_list(state: str, direction: str = "forward", missing=()) -> ChangeList:
    return ChangeList(state, direction, (), (), (), tuple(missing))


def test_where_nothing_is_dangerous_nothing_is_red():
    assert red_facts(QUIET) == []


@pytest.mark.parametrize(
    ("skipped", "title"),
    [
        (("staging",), "This is expedited: staging is skipped"),
        (("qa", "staging"), "This is expedited: qa and staging are skipped"),
    ],
)
def test_what_an_expedited_one_skips_is_said_first_after_a_broken_glass(skipped, title):
    found = told(skipped_stages=skipped, break_glass=True, plan=plan("Remove", "Queue"))
    assert [name for name, _ in found] == ["This breaks the glass", title, "1 resource is deleted"]


@pytest.mark.parametrize(
    ("names", "title", "more"),
    [
        (["Queue"], "1 resource is deleted", "Queue"),
        (["B", "A"], "2 resources are deleted", "A, B"),
        ([*"ABCDEF"], "6 resources are deleted", "A, B, C, D, E, F"),
        ([*"ABCDEFG"], "7 resources are deleted", "A, B, C, D, E, F and 1 more"),
        (["<img onerror=x>"], "1 resource is deleted", "<img onerror=x>"),
    ],
)
def test_deletions_are_counted_and_named(names, title, more):
    assert told(plan=plan("Remove", *names)) == [(title, more)]


def test_replacements_say_that_the_old_one_is_deleted():
    one = plan("Modify", "Ledger", replacement="True")
    two = plan("Modify", "Ledger", "Audit", replacement="Conditional")
    assert told(plan=one) == [("1 resource is replaced: the old one is deleted", "Ledger")]
    assert told(plan=two) == [("2 resources are replaced: the old one is deleted", "Audit, Ledger")]


def test_a_change_of_rights_is_named_and_one_without_a_name_stands_as_a_question_mark():
    facts = plan_facts("ready", [{"action": "Add", "type": "AWS::IAM::Policy"}])
    assert told(plan=facts) == [("Rights in AWS change", "?")]


@pytest.mark.parametrize("state", ["not_computed", "failed", ""])
def test_a_plan_nobody_has_seen_is_red(state):
    more = "AWS has not said what would change. Nobody can judge what nobody has seen."
    assert told(plan=plan_facts(state, [])) == [("The plan is not there yet", more)]
    assert told(plan=plan_facts(state, [], ended=True)) == [("The plan was never computed", more)]


NOT_SUPPLIED = (
    "Change list not supplied",
    "CI posted no commits with these builds. That is not the same as no change.",
)
BACK = (
    "This is a rollback to an older release",
    "It was cut before what runs there now; its newer commits go away.",
)


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        (change_list("supplied"), []),
        (change_list("not_supplied"), [NOT_SUPPLIED]),
        (change_list("not_supplied", "same"), []),
        (change_list("not_supplied", "rollback"), [BACK, NOT_SUPPLIED]),
        (change_list("supplied", "rollback"), [BACK]),
        (
            change_list("unknown", missing=["1.2.0", "1.1.0"]),
            [("The change list has gaps", "Without commits: 1.2.0, 1.1.0.")],
        ),
    ],
)
def test_a_change_list_that_is_not_whole_or_goes_back_is_red(changes, facts):
    assert told(changes=changes) == facts


@pytest.mark.parametrize(
    ("state", "word"), [("fail", "failed"), ("rejected", "could not be read"), ("pass", ""), ("none", "")]
)
def test_evidence_is_red_when_it_failed_or_could_not_be_read(state, word):
    row = {"state": state, "title": "Tests", "name": "unit", "summary": "41 of 42 passed, 1 failed"}
    wanted = [(f"Tests: unit {word}", "41 of 42 passed, 1 failed")] if word else []
    assert told(evidence=[row]) == wanted


def test_missing_evidence_is_one_fact_that_names_all():
    assert told(missing=["Tests", "Coverage"]) == [
        ("No evidence of: tests, coverage", "Missing evidence is not a pass.")
    ]


def test_accounts_of_one_human_count_once():
    more = "rita and rita-admin; bo and bob: joined by an e-mail address or a passkey. They count once."
    assert told(twins=("rita and rita-admin", "bo and bob")) == [("Possible same human", more)]


def test_versions_without_commits_and_unknown_addresses_are_told_apart():
    unknown = ("the authors of 1.3.0", "the authors of 1.2.1", "eve@example.test")
    assert _unknown_in_words(unknown) == (
        "No commits were posted with 1.3.0, 1.2.1. No account here has eve@example.test. "
        "Whoever wrote that could vote on it."
    )
    assert told(unknown=unknown) == [("An author nobody knows", _unknown_in_words(unknown))]
    assert told(unknown=unknown, unknown_blocks=True) == [], "the check of the keys says that it stops"


def test_of_many_unknown_authors_the_rest_is_counted():
    more = "No account here has a, b, c, d, e, f and 2 more. Whoever wrote that could vote on it."
    assert told(unknown=tuple("abcdefgh")) == [("An author nobody knows", more)]


def test_every_relation_of_the_rules_has_its_words():
    assert set(YOURS) == set(RELATIONS)
    for name in RELATIONS:
        assert told(relations=[name]) == [(YOURS[name], "This gate allows it.")]
        assert told(relations=[name], excluded=[name]) == [], "it stands where the buttons would be"


def test_a_closed_place_is_told_with_every_reason_and_only_before_the_start():
    facts = red_facts(replace(QUIET, opening=FROZEN))
    more = "You can decide now; it starts when this is over."
    assert facts == [
        {"icon": "snowflake", "title": "prod is frozen.", "more": more},
        {"icon": "door-closed", "title": "No window is open.", "more": more},
    ]
    assert told(opening=FROZEN, pending=False) == []


def test_what_cannot_be_undone_stands_first():
    found = told(
        break_glass=True,
        plan=plan("Remove", "Queue"),
        changes=change_list("not_supplied"),
        missing=["Tests"],
        unknown=("a@x",),
        relations=["author"],
        opening=FROZEN,
    )
    assert [title for title, _ in found] == [
        "This breaks the glass",
        "1 resource is deleted",
        "Change list not supplied",
        "No evidence of: tests",
        "An author nobody knows",
        "You wrote a commit that is being shipped",
        "prod is frozen.",
        "No window is open.",
    ]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=30))
def test_no_deletion_is_left_uncounted(names):
    title, more = told(plan=plan("Remove", *names))[0]
    assert title.startswith(f"{len(names)} resource")
    assert more.endswith(f" and {len(names) - 6} more") or len(names) <= 6
