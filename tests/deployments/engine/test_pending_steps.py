"""What decide() said, on the steps people see before a start: each check where it belongs, no step turned back."""

from datetime import UTC, datetime

import pytest

from deployments.bypass import Bypass
from deployments.engine.pending_steps import kept, show
from deployments.models import Step
from kernel.verdicts import Check, CheckState, Reason, Wait

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
PASS, WAIT, DENY, SKIPPED, UNREACHED = (
    CheckState.PASS,
    CheckState.WAIT,
    CheckState.DENY,
    CheckState.SKIPPED,
    CheckState.NOT_REACHED,
)
GLASS = Bypass("bg_1", "rita", "Checkout is down.", "INC-7", frozenset({"people"}), AT, True)
STEPS = {"artifact": "verify-artifacts", "plan": "plan", "people": "gate", "window": "window", "lane": "lane"}


@pytest.fixture
def row(world):
    return world.request()


def said(*checks: tuple[str, CheckState]) -> Wait:
    reasons = {name: (Reason("x", f"About {name}."),) for name, _ in checks}
    return Wait((), None, tuple(Check(name, state, reasons[name]) for name, state in checks))


def shown(row) -> dict[str, tuple[str, str]]:
    rows = Step.objects.filter(deployment=row, kind__in=STEPS.values())
    return {step.kind: (step.state, step.detail) for step in rows}


def test_every_check_is_shown_on_its_own_step(row):
    show(row, said(("artifact", PASS), ("plan", DENY), ("people", WAIT), ("window", SKIPPED)), AT)
    assert shown(row) == {
        "verify-artifacts": ("done", "About artifact."),
        "plan": ("failed", "About plan."),
        "gate": ("waiting", "About people."),
        "window": ("skipped", "About window."),
        "lane": ("pending", ""),
    }


def test_checks_without_a_step_and_those_not_reached_show_nothing(row):
    show(row, said(("order", DENY), ("standards", WAIT), ("people", UNREACHED), ("lane", UNREACHED)), AT)
    assert set(shown(row).values()) == {("pending", "")}


def test_how_far_planning_is_it_says_itself(row):
    Step.objects.filter(deployment=row, kind="plan").update(state="running", detail="Asking AWS.")
    show(row, said(("plan", WAIT)), AT)
    assert shown(row)["plan"] == ("running", "Asking AWS.")


def test_what_is_done_keeps_its_words_and_what_was_skipped_is_not_called_done(row):
    Step.objects.filter(deployment=row, kind="plan").update(state="done", detail="3 changes.")
    Step.objects.filter(deployment=row, kind="gate").update(state="skipped", detail="No gate.")
    show(row, said(("plan", PASS), ("people", PASS)), AT)
    assert (shown(row)["plan"], shown(row)["gate"]) == (("done", "3 changes."), ("skipped", "No gate."))


def test_what_was_met_and_is_not_any_more_waits_again(row):
    show(row, said(("people", PASS)), AT)
    show(row, said(("people", WAIT)), AT)
    assert shown(row)["gate"] == ("waiting", "About people.")


def test_who_skipped_a_check_and_why_is_said_on_its_step_and_kept(row):
    verdict = said(("people", SKIPPED), ("window", WAIT))
    words = "Skipped by rita (break-glass, INC-7): Checkout is down. It said: About people."
    show(row, verdict, AT, GLASS)
    assert (shown(row)["gate"], shown(row)["window"]) == (("skipped", words), ("waiting", "About window."))
    assert kept(verdict, GLASS) == [
        {"name": "people", "state": "skipped", "by": "rita", "why": "Checkout is down.", "detail": words},
        {"name": "window", "state": "wait"},
    ]


def test_the_steps_of_another_deployment_stay_as_they_are(world, row):
    other = world.request("1.1.0", "staging")
    show(row, said(("people", WAIT), ("lane", WAIT)), AT)
    assert set(shown(other).values()) == {("pending", "")}
