"""The fixed sequence of checks, as pure functions: facts in, verdict out (docs/concepts.md).

artifact → promotion order → standards → plan stop at the first that is not passed, so that a failed early check
never bothers a human; then people, window and lane, all evaluated and all listed.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from deployments.bypass import Bypass, pass_over
from deployments.expedited import Expedited, skipped, undefined
from deployments.states import State
from kernel.verdicts import Allow, Check, CheckState, Deny, Reason, Verdict, Wait

PASS, WAIT, DENY, NOT_REACHED = CheckState.PASS, CheckState.WAIT, CheckState.DENY, CheckState.NOT_REACHED
CHECKS = ("artifact", "order", "standards", "plan", "people", "window", "lane")

# What a waiting deployment says it waits for (`waiting_for` in the API).
WAITING_FOR = {
    "outside_window": "window",
    "freeze": "window",
    "stop_the_line": "window",
    "hold": "window",
    "lane_busy": "lane",
    "pool_unavailable": "lane",
    "scheduled": "schedule",
    "soak_unfinished": "schedule",
    "artifact_unverified": "evidence",
    "evidence_missing": "evidence",
    "external_check": "external",
    "review_overdue": "external",
    "break_glass_unconfirmed": "external",
}
# A denial of something already accepted ends it in one of these.
ENDS = {"withdrawn": State.WITHDRAWN, "plan_failed": State.FAILED}


@dataclass(frozen=True)
class Facts:
    """Everything the rules may ask, collected at one instant. Instants are aware; durations are seconds."""

    at: datetime
    application: str
    version: str
    environment: str
    release: str
    hypothetical: bool  # no deployment yet
    withdrawn: bool
    withdrawn_reason: str
    artifacts: tuple[tuple[str, str, str], ...]  # name, state, detail
    stage: dict | None  # None: the pipeline has no stage for this environment
    previous: str | None  # the environment of the stage before
    previous_at: datetime | None  # when this release last succeeded there
    returning: bool  # a rollback to what succeeded here before
    test_problem: str | None  # why the stage's tests cannot run
    protected: bool
    account: str
    account_unproved: str | None  # what the connection test found wrong, on protected environments
    plan_state: str  # ready | none | not_computed | failed
    plan_detail: str
    people: Check
    opening: Verdict
    not_before: datetime | None
    lane_holder: tuple[str, str, str] | None  # deployment, version, state
    lane_ahead: tuple[str, str] | None  # with the policy `queue`: an earlier request, its version
    lane_rejects: str | None  # with the policy `reject`: another open request
    pool: str
    pool_alive: bool
    lane_locked: tuple[str, str] | None = (
        None  # a rollback failed here and nobody has said what runs: its version
    )
    expedited: Expedited | None = None  # it asked to go the expedited way
    bypass: Bypass | None = None  # a break-glass for this deployment that has not run out
    overdue_review: tuple[str, str, datetime] | None = None  # where it blocks: review, version, due


def _check(name: str, state: CheckState, *reasons: Reason) -> Check:
    return Check(name, state, tuple(reasons))


def _in_a_sentence(finding: str) -> str:
    """What was found at an artifact, to go on after: no stop at its end, and digests as far as people compare
    them (the whole ones stand with the artifact)."""
    return re.sub(r"\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b", r"\1…", finding).rstrip(". ")


def artifact(facts: Facts) -> Check:
    if facts.withdrawn:
        text = f"{facts.application} {facts.version} was withdrawn: {facts.withdrawn_reason}"
        return _check(
            "artifact",
            DENY,
            Reason("withdrawn", text, f"release:{facts.release}", None, "Ship another release."),
        )
    wrong = [a for a in facts.artifacts if a[1] == "mismatch"]
    if wrong:
        found = _in_a_sentence(wrong[0][2]) or "its digest differs"
        text = f"The artifact {wrong[0][0]} is not what was handed over: {found}."
        return _check(
            "artifact",
            DENY,
            Reason("artifact_mismatch", text, f"release:{facts.release}", None, "Build again."),
        )
    open_ones = [a for a in facts.artifacts if a[1] != "verified"]
    if open_ones or not facts.artifacts:
        name, state, detail = (
            open_ones[0] if open_ones else ("(none)", "missing", "the build has no artifact")
        )
        text = f"The artifact {name} is not verified yet ({state}{': ' + _in_a_sentence(detail) if detail else ''})."
        how = "It is read again by itself; check that the tools account can read it."
        return _check(
            "artifact", WAIT, Reason("artifact_unverified", text, f"release:{facts.release}", None, how)
        )
    return _check("artifact", PASS)


def order(facts: Facts) -> Check:
    if facts.stage is None:
        text = f"The pipeline of {facts.application} has no stage for {facts.environment}."
        how = f"Add a stage for {facts.environment} to the pipeline."
        return _check(
            "order", DENY, Reason("not_in_pipeline", text, f"pipeline:{facts.application}", None, how)
        )
    way = facts.expedited
    if way is not None and way.skip is None:
        return _check("order", DENY, undefined(facts.application, facts.environment))
    passed = () if way is None else (skipped(way, facts.version, facts.previous),)
    if facts.returning or facts.previous is None:
        return _check("order", PASS, *passed)
    if facts.previous_at is None:
        text = (
            f"{facts.version} has not succeeded in {facts.previous}, which comes before {facts.environment}."
        )
        how = f"Deploy {facts.version} to {facts.previous} first."
        return _check(
            "order", DENY, Reason("not_promoted_from", text, f"environment:{facts.previous}", None, how)
        )
    soak = 0 if way is not None and way.waives_soak else facts.stage.get("soak") or 0
    ripe = facts.previous_at + timedelta(seconds=soak)
    if facts.at < ripe:
        text = f"{facts.version} must run in {facts.previous} until {ripe:%Y-%m-%d %H:%M} UTC before it moves on."
        reason = Reason(
            "soak_unfinished", text, f"environment:{facts.previous}", ripe, "Wait; it goes on by itself."
        )
        return _check("order", WAIT, reason)
    return _check("order", PASS, *passed)


def standards(facts: Facts) -> Check:
    if facts.stage and facts.stage.get("tests") == "required" and facts.test_problem:
        text = f"{facts.environment} requires tests, and {facts.test_problem}"
        how = "Hand over a test-bundle with releasegate/tests.yaml that names a suite for this environment."
        return _check(
            "standards", DENY, Reason("test_spec_missing", text, f"release:{facts.release}", None, how)
        )
    return _check("standards", PASS)


def plan(facts: Facts) -> Check:
    if facts.account_unproved:
        how = "Let the role's trust policy require the external id, then test the connection again."
        reason = Reason("account_unproved", facts.account_unproved, f"account:{facts.account}", None, how)
        return _check("plan", DENY, reason)
    if facts.hypothetical:
        return _check("plan", NOT_REACHED)
    if facts.plan_state == "failed":
        text = f"AWS could not say what would change: {facts.plan_detail}"
        return _check(
            "plan",
            DENY,
            Reason(
                "plan_failed", text, f"release:{facts.release}", None, "Mend the template or the parameters."
            ),
        )
    if facts.plan_state == "not_computed":
        if not facts.pool_alive:
            return _check("plan", WAIT, _pool(facts))
        text = facts.plan_detail or "AWS is being asked what would change."
        return _check(
            "plan", WAIT, Reason("external_check", text, f"account:{facts.account}", None, "Nothing to do.")
        )
    return _check("plan", PASS)


def window(facts: Facts) -> Check:
    reasons = list(facts.opening.reasons) if not isinstance(facts.opening, Allow) else []
    if facts.not_before is not None and facts.at < facts.not_before:
        text = f"Asked for {facts.not_before:%Y-%m-%d %H:%M} UTC or later."
        reasons.append(Reason("scheduled", text, None, facts.not_before, "Wait; it starts by itself."))
    if facts.overdue_review is not None and not facts.returning:
        review, version, due = facts.overdue_review
        text = f"The break-glass of {version} should have been reviewed by {due:%Y-%m-%d %H:%M} UTC."
        how = "A release manager or owner who had no hand in it reviews it."
        reasons.append(Reason("review_overdue", text, f"break_glass:{review}", None, how))
    return _check("window", WAIT if reasons else PASS, *reasons)


def _pool(facts: Facts) -> Reason:
    text = f"No worker of the pool {facts.pool} is alive; only that pool may act in this account."
    return Reason(
        "pool_unavailable",
        text,
        f"account:{facts.account}",
        None,
        f"Start a worker for the pool {facts.pool}.",
    )


def lane(facts: Facts) -> Check:
    if facts.lane_rejects:
        text = f"{facts.environment} takes one request at a time, and {facts.lane_rejects} is open."
        return _check(
            "lane",
            DENY,
            Reason(
                "lane_rejected",
                text,
                f"environment:{facts.environment}",
                None,
                "Ask again when it has ended.",
            ),
        )
    reasons = []
    if facts.lane_locked and not facts.returning:
        failed, version = facts.lane_locked
        text = f"Going back from {version} failed; what runs there is not known, so the lane is locked."
        how = "Mend it in AWS, then record what runs there (a baseline), or roll back."
        reasons.append(Reason("lane_busy", text, f"deployment:{failed}", None, how))
    if facts.lane_holder:
        held_by, version, state = facts.lane_holder
        text = f"{version} is being deployed there ({state}); one deployment runs in a lane at a time."
        reasons.append(
            Reason("lane_busy", text, f"deployment:{held_by}", None, "It goes on when that one has ended.")
        )
    elif facts.lane_ahead and facts.bypass is None:  # an emergency stands in no queue
        text = f"{facts.lane_ahead[1]} was asked for earlier and goes first."
        reasons.append(
            Reason(
                "lane_busy",
                text,
                f"deployment:{facts.lane_ahead[0]}",
                None,
                "Wait, or cancel the earlier one.",
            )
        )
    if not facts.pool_alive:
        reasons.append(_pool(facts))
    return _check("lane", WAIT if reasons else PASS, *reasons)


def _passed_over(facts: Facts, check: Check) -> Check:
    """A break-glass skips what it names; without a stage there is nothing that could be deployed."""
    return check if facts.stage is None else pass_over(facts.bypass, check)


def judge(facts: Facts) -> Verdict:
    """The whole sequence. Deny beats Wait beats Allow; every reason reached is listed in the order of the checks."""
    checks: list[Check] = []
    for rule in (artifact, order, standards, plan):
        checks.append(_passed_over(facts, rule(facts)))
        if checks[-1].state in (WAIT, DENY):
            break
    else:
        checks += [_passed_over(facts, check) for check in (facts.people, window(facts), lane(facts))]
    reached = {check.name: check for check in checks}
    listed = tuple(reached.get(name, Check(name, NOT_REACHED)) for name in CHECKS)
    return _compose(listed, facts)


def _compose(checks: tuple[Check, ...], facts: Facts) -> Verdict:
    denied = tuple(r for check in checks if check.state == DENY for r in check.reasons)
    waits = tuple(r for check in checks if check.state == WAIT for r in check.reasons)
    if denied:
        return Deny(denied + waits, None, checks)
    if any(check.state == WAIT for check in checks):
        untils = [r.until for r in waits]
        # Known only when every reason's end is known: then all are over at the latest of them.
        until = max(untils) if untils and all(untils) else None
        return Wait(waits, until, checks)
    return Allow((), facts.opening.until, checks)


def state_for(verdict: Verdict) -> tuple[State, str]:
    """(state, waiting_for) of a deployment that has not started: the state follows the first open check."""
    if isinstance(verdict, Deny):
        denying = next(check for check in verdict.checks if check.state == DENY)
        return ENDS.get(denying.reasons[0].code, State.REJECTED), ""
    first = next(check for check in verdict.checks if check.state == WAIT)
    if first.name == "people":
        return State.NEEDS_APPROVAL, ""
    code = first.reasons[0].code
    if first.name == "plan" and code == "external_check":
        return State.PLANNING, ""
    return State.WAITING, WAITING_FOR.get(code, "external")
