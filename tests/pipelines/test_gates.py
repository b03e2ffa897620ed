"""The form of a gate."""

import pytest

from pipelines.gates import complete, gate_errors, gate_warnings, named_groups, resolved


def test_an_empty_gate_is_completed_with_the_published_defaults():
    for nothing in (None, {}):
        assert complete(nothing, protected=False) == {
            "slots": [],
            "exclude": [],
            "expires_in": 604_800,
            "valid_for": 86_400,
            "step_up": False,
            "comment": "optional",
            "unknown_authors": "flag",
            "escalation": None,
        }


def test_a_protected_place_keeps_requester_submitter_and_authors_out_by_itself():
    assert complete({}, protected=True)["exclude"] == ["author", "requester", "submitter"]
    assert complete({"exclude": []}, protected=True)["exclude"] == []


def test_a_slot_without_a_count_is_one_key():
    assert complete({"slots": [{"group": "keys"}]}, protected=False)["slots"] == [
        {"group": "keys", "count": 1}
    ]


def _errors(**gate) -> list[tuple[str, str]]:
    found = gate_errors(complete(gate, protected=False), groups={"keys"})
    return [(error["pointer"], error["code"]) for error in found]


def test_who_is_asked_on_an_expedited_path_is_kept_only_where_it_is_said():
    urgent = {"expedited_slots": [{"group": "keys"}]}
    assert complete(urgent, protected=False)["expedited_slots"] == [{"group": "keys", "count": 1}]
    for nothing in ({}, {"expedited_slots": None}):
        assert "expedited_slots" not in complete(nothing, protected=False)


@pytest.mark.parametrize(
    ("slots", "pointer", "code"),
    [
        ([], "/gate/expedited_slots", "slots_invalid"),
        ([{"group": "keys"}] * 21, "/gate/expedited_slots", "slots_invalid"),
        ([{"group": "nobody"}], "/gate/expedited_slots/0/group", "group_unknown"),
        ([{"group": "keys", "count": 0}], "/gate/expedited_slots/0/count", "count_invalid"),
    ],
)
def test_an_expedited_path_asks_somebody_who_is_there(slots, pointer, code):
    assert _errors(slots=[{"group": "keys"}], expedited_slots=slots) == [(pointer, code)]


def test_a_good_gate_has_nothing_wrong():
    assert (
        _errors(
            slots=[{"group": "keys", "count": 2}, {"group": "@owners", "count": 1}],
            exclude=["requester", "submitter", "author", "pipeline_editor"],
            expires_in=60,
            valid_for=2_592_000,
            comment="required",
        )
        == []
    )


@pytest.mark.parametrize(
    ("gate", "pointer", "code"),
    [
        ({"slots": [{"group": "nobody", "count": 1}]}, "/gate/slots/0/group", "group_unknown"),
        ({"slots": [{"group": "@everyone", "count": 1}]}, "/gate/slots/0/group", "group_unknown"),
        ({"slots": [{"group": "keys", "count": 0}]}, "/gate/slots/0/count", "count_invalid"),
        ({"slots": [{"group": "keys", "count": -1}]}, "/gate/slots/0/count", "count_invalid"),
        ({"slots": [{"group": "keys", "count": 21}]}, "/gate/slots/0/count", "count_invalid"),
        ({"slots": [{"group": "keys", "count": 1}] * 21}, "/gate/slots", "slots_invalid"),
        ({"exclude": ["nobody"]}, "/gate/exclude/0", "relation_unknown"),
        ({"expires_in": 59}, "/gate/expires_in", "seconds_invalid"),
        ({"expires_in": 0}, "/gate/expires_in", "seconds_invalid"),
        ({"expires_in": 2_592_001}, "/gate/expires_in", "seconds_invalid"),
        ({"valid_for": -1}, "/gate/valid_for", "seconds_invalid"),
        ({"comment": "never"}, "/gate/comment", "comment_invalid"),
        ({"escalation": "nobodies"}, "/gate/escalation", "group_unknown"),
        ({"unknown_authors": "ignore"}, "/gate/unknown_authors", "unknown_authors_invalid"),
    ],
)
def test_what_is_wrong_is_named_with_its_pointer(gate, pointer, code):
    assert _errors(**gate) == [(pointer, code)]


def test_owners_are_resolved_and_nothing_else_changes():
    slots = [{"group": "@owners", "count": 2}, {"group": "keys", "count": 1}]
    assert resolved(slots, "web-owners") == [
        {"group": "web-owners", "count": 2},
        {"group": "keys", "count": 1},
    ]
    assert slots[0]["group"] == "@owners"


@pytest.mark.parametrize("group", ["keys", "@owners", None, ""])
def test_a_gate_may_escalate_to_a_group_there_is_to_the_owners_or_to_nobody(group):
    assert _errors(escalation=group) == []


@pytest.mark.parametrize(
    ("slots", "escalation", "codes"),
    [
        (["keys", "duty"], "keys", ["escalation_to_same_group"]),
        (["@owners"], "@owners", ["escalation_to_same_group"]),
        (["keys", "duty"], "duty", []),
        (["keys"], None, []),
        ([], "keys", []),
    ],
)
def test_escalating_to_whoever_is_asked_first_is_allowed_and_warned_of(slots, escalation, codes):
    gate = {"slots": [{"group": group, "count": 1} for group in slots], "escalation": escalation}
    assert [warning["code"] for warning in gate_warnings(gate)] == codes


def test_a_gate_names_every_group_it_mentions_once():
    gate = {"slots": [{"group": "keys"}, {"group": "@owners"}], "escalation": "duty"}
    assert named_groups(gate) == {"keys", "@owners", "duty"}
    assert named_groups({**gate, "escalation": None}) == {"keys", "@owners"}
