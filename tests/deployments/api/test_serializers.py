"""Bodies of the deployments API: strict about shape, silent about rules."""

import pytest

from deployments.actions.resolve import OUTCOMES
from deployments.api import serializers as bodies
from kernel.rest import ReasonIn

PLACE = {"application": "payments", "version": "1.0.0", "environment": "dev"}
GOOD = {
    bodies.DeploymentIn: PLACE,
    bodies.ParametersIn: {"parameters": {"A": "b"}},
    ReasonIn: {"reason": "why"},
    bodies.ResolveIn: {"outcome": OUTCOMES[0], "reason": "why"},
    bodies.BaselineIn: {**PLACE, "reason": "why"},
    bodies.VoteIn: {"decision": "approve", "content_hash": "sha256:1"},
}
KINDS = list(GOOD)


def wrong(kind, body) -> list[str]:
    reader = kind(data=body)
    assert not reader.is_valid()
    return sorted(reader.errors)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_body_is_read(kind):
    reader = kind(data=GOOD[kind])
    assert reader.is_valid()
    assert dict(reader.validated_data) == GOOD[kind]


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in KINDS for field in GOOD[kind]])
def test_every_member_is_needed_and_null_is_none(kind, field):
    assert wrong(kind, {name: value for name, value in GOOD[kind].items() if name != field}) == [field]
    assert wrong(kind, {**GOOD[kind], field: None}) == [field]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_member_is_refused(kind):
    assert "surprise" in str(wrong(kind, {**GOOD[kind], "surprise": 1}))


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_a_body_is_an_object(body):
    assert not bodies.VoteIn(data=body).is_valid()


def test_a_comment_is_kept_as_it_was_typed_and_may_be_null():
    for comment in ("  spaces  ", "", None):
        reader = bodies.VoteIn(data={**GOOD[bodies.VoteIn], "comment": comment})
        assert reader.is_valid()
        assert reader.validated_data["comment"] == comment


@pytest.mark.parametrize("decision", ["", "APPROVE", "abstain"])
def test_a_decision_is_one_of_three(decision):
    assert wrong(bodies.VoteIn, {**GOOD[bodies.VoteIn], "decision": decision}) == ["decision"]
