"""A plan in a few words: what cannot be undone first, and a plan that is not there never reads as no change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.reads.plans import plan_chips, plan_facts

QUEUE = {"action": "Remove", "logical_id": "OldQueue", "type": "AWS::SQS::Queue"}
TABLE = {"action": "Modify", "logical_id": "Ledger", "type": "AWS::DynamoDB::Table", "replacement": "True"}
MAYBE = {**TABLE, "logical_id": "Audit", "replacement": "Conditional"}
ROLE = {"action": "Modify", "logical_id": "Role", "type": "AWS::IAM::Role", "replacement": "False"}
TOPIC = {"action": "Add", "logical_id": "Events", "type": "AWS::SNS::Topic"}
ODD = {"action": "Explode", "logical_id": "Bomb"}


def ids(changes) -> list[str]:
    return [change["logical_id"] for change in changes]


def chips(state, *changes) -> list[tuple]:
    return [(chip["text"], chip["icon"], chip["tone"]) for chip in plan_chips(plan_facts(state, changes))]


def test_deletions_come_first_then_replacements_then_the_rest_by_name():
    facts = plan_facts("ready", [ODD, TOPIC, ROLE, TABLE, MAYBE, QUEUE])
    assert ids(facts.changes) == ["OldQueue", "Audit", "Ledger", "Role", "Events", "Bomb"]
    assert ids(facts.deletions) == ["OldQueue"]
    assert ids(facts.replacements) == ["Audit", "Ledger"]
    assert ids(facts.rights) == ["Role"]


def test_a_deleted_role_is_a_deletion_and_a_change_of_rights():
    facts = plan_facts("ready", [{**ROLE, "action": "Remove"}])
    assert (ids(facts.deletions), ids(facts.rights)) == (["Role"], ["Role"])


@pytest.mark.parametrize(
    ("state", "number", "ended", "words"),
    [
        ("none", 0, False, "nothing changes"),
        ("none", 0, True, "nothing changes"),
        ("ready", 0, False, "no resources change"),
        ("ready", 1, False, "1 resource changes"),
        ("ready", 2, True, "2 resources change"),
        ("ready", 1200, False, "1,200 resources change"),
        ("not_computed", 0, False, "the plan is not there yet"),
        ("not_computed", 0, True, "never computed"),
        ("not_computed", 3, False, "the plan is not there yet"),
        ("failed", 0, False, "the plan is not there yet"),
        ("", 0, True, "never computed"),
    ],
)
def test_the_words_of_a_plan(state, number, ended, words):
    assert plan_facts(state, [TOPIC] * number, ended=ended).in_words() == words


def test_the_chips_of_a_dangerous_plan():
    assert chips("ready", QUEUE, TABLE, MAYBE, ROLE) == [
        ("1 deletion", "trash-2", "danger"),
        ("2 replacements", "replace", "danger"),
        ("Touches IAM", "shield-alert", "attention"),
    ]


def test_a_harmless_plan_needs_no_chip():
    assert chips("ready", TOPIC) == []


def test_no_change_is_said_quietly_and_no_plan_calls_for_attention():
    assert chips("none") == [("Nothing changes", "equal", "")]
    for state in ("not_computed", "failed", "", "whatever"):
        assert chips(state) == [("Plan not computed", "circle-question-mark", "attention")]


@pytest.mark.parametrize("changes", [None, [], {}, "no list", [None, 7, "text", ["x"]]])
def test_what_is_no_change_is_left_out(changes):
    assert plan_facts("ready", changes).changes == ()


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
VALUES = st.sampled_from(["Add", "Remove", "Modify", "True", "Conditional", "AWS::IAM::Role"]) | SCALARS
CHANGES = st.lists(st.dictionaries(st.sampled_from([*TABLE]), VALUES) | SCALARS)


@given(CHANGES)
def test_no_change_is_lost_and_nothing_stands_before_a_deletion(changes):
    facts = plan_facts("ready", changes)
    assert sorted(map(repr, facts.changes)) == sorted(repr(c) for c in changes if isinstance(c, dict))
    dangerous = [*facts.deletions, *facts.replacements]
    assert list(facts.changes[: len(dangerous)]) == dangerous


@given(st.text(max_size=12), CHANGES, st.booleans())
def test_only_the_state_none_reads_as_no_change(state, changes, ended):
    facts = plan_facts(state, changes, ended=ended)
    assert ("nothing changes" in facts.in_words()) is (state == "none")
    assert any(chip["text"] == "Nothing changes" for chip in plan_chips(facts)) is (state == "none")
