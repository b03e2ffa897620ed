import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import binding
from approvals.binding import (
    FIELDS_V1,
    SubjectInvalid,
    UnknownSchema,
    canonical,
    changed_fields,
    content_hash,
    subject,
    what_differs,
)

DIGEST_A, DIGEST_B, DIGEST_C = ("sha256:" + char * 64 for char in "abc")


def fields(**changes) -> dict:
    return {
        "application": "payments",
        "version": "1.4.2",
        "artifacts": [{"name": "template", "digest": DIGEST_A}, {"name": "function", "digest": DIGEST_B}],
        "environment": "prod",
        "account": "333333333333",
        "region": "eu-west-1",
        "role_arn": "arn:aws:iam::333333333333:role/deploy",
        "target_kind": "cloudformation-stack",
        "parameters": {"target": {"stack": "payments-prod", "parameters": {"Stage": "prod"}}, "request": {}},
        "plan_digest": DIGEST_C,
        "pipeline_version": 7,
        "test_specs": [DIGEST_A],
        "gate_version": 2,
        **changes,
    }


# One honest change per bound field. The census below fails if a field is bound and has no entry here.
CHANGES = {
    "application": "storefront",
    "version": "1.4.3",
    "artifacts": [{"name": "template", "digest": DIGEST_A}, {"name": "function", "digest": DIGEST_C}],
    "environment": "prod-eu",
    "account": "222222222222",
    "region": "eu-central-1",
    "role_arn": "arn:aws:iam::333333333333:role/admin",
    "target_kind": "s3-site",
    "parameters": {
        "target": {"stack": "payments-prod", "parameters": {"Stage": "production"}},
        "request": {},
    },
    "plan_digest": DIGEST_B,
    "pipeline_version": 8,
    "test_specs": [DIGEST_B],
    "gate_version": 3,
}


def test_every_bound_field_has_a_change_that_is_tested():
    assert set(CHANGES) == set(FIELDS_V1)
    assert list(binding.KNOWN_SCHEMAS) == ["v1"]


def test_the_list_of_bound_fields_is_the_published_one():
    assert FIELDS_V1 == (
        "application", "version", "artifacts", "environment", "account", "region", "role_arn", "target_kind",
        "parameters", "plan_digest", "pipeline_version", "test_specs", "gate_version",
    )  # fmt: skip


@pytest.mark.parametrize("name", FIELDS_V1)
def test_a_change_of_a_bound_field_changes_the_hash_and_is_named(name):
    old, new = subject(**fields()), subject(**fields(**{name: CHANGES[name]}))
    assert content_hash(old) != content_hash(new)
    assert changed_fields(old, new) == [name]
    assert changed_fields(new, old) == [name]


@pytest.mark.parametrize("name", FIELDS_V1)
def test_a_missing_bound_field_is_refused(name):
    with pytest.raises(SubjectInvalid, match=name):
        subject(**{key: value for key, value in fields().items() if key != name})


@pytest.mark.parametrize("name", ["title", "comment", "labels", "reviewers", "schema", "window"])
def test_an_unknown_field_is_refused_and_never_hashed_silently(name):
    with pytest.raises(SubjectInvalid, match=name):
        subject(**fields(), **{name: "x"})


def test_the_subject_holds_exactly_the_bound_fields_and_its_schema():
    made = subject(**fields())
    assert set(made) == {*FIELDS_V1, "schema"}
    assert made["schema"] == "v1"


def test_the_hash_is_the_sha256_of_the_canonical_bytes_and_those_are_sorted_json_without_spaces():
    made = subject(**fields())
    expected = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical(made) == expected
    assert content_hash(made) == "sha256:" + hashlib.sha256(expected).hexdigest()


def test_the_hash_of_a_known_subject_never_changes():
    assert content_hash(subject(**fields())) == (
        "sha256:" + hashlib.sha256(
            b'{"account":"333333333333","application":"payments","artifacts":[{"digest":"' + DIGEST_B.encode()
            + b'","name":"function"},{"digest":"' + DIGEST_A.encode()
            + b'","name":"template"}],"environment":"prod","gate_version":2,"parameters":{"request":{},'
            b'"target":{"parameters":{"Stage":"prod"},"stack":"payments-prod"}},"pipeline_version":7,"plan_digest":"'
            + DIGEST_C.encode()
            + b'","region":"eu-west-1",'
            b'"role_arn":"arn:aws:iam::333333333333:role/deploy","schema":"v1",'
            b'"target_kind":"cloudformation-stack","test_specs":["'
            + DIGEST_A.encode() + b'"],"version":"1.4.2"}'
        ).hexdigest()
    )  # fmt: skip


def test_a_subject_that_went_through_json_keeps_its_hash():
    made = subject(**fields())
    assert content_hash(json.loads(json.dumps(made))) == content_hash(made)


def test_the_order_of_artifacts_parameters_and_specs_does_not_matter():
    one = subject(**fields(test_specs=[DIGEST_A, DIGEST_B], parameters={"a": 1, "b": 2}))
    other = subject(
        **fields(
            test_specs=[DIGEST_B, DIGEST_A],
            parameters={"b": 2, "a": 1},
            artifacts=fields()["artifacts"][::-1],
        )
    )
    assert content_hash(one) == content_hash(other)
    assert changed_fields(one, other) == []


def test_several_changes_are_named_in_the_published_order():
    old, new = subject(**fields()), subject(**fields(gate_version=9, version="2", plan_digest=None))
    assert changed_fields(old, new) == ["version", "plan_digest", "gate_version"]


def test_true_is_not_one_and_text_is_not_a_number():
    one, true, text = (subject(**fields(parameters={"n": value})) for value in (1, True, "1"))
    assert len({content_hash(one), content_hash(true), content_hash(text)}) == 3
    assert changed_fields(one, true) == ["parameters"]
    assert changed_fields(one, text) == ["parameters"]


@pytest.mark.parametrize("version", ["v2", "v0", "", None, 1, ["v1"], {}])
def test_an_unknown_schema_version_is_refused_and_never_skipped(version):
    made = {**subject(**fields()), "schema": version}
    for call in (
        canonical,
        content_hash,
        lambda s: changed_fields(s, s),
        lambda s: changed_fields(subject(**fields()), s),
    ):
        with pytest.raises(UnknownSchema):
            call(made)


def test_a_subject_without_a_schema_is_refused():
    made = subject(**fields())
    del made["schema"]
    with pytest.raises(UnknownSchema):
        content_hash(made)


def test_a_stored_subject_with_a_field_too_many_or_too_few_is_refused():
    made = subject(**fields())
    with pytest.raises(SubjectInvalid, match="extra"):
        content_hash({**made, "extra": 1})
    del made["region"]
    with pytest.raises(SubjectInvalid, match="region"):
        content_hash(made)


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"ratio": 0.5}},
        {"parameters": {"nested": [{"deep": 1.0}]}},
        {"parameters": {"n": 2**53}},
        {"parameters": {"n": -(2**53)}},
        {"parameters": {1: "x"}},
        {"parameters": {"x": b"bytes"}},
        {"parameters": {"x": {"a set"}}},
        {"parameters": {"x": "\ud800"}},
        {"parameters": {"\udfff": 1}},
        {"parameters": "text"},
        {"parameters": None},
        {"pipeline_version": "7"},
        {"pipeline_version": True},
        {"pipeline_version": 7.0},
        {"gate_version": None},
        {"application": ""},
        {"application": None},
        {"environment": 3},
        {"plan_digest": 3},
        {"artifacts": None},
        {"artifacts": {"template": DIGEST_A}},
        {"artifacts": [{"name": "template"}]},
        {"artifacts": [{"name": "template", "digest": DIGEST_A, "size": 3}]},
        {"artifacts": [{"name": 1, "digest": DIGEST_A}]},
        {"artifacts": ["template"]},
        {"artifacts": [{"name": "t", "digest": DIGEST_A}, {"name": "t", "digest": DIGEST_B}]},
        {"test_specs": DIGEST_A},
        {"test_specs": [None]},
    ],
    ids=str,
)
def test_what_has_no_single_canonical_form_is_refused(changes):
    with pytest.raises(SubjectInvalid):
        subject(**fields(**changes))


def test_nesting_without_end_is_refused_without_a_crash():
    deep = {}
    for _ in range(5000):
        deep = {"x": deep}
    with pytest.raises(SubjectInvalid, match="deeply"):
        subject(**fields(parameters=deep))


def test_the_subject_is_a_copy_that_later_edits_do_not_reach():
    given_fields = fields()
    made = subject(**given_fields)
    before = content_hash(made)
    given_fields["parameters"]["target"]["stack"] = "other"
    given_fields["artifacts"][0]["digest"] = DIGEST_C
    assert content_hash(made) == before


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), plain),
    st.dictionaries(st.sampled_from("abc"), plain),
)
def test_two_subjects_have_one_hash_exactly_when_no_field_is_said_to_differ(one, other):
    first, second = subject(**fields(parameters=one)), subject(**fields(parameters=other))
    assert (content_hash(first) == content_hash(second)) == (changed_fields(first, second) == [])
    assert content_hash(json.loads(json.dumps(first))) == content_hash(first)


def test_content_of_an_unknown_schema_differs_by_its_schema_and_ours_must_be_known():
    ours, foreign = subject(**fields()), {"schema": "v9", "colour": "blue"}
    assert what_differs(foreign, ours) == what_differs({}, ours) == ["schema"]
    assert what_differs(ours, {**ours, "region": "us-east-1"}) == changed_fields(
        ours, {**ours, "region": "us-east-1"}
    )
    assert what_differs(ours, ours) == []
    with pytest.raises(UnknownSchema):
        what_differs(ours, foreign)
