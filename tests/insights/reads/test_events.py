"""The log in sentences: every kind has one, and no shape of data makes the page fail or say more than it knows."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.models import AuditEvent
from audit.tags import Kind
from deployments.states import State
from insights.reads.events import SENTENCES, sentence_of, timeline
from insights.templatetags.gate import icon
from insights.vocabulary import DEPLOYMENT
from tests.insights.frames import frame_for


def said(kind: str, environment=None, **data) -> str:
    return sentence_of(kind, data, environment)[1]


def test_every_kind_that_has_a_sentence_is_a_kind_of_the_log_and_has_an_icon():
    assert set(SENTENCES) <= set(Kind)
    unknown = icon("no such icon")
    assert [name for name, _ in SENTENCES.values() if icon(name) == unknown] == []


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("approval.voided", {"changed_fields": ["plan_digest"]}, "Votes void: plan digest changed"),
        ("approval.voided", {"changed_fields": ["a_b", "c"]}, "Votes void: a b, c changed"),
        ("approval.voided", {"changed_fields": []}, "Votes void: what was approved changed"),
        ("artifact.mismatch", {"artifact": "app"}, "Artifact app is not what was handed over"),
        ("artifact.missing", {"artifact": "app"}, "Artifact app is missing"),
        ("artifact.unreadable", {"artifact": "app"}, "Artifact app cannot be read"),
        ("artifact.verified", {"artifact": "app"}, "Artifact app verified"),
        (
            "aws.intended",
            {"calls": [{"api": "s3:Put"}, {"api": "s3:Put"}, {"api": "cfn:Run"}]},
            "About to call AWS: s3:Put, cfn:Run",
        ),
        ("aws.recorded", {"calls": [{"api": "s3:Put"}]}, "AWS answered: s3:Put"),
        ("aws.recorded", {"calls": [{"api": "s3:Put"}], "adopted": True}, "Found done in AWS: s3:Put"),
        ("aws.left_over", {"names": "rg-x-*"}, "May be left over in AWS: rg-x-*"),
        (
            "deployment.denied",
            {"codes": ["lane_busy", "outside_window"]},
            "Request denied: lane busy, outside window",
        ),
        ("evidence.added", {"kind": "junit"}, "Evidence added: tests"),
        ("evidence.refused", {"kind": "cfn-lint"}, "Evidence refused: template lint"),
        ("evidence.added", {"kind": "Mine"}, "Evidence added: mine"),
        ("gate.unsatisfiable", {"groups": ["a", "b"]}, "Nobody can fill the gate: too few in a and b"),
        ("plan.computed", {"changes": 0}, "Plan computed: no changes"),
        ("plan.computed", {"changes": 1}, "Plan computed: 1 change"),
        ("plan.computed", {"changes": 12}, "Plan computed: 12 changes"),
        ("plan.computed", {}, "Plan computed"),
        ("plan.computed", {"changes": "many"}, "Plan computed"),
        ("signin.failed", {"code": "wrong_password"}, "Sign-in failed: wrong password"),
        ("vote.cast", {"decision": "approve", "slot": "owners"}, "Approved for owners"),
        ("vote.cast", {"decision": "approve"}, "Approved"),
        ("vote.cast", {"decision": "reject"}, "Rejected"),
        ("vote.cast", {"decision": "shrug"}, "Voted"),
        ("vote.refused", {"code": "separation_of_duties"}, "Vote refused: separation of duties"),
        ("group.changed", {}, "Group changed"),
        ("deployment.changed", {}, "Deployment changed"),
        ("break_glass.opened", {}, "Break glass opened"),
    ],
)
def test_the_sentence_of_an_event(kind, data, sentence):
    assert sentence_of(kind, data, "prod")[1] == sentence


@pytest.mark.parametrize("state", list(State))
def test_a_step_of_a_deployment_has_the_word_and_icon_of_its_state(state):
    word = DEPLOYMENT[state]
    assert sentence_of(f"deployment.{state}", {}, None) == (word.icon, word.text)


def test_a_request_says_what_goes_where():
    assert said("deployment.requested", "prod", version="1.1.0") == "Requested 1.1.0 to prod"
    assert said("deployment.requested", None, version="1.1.0") == "Requested"


@pytest.mark.parametrize("kind", ["thing.exploded_loudly", "deployment.exploded_loudly"])
def test_a_kind_nobody_knows_is_named_by_itself_under_a_plain_dot(kind):
    icon_, text = sentence_of(kind, {}, None)
    assert (icon_, text.lower()) == ("dot", kind.replace(".", " ").replace("_", " "))


NAMES = (
    *("artifact", "calls", "adopted", "changed_fields", "changes", "code", "codes", "decision"),
    *("groups", "kind", "names", "slot", "version"),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(
    st.sampled_from(list(Kind)), st.dictionaries(st.sampled_from(NAMES), JSON), st.none() | st.just("prod")
)
@example("aws.intended", {"calls": None}, None)
@example("deployment.denied", {"codes": None}, None)
@example("gate.unsatisfiable", {"groups": [1]}, None)
@example("plan.computed", {"changes": "many"}, None)
@example("vote.cast", {"decision": ["approve"]}, None)
@example("approval.voided", {"changed_fields": {"plan": 1}}, None)
def test_no_shape_of_the_data_makes_the_page_fail(kind, data, environment):
    icon_, text = sentence_of(kind, data, environment)
    assert icon_ and text


@pytest.mark.django_db
def test_a_timeline_is_newest_first_with_who_and_what_was_said(world):
    asked = world.asked(reason="The quarter ends.")
    world.vote(asked, "omar", "reject", "The ledger is <b>not</b> tested.")
    asked = world.fresh(asked)
    subjects = [f"deployment:{asked.pk}", f"approval:{asked.approval_id}"]
    rows = timeline(frame_for(world, "rita"), subjects)
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    told = {row["text"]: row for row in rows}
    assert {"Requested 1.1.0 to prod", "Keys asked for", "Rejected"} <= set(told)
    vote = next(row for row in rows if row["comment"] == "The ledger is <b>not</b> tested.")
    assert (vote["actor"], vote["environment"]) == ("omar", "prod")
    requested = told["Requested 1.1.0 to prod"]
    assert (requested["actor"], requested["state"]) == ("dana", "requested")


@pytest.mark.django_db
def test_a_timeline_leaves_out_what_it_is_told_to_and_other_subjects(world):
    asked = world.asked()
    frame, subjects = frame_for(world, "rita"), [f"deployment:{asked.pk}"]
    every = timeline(frame, subjects)
    assert len(every) == AuditEvent.objects.filter(subject=subjects[0]).count() > 1
    rest = timeline(frame, subjects, ["deployment.requested"])
    assert [row for row in every if row not in rest] == [
        row for row in every if row["text"] == "Requested 1.1.0 to prod"
    ]
    assert timeline(frame, []) == timeline(frame, ["deployment:none"]) == []


@pytest.mark.django_db
def test_somebody_who_is_part_of_nothing_reads_nothing_of_it(world):
    asked = world.asked()
    assert timeline(frame_for(world, "zoe"), [f"deployment:{asked.pk}"]) == []
