"""The deployment page: is it working, what is it doing right now, and what can I do about it?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from approvals.picture import look
from builds.models import Evidence
from deployments.models import Deployment, Intent, Lane
from deployments.queries import get_visible
from deployments.states import HOLDS_LANE, PENDING, TERMINAL, IntentOutcome, State
from insights.frame import Frame
from insights.reads import checks, holding, keys
from insights.reads.deployment_acts import Acts, acts_of
from insights.reads.events import timeline
from insights.reads.evidence import rows_by_round
from insights.reads.openings import opening_at
from insights.reads.plans import PlanFacts, plan_facts
from insights.reads.rules_in_force import Rule, rules_in_force
from insights.reads.states_in_words import sentence_of
from insights.templatetags.gate import count, duration
from kernel.verdicts import Reason

USUAL = 20  # past deployments of the lane that "usually" is drawn from
FEWEST = 3
STEPS = {
    "verify-artifacts": "Verify artifacts",
    "plan": "Plan",
    "gate": "Keys",
    "window": "Window",
    "lane": "Lane",
    "apply": "Apply",
    "test": "Test",
    "bake": "Bake",
    "rollback": "Roll back",
}


@dataclass
class Progress:
    """What moves: the part that is asked for again while it is live. `version` changes when any of it does."""

    row: Deployment
    sentence: Reason
    reasons: list[dict]
    steps: list[dict]
    done: int
    usual: str
    live: bool
    version: str

    @property
    def total(self) -> int:
        """Steps that are not skipped."""
        return sum(step["state"] != "skipped" for step in self.steps)

    @property
    def text(self) -> str:
        """`4 of 7 steps`, `7 of 8 steps, 1 failed`."""
        failed = sum(step["state"] == "failed" for step in self.steps)
        return f"{self.done} of {count(self.total, 'step')}" + (f", {failed} failed" if failed else "")


@dataclass
class DeploymentPage:
    """Everything else on the page."""

    progress: Progress
    plan: PlanFacts
    slots: list[dict]
    rejections: list[dict]
    tests: list[dict]  # {title, rows} of the first round, and of the one after going back
    no_tests: str  # what an empty card of tests says
    no_plan: str  # why there is none, and the title over it
    no_plan_title: str
    intents: dict
    checks: list[dict]
    facts: list[tuple]
    rules: list[Rule]
    events: list[dict]
    acts: Acts
    too_short: str  # the keys lapse before it may start


def read_progress(frame: Frame, deployment_id: str) -> Progress:
    """Raises NotFound. At most seven queries beside the frame's own."""
    row = get_visible(frame.actor, deployment_id)
    ended = row.ended_at if row.state in TERMINAL else None
    steps = _named_apart(
        [_step(step, frame.now, ended) for step in sorted(row.steps.all(), key=lambda step: step.seq)]
    )
    stamps = [f"{s['kind']}{s['state']}{s['detail']}" for s in steps]
    version = f"{row.state_version}-{hash_of(stamps)}"
    return Progress(
        row=row,
        sentence=sentence_of(row, keys.last_rejection(row.approval) if row.state == State.REJECTED else None),
        reasons=row.reasons if row.state in PENDING else [],
        steps=steps,
        done=sum(step["state"] == "done" for step in steps),
        usual=_usual(row),
        live=row.state not in TERMINAL,
        version=version,
    )


def hash_of(parts: list[str]) -> str:
    """A short text that is the same for the same parts in every process."""
    number = 0
    for char in "\n".join(parts):
        number = (number * 131 + ord(char)) % (2**61 - 1)
    return f"{number:x}"


OVER = {"pending": "not_reached", "waiting": "ended_here", "running": "ended_here"}


def _named_apart(steps: list[dict]) -> list[dict]:
    """After going back the tests run again, under a name of their own."""
    seen = set()
    for step in steps:
        if step["kind"] in seen:
            step["label"] = f"{step['label']} again"
        seen.add(step["kind"])
    return steps


def _step(step, now: datetime, ended: datetime | None) -> dict:
    """`ended`: when the deployment did; nothing of it waits or is to come any more. `seconds`: None where it took
    less than one."""
    end = step.ended_at or ((ended or now) if step.state in ("running", "waiting") else None)
    over = OVER.get(step.state) if ended else None
    seconds = (end - step.started_at).total_seconds() if step.started_at and end else None
    return {
        "kind": step.kind,
        "label": STEPS.get(step.kind, step.kind),
        "state": over or step.state,
        "seconds": seconds if seconds and seconds >= 1 else None,
        "detail": "" if over else step.detail,
    }


def _usual(row: Deployment) -> str:
    """`usually 6 m 12 s`: the median of what went well in this lane; "" below three of them."""
    if row.state not in HOLDS_LANE:
        return ""
    ended = Deployment.objects.filter(
        application=row.application_id, environment=row.environment_id, state=State.SUCCEEDED, kind="deploy"
    ).exclude(started_at=None)
    spans = [
        end - start
        for start, end in ended.order_by("-ended_at").values_list("started_at", "ended_at")[:USUAL]
    ]
    if len(spans) < FEWEST:
        return ""
    return f"usually {duration(sorted(spans)[len(spans) // 2])}"


def read_deployment(frame: Frame, deployment_id: str) -> DeploymentPage:
    """Raises NotFound."""
    progress = read_progress(frame, deployment_id)
    row = progress.row
    picture = look(row.approval, frame.now) if row.approval else None
    intents = _intents(row)
    return DeploymentPage(
        progress=progress,
        plan=plan_facts(row.plan_state, row.plan_changes, ended=row.state in TERMINAL),
        slots=keys.slots_of_picture(picture, row.approval.state) if picture else [],
        rejections=keys.rejections(picture) if picture else [],
        tests=_tests(row),
        no_tests=_no_tests(row),
        no_plan=_no_plan(row),
        no_plan_title="" if row.plan_data.get("failed") else "No plan to see",
        intents=intents,
        checks=checks.stored_rows(row.checks, row.reasons, over=row.state in TERMINAL),
        facts=_facts(row),
        rules=rules_in_force(row),
        events=timeline(frame, _subjects(row), leave_out=("aws.intended",)),
        acts=acts_of(frame.actor, row, applying=bool(intents["apply"])),
        too_short=_too_short(frame, row),
    )


def _too_short(frame: Frame, row: Deployment) -> str:
    if row.approval is None or row.state not in PENDING:
        return ""
    opening = opening_at(frame.pulse, row.environment, row.application_id, zone=str(frame.zone))
    return holding.too_short(row.approval, opening, frame.now, frame.zone, row.not_before)


def _tests(row: Deployment) -> list[dict]:
    found = Evidence.objects.filter(subject=f"deployment:{row.pk}")
    return rows_by_round(found, row.release.build_id, row.version, row.rolled_back_to)


def _no_tests(row: Deployment) -> str:
    if row.kind == "baseline":
        return "A baseline records what was there before; nothing was tested."
    if row.state in TERMINAL:
        return "No test reported before it ended. Nothing unread counts as passed."
    return "The team's tests run in the target account after the change. Nothing unread counts as passed."


def _no_plan(row: Deployment) -> str:
    """Why there is no plan to see."""
    if row.plan_data.get("failed"):
        return str(row.plan_data.get("detail") or "AWS refused to say what would change.")
    return (
        "It ended before AWS was asked."
        if row.state in TERMINAL
        else "AWS has not said yet what would change."
    )


def _subjects(row: Deployment) -> list[str]:
    return [f"deployment:{row.pk}", *([f"approval:{row.approval_id}"] if row.approval_id else [])]


def _intents(row: Deployment) -> dict:
    """How many AWS mutations were intended, how many are done, were refused, have no known outcome."""
    open_ones = (IntentOutcome.PENDING, IntentOutcome.AMBIGUOUS)
    return Intent.objects.filter(deployment=row).aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(outcome=IntentOutcome.DONE)),
        refused=Count("pk", filter=Q(outcome=IntentOutcome.REFUSED)),
        unknown=Count("pk", filter=Q(outcome__in=open_ones)),
        apply=Count("pk", filter=Q(purpose="apply")),
    )


def _replaces(row: Deployment) -> tuple[str, str]:
    """What ran there when it started; before that, what runs there now; if it never started, what it would have."""
    if row.started_at is not None or row.kind == "baseline":
        return "Replaces", row.previous_version or "nothing recorded"
    if row.state in TERMINAL:
        return "Would have replaced", _ran_at(row, row.ended_at) or "nothing recorded"
    lane = Lane.objects.filter(application=row.application_id, environment=row.environment_id)
    running = lane.values_list("version", flat=True).first()
    return "Would replace", running or "nothing recorded"


def _ran_at(row: Deployment, at: datetime | None) -> str:
    """The version that ran in the lane at an instant, by our record."""
    ran = Deployment.objects.filter(
        application=row.application_id,
        environment=row.environment_id,
        state=State.SUCCEEDED,
        ended_at__lte=at,
    )
    return ran.order_by("-ended_at", "-id").values_list("version", flat=True).first() or ""


def _facts(row: Deployment) -> list[tuple]:
    """(name, value) pairs; what is not known is said."""
    took = row.ended_at - row.started_at if row.ended_at and row.started_at else None
    ended = row.state in TERMINAL
    identity = (row.aws_identity or {}).get("arn") or ("" if ended else "not assumed yet")
    unpinned = "" if ended else "not pinned yet"
    pairs = [
        _replaces(row),
        ("Account", f"{row.environment.account.alias} ({row.environment.account.account_id})"),
        ("Region", row.environment.region),
        ("Worker pool", row.pool or row.environment.account.pool),
        ("Acts in AWS as", identity),
        ("Pipeline", f"version {row.pipeline_version.number}" if row.pipeline_version else unpinned),
        ("Expedited", f"skips {', '.join(row.skipped_stages)}" if row.expedited else ""),
        ("Took", duration(took) if isinstance(took, timedelta) else ""),
    ]
    return [(name, value) for name, value in pairs if value]
