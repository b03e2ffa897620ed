"""Expedited paths as code: what is wrong is named with its line, and a team alone cannot ask fewer people with one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.expedited import MAX_PATHS, asked_slots, path_to, slots_added, slots_of_gate
from pipelines.schema import SchemaProblems, parse

KINDS = {"s3-site": {"type": "object", "additionalProperties": False}}
STAGES = "application: payments\nstages:\n" + "".join(
    f"  - {{environment: {name}, target: {{kind: s3-site}}}}\n" for name in ("dev", "qa", "staging", "prod")
)
KEY = {"group": "keys", "count": 1}
OTHER = {"group": "others", "count": 2}


def read(*lines: str):
    return parse(STAGES + "\n".join(lines) + "\n", KINDS)


def found(*lines: str) -> list[tuple]:
    with pytest.raises(SchemaProblems) as refused:
        read(*lines)
    return [(p.code, p.pointer, p.line, p.column) for p in refused.value.problems]


def test_a_path_is_read_with_what_it_skips_and_whom_it_asks():
    spec = read(
        "expedited:",
        "  - environment: prod",
        "    skip: [qa, staging]",
        "    slots: [{group: keys}, {group: '@owners', count: 2}]",
        "  - {environment: staging, skip: [qa]}",
    )
    assert spec.as_dict()["expedited"] == [
        {
            "environment": "prod",
            "skip": ["qa", "staging"],
            "slots": [KEY, {"group": "@owners", "count": 2}],
        },
        {"environment": "staging", "skip": ["qa"], "slots": []},
    ]


@pytest.mark.parametrize("lines", [[], ["expedited: []"]])
def test_a_pipeline_without_a_path_is_stored_as_before(lines):
    assert set(read(*lines).as_dict()) == {"stages"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("{environment: nowhere, skip: [qa]}", ("unknown_stage", "/expedited/0/environment", 8, 19)),
        ("{environment: prod, skip: [nowhere]}", ("unknown_stage", "/expedited/0/skip/0", 8, 32)),
        ("{environment: prod, skip: [7]}", ("unknown_stage", "/expedited/0/skip/0", 8, 32)),
        ("{environment: prod, skip: [prod]}", ("skip_not_before", "/expedited/0/skip/0", 8, 32)),
        ("{environment: qa, skip: [dev, staging]}", ("skip_not_before", "/expedited/0/skip/1", 8, 35)),
        ("{environment: dev, skip: [dev]}", ("skip_not_before", "/expedited/0/skip/0", 8, 31)),
        ("{environment: prod, skip: []}", ("skip_empty", "/expedited/0/skip", 8, 31)),
        ("{environment: prod, skip: [qa, qa]}", ("duplicate_stage", "/expedited/0/skip/1", 8, 36)),
        ("{environment: prod, skip: staging}", ("type_invalid", "/expedited/0/skip", 8, 31)),
        ("{environment: prod}", ("required", "/expedited/0", 8, 5)),
        ("{skip: [qa]}", ("required", "/expedited/0", 8, 5)),
        ("{environment: prod, skip: [qa], force: true}", ("unknown_field", "/expedited/0/force", 8, 37)),
        ("{environment: prod, skip: [qa], slots: 3}", ("type_invalid", "/expedited/0/slots", 8, 44)),
        (
            "{environment: prod, skip: [qa], slots: [{group: keys, count: 0}]}",
            ("value_invalid", "/expedited/0/slots/0/count", 8, 66),
        ),
    ],
)
def test_what_is_wrong_with_a_path_is_named_with_its_line_and_column(path, expected):
    assert found("expedited:", f"  - {path}") == [expected]


def test_a_second_path_to_the_same_place_is_named():
    path = "  - {environment: prod, skip: [qa]}"
    assert found("expedited:", path, path) == [("duplicate_environment", "/expedited/1/environment", 9, 19)]


@pytest.mark.parametrize("value", ["{environment: prod, skip: [qa]}", "yes please", "7"])
def test_what_is_no_list_is_refused(value):
    assert [code for code, *_ in found(f"expedited: {value}")] == ["type_invalid"]


def test_more_paths_than_there_can_be_stages_are_refused():
    rows = ["  - {environment: prod, skip: [qa]}"] * (MAX_PATHS + 1)
    assert [code for code, *_ in found("expedited:", *rows)] == ["type_invalid"]


def test_the_path_is_found_by_where_it_leads():
    spec = read("expedited:", "  - {environment: prod, skip: [qa]}").as_dict()
    assert path_to(spec, "prod")["skip"] == ["qa"]
    assert path_to(spec, "staging") is None
    assert path_to({"stages": []}, "prod") is None
    assert path_to(None, "prod") is None


def test_who_is_asked_on_a_path_is_the_environments_word_and_then_more():
    path = {"slots": [OTHER]}
    assert asked_slots({"slots": [KEY]}, []) == [KEY]
    assert asked_slots({"slots": [KEY]}, [OTHER], path) == [KEY, OTHER, OTHER]
    urgent = {"slots": [KEY], "expedited_slots": [OTHER]}
    assert asked_slots(urgent, []) == [KEY], "the usual way asks the usual people"
    assert asked_slots(urgent, [KEY], path) == [OTHER, KEY, OTHER]
    assert asked_slots(None, [], {"slots": []}) == []


SLOT = st.fixed_dictionaries({"group": st.sampled_from("abc"), "count": st.integers(1, 3)})
SLOTS = st.lists(SLOT, max_size=4)


@given(gate=SLOTS, stage=SLOTS, path=SLOTS)
def test_whatever_a_team_writes_nobody_of_the_environments_gate_is_left_out(gate, stage, path):
    """A pipeline may add slots, never remove any: on the usual way and on every path."""
    for asked in (asked_slots({"slots": gate}, stage), asked_slots({"slots": gate}, stage, {"slots": path})):
        assert asked[: len(gate)] == gate
        assert asked[len(gate) : len(gate) + len(stage)] == stage


def test_every_slot_there_is_is_found_for_whoever_looks_after_keys():
    assert slots_of_gate({"slots": [KEY], "expedited_slots": [OTHER]}) == [KEY, OTHER]
    assert slots_of_gate({}) == slots_of_gate(None) == []
    spec = {
        "stages": [{"environment": "dev", "slots": [KEY]}, {"environment": "prod", "slots": []}],
        "expedited": [{"environment": "prod", "skip": ["dev"], "slots": [OTHER]}],
    }
    assert slots_added(spec) == [KEY, OTHER]
    assert slots_added(spec, "prod") == [OTHER]
    assert slots_added({"stages": []}) == []
