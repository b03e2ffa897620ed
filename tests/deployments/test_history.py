"""The row that leaves in exports: written with every change, blank nowhere by accident (F07)."""

import pytest

from builds.models import Evidence
from deployments import history
from deployments.exports.columns import COLUMNS
from deployments.models import Deployment, History
from deployments.states import State
from kernel.clock import now
from kernel.verdicts import wire_time

pytestmark = pytest.mark.django_db


def stored(row) -> History:
    return History.objects.get(pk=row.pk)


def evidence(row, subject, **values) -> Evidence:
    summary = {"tests": 5, "passed": 4, "failed": 1}
    defaults = {"kind": "junit", "name": "smoke", "state": "parsed", "verdict": "fail", "summary": summary}
    return Evidence.objects.create(
        build=row.release.build,
        subject=subject,
        digest="sha256:" + "1" * 64,
        size=1,
        posted_by="system:worker",
        created_at=now(),
        **{**defaults, **values},
    )


def test_a_new_request_says_what_is_not_known_yet(world):
    row = stored(world.request())
    assert (row.state, row.outcome, row.requested_by) == ("requested", "requested", "dana")
    missing = (
        "reason",
        "approvals",
        "window",
        "evidence",
        "aws_identity",
        "plan",
        "tests",
        "previous_version",
    )
    assert {getattr(row, name) for name in missing} == {"not recorded"}
    assert (row.gate_version, row.content_hash) == ("no gate", "no gate")
    assert (row.account, row.region) == ("333333333333", "eu-west-1")
    assert row.artifacts.startswith("template sha256:aaaa")


def test_no_text_is_blank_but_where_nothing_was_rolled_back(world):
    row = stored(world.succeeded())
    blank = [name for name, kind in COLUMNS if kind == "text" and getattr(row, name) == ""]
    assert blank == ["rolled_back_to"]


def test_votes_are_written_with_group_time_and_comment(world):
    asked = world.asked()
    vote = world.vote(asked, "rita", comment="Looks right to me.").vote
    row = stored(asked)
    assert row.approvals == f"rita (release-managers) approve {wire_time(vote.at)}: Looks right to me."
    assert (row.gate_version, row.content_hash) == ("1", asked.approval.content_hash)
    world.vote(asked, "omar")
    assert stored(asked).approvals.count("; ") == 1


def test_a_withdrawn_vote_does_not_stand_in_it(world):
    asked = world.asked()
    world.vote(asked, "rita")
    world.vote(asked, "rita", "withdraw")
    assert stored(asked).approvals == "none yet"


def test_a_rejection_is_written(world):
    asked = world.asked()
    world.vote(asked, "omar", "reject", "The limit is wrong.")
    row = stored(asked)
    assert (row.state, row.outcome) == ("rejected", "rejected")
    assert "omar (payments-owners) reject" in row.approvals
    assert row.approvals.endswith(": The limit is wrong.")


def test_a_baseline_claims_nothing(world):
    row = stored(Deployment.objects.filter(kind="baseline").first())
    assert (row.approvals, row.window, row.kind) == (
        "none claimed (baseline)",
        "not asked (baseline)",
        "baseline",
    )


def test_without_a_gate_nobody_was_needed(world):
    world.release("1.2.0")
    row = world.start(world.asked("1.2.0", "dev"))
    assert row.state == State.RUNNING
    assert (stored(row).approvals, stored(row).window) == ("none needed", "open at start")


def test_tests_and_evidence_are_named(world):
    row = world.running()
    of_build = evidence(row, f"build:{row.release.build_id}", kind="coverage", verdict="pass", name="unit")
    of_run = evidence(row, f"deployment:{row.pk}")
    evidence(row, "deployment:dep_other")
    history.record(world.fresh(row))
    assert stored(row).evidence == f"{of_build.pk} coverage pass; {of_run.pk} junit fail"
    assert stored(row).tests == "smoke: 4/5 fail"


def test_a_rollback_names_where_it_went(world):
    row = world.move(world.running(), State.ROLLING_BACK, rolled_back_to="1.0.0")
    row = world.move(row, State.ROLLED_BACK)
    assert (stored(row).outcome, stored(row).rolled_back_to) == ("rolled back to 1.0.0", "1.0.0")


def test_what_ran_before_and_as_whom_is_written(world):
    row = world.running()
    arn = "arn:aws:sts::333333333333:assumed-role/deploy/rg-1"
    row = world.move(row, State.VERIFYING, aws_identity={"account": "333333333333", "arn": arn})
    assert (stored(row).previous_version, stored(row).aws_identity) == ("1.0.0", arn)
    assert stored(row).plan == row.plan_digest
