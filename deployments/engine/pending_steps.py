"""Show what decide() said on the steps of a deployment that has not started."""

from datetime import datetime

from deployments.bypass import Bypass, skipped_in_words
from deployments.engine import journal
from deployments.models import Deployment, Step
from deployments.states import StepKind, StepState
from kernel.verdicts import CheckState, Verdict

STEP_OF = {
    "artifact": StepKind.VERIFY_ARTIFACTS,
    "plan": StepKind.PLAN,
    "people": StepKind.GATE,
    "window": StepKind.WINDOW,
    "lane": StepKind.LANE,
}
STEP_STATE = {
    CheckState.PASS: StepState.DONE,
    CheckState.WAIT: StepState.WAITING,
    CheckState.DENY: StepState.FAILED,
    CheckState.SKIPPED: StepState.SKIPPED,
}


def kept(verdict: Verdict, bypass: Bypass | None) -> list[dict]:
    """The checks as a deployment keeps them; what was skipped says by whom and why, and what it would have said."""
    rows = []
    for check in verdict.checks:
        row = {"name": check.name, "state": str(check.state)}
        if check.state == CheckState.SKIPPED:
            row |= {"by": bypass.by, "why": bypass.why, "detail": skipped_in_words(bypass, check)}
        elif check.state == CheckState.PASS and check.reasons:
            row["note"] = check.reasons[0].text
        rows.append(row)
    return rows


def show(deployment: Deployment, verdict: Verdict, at: datetime, bypass: Bypass | None = None) -> None:
    """Show each check on the step it belongs to; what was not reached stays pending."""
    by_kind = {step.kind: step for step in Step.objects.filter(deployment=deployment)}
    for check in verdict.checks:
        step = by_kind.get(STEP_OF.get(check.name))
        if step is None or check.state == CheckState.NOT_REACHED:
            continue
        if step.state == StepState.SKIPPED and check.state == CheckState.PASS:
            continue
        if step.kind == StepKind.PLAN and check.state == CheckState.WAIT:
            continue  # planning itself says how far it is
        skipped = check.state == CheckState.SKIPPED
        detail = skipped_in_words(bypass if skipped else None, check)
        if check.state == CheckState.PASS and step.state == StepState.DONE:
            continue
        journal.set_step(step, STEP_STATE[check.state], at, detail)
