"""A deployment in every state a page shows, so that each page can be looked at as a person sees it."""

from deployments.models import Deployment, DeploymentLog, Step
from deployments.states import State
from kernel.clock import now
from tests.deployments.broken import broken
from tests.insights.calendar_rows import freeze_now, window_elsewhen

ENDS = {
    "deployed": (State.VERIFYING, State.SUCCEEDED),
    "failed": (State.FAILED,),
    "rolled back": (State.VERIFYING, State.ROLLING_BACK, State.ROLLED_BACK),
    "cancelled": (State.CANCELLED,),
}
LINES = (
    "AWS is being changed.\n" * 40 + "Function failed: Resource handler returned message: not authorised\n"
)
CHANGES = [
    {"action": "Remove", "logical_id": "OldQueue", "type": "AWS::SQS::Queue"},
    {"action": "Modify", "logical_id": "Ledger", "type": "AWS::DynamoDB::Table", "replacement": "True"},
    {"action": "Add", "logical_id": "Events", "type": "AWS::SNS::Topic"},
]


def ready(world, number: int, **changes) -> str:
    """The version `1.<number>.0`, as far as staging."""
    version = f"1.{number}.0"
    world.release(version, **changes)
    world.runs(version, "staging")
    return version


def deployments(world) -> dict[str, Deployment]:
    """{what it is in: the deployment}; those that ended first, for one that starts supersedes what waits."""
    found = {}
    for number, (word, states) in enumerate(ENDS.items(), start=2):
        found[word] = world.move(world.running(ready(world, number)), *states)
    found["rejected"] = world.asked(ready(world, 10))
    world.vote(found["rejected"], "omar", "reject", "The ledger is not tested at all.")
    found["superseded"] = world.asked(ready(world, 11))
    found["running"] = world.running(ready(world, 12))
    found["satisfied"] = world.approved(ready(world, 13))  # waits for the lane
    found["void"] = world.asked(ready(world, 14))
    world.vote(found["void"], "omar", comment="I looked at the change set.")
    world.plan(found["void"], digest="sha256:" + "f" * 64)
    found["open"] = world.asked(ready(world, 15), reason="The quarter ends on Monday.")
    Deployment.objects.filter(pk=found["open"].pk).update(plan_changes=CHANGES)
    doubtful = world.start(world.asked("1.15.0", "dev"))
    found["needs a person"] = world.move(doubtful, State.UNCERTAIN, State.NEEDS_HUMAN)
    DeploymentLog.objects.filter(deployment=found["running"]).delete()
    DeploymentLog.objects.create(deployment=found["running"], offset=0, text=LINES, at=now())
    Step.objects.filter(deployment=found["running"], kind="apply").update(state="running", started_at=now())
    return found


GLASS = "/break-glass?application=payments&version=1.15.0&environment=prod"
ASKED = ("open", "void", "satisfied", "rejected", "superseded")
DEPLOYED = ("running", "deployed", "failed", "rolled back", "needs a person")
LISTS = ["/inbox", "/board", "/calendar", "/audit?kind=approval.opened", "/releases"]
EMPTY = [
    "/board?application=none",
    "/audit?actor=nobody",
    "/releases?application=none",
    "/inbox?environment=x",
]


def addresses(world) -> tuple[list[str], list[str]]:
    """(every page of such a company, one of each kind), with a freeze and a closed place."""
    rows = {word: world.fresh(row) for word, row in deployments(world).items()}
    freeze_now("staging", reason="Stocktaking of the whole warehouse")
    window_elsewhen("dev")
    asked = [f"/approvals/{rows[word].approval_id}" for word in ASKED]
    deployed = [f"/deployments/{rows[word].pk}" for word in DEPLOYED]
    releases = ["/releases/payments/1.15.0?to=prod", "/releases/payments/1.2.0"]
    wrong = ["/nothing/here", "/board?at=yesterday"]
    glass = [GLASS, f"/break-glass/{broken(world, ready(world, 16)).pk}"]
    every = [*LISTS, *EMPTY, *glass, *releases, *wrong, *asked, *deployed]
    return every, [*LISTS, *glass, releases[0], asked[0], asked[2], deployed[0], deployed[2], wrong[0]]
