"""The contract of a target kind: plan, apply, roll back, clean up, each as repeatable small ticks.

An executor never changes AWS itself. Every method reads AWS first and answers with *Progress*: `Calls` (the
mutations to make next, as data; the engine commits an intent for each, sends them, records the outcome and asks
again), `Poll` (wait), or an end. So a tick may be repeated at any time by any process: what was done already is
seen by reading, and is adopted instead of repeated. Executors know AWS and nothing of the database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Call:
    """One mutation. `token` is deterministic (same tick, same token) and goes into `token_field` where the API
    has one; `params` are boto3's; `body` holds bytes that do not belong into a digest or a log."""

    api: str  # "cloudformation.CreateChangeSet": boto3 service name, operation name
    params: Mapping
    token: str
    target: str  # what it changes, for people: "stack payments-prod", "s3://site/index.html"
    purpose: str  # plan | stage | apply | test | rollback | cleanup
    token_field: str | None = None
    body: bytes | None = None
    body_field: str = "Body"


@dataclass(frozen=True)
class Calls:
    calls: tuple[Call, ...]
    detail: str = ""
    data: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Poll:
    """Nothing to do yet. `data` is merged into the step's notes; `log` lines go to the deployment's log."""

    detail: str
    after: float | None = None  # seconds; None: the engine's own back-off
    data: dict = field(default_factory=dict)
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    detail: str
    result: dict = field(default_factory=dict)
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """It definitely did not work. `undone`: AWS went back to the previous state by itself; `nothing_left`:
    this was a first creation and nothing usable exists; `changed` False: nothing had been changed at all."""

    detail: str
    code: str
    undone: bool = False
    nothing_left: bool = False
    changed: bool = True
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """AWS could not be read, or says something nobody foresaw; a human decides after a few rounds."""

    detail: str


Progress = Calls | Poll | Done | Failed | Unknown


@dataclass(frozen=True)
class ArtifactRef:
    """A verified artifact and where the target account has its own copy (None until staged)."""

    name: str
    kind: str
    digest: str  # sha256:<hex>
    size: int | None
    bucket: str | None = None
    key: str | None = None
    version_id: str | None = None


@dataclass(frozen=True)
class IntentView:
    api: str
    token: str
    outcome: str
    sends: int
    response: Mapping


@dataclass(frozen=True)
class Context:
    """All an executor may know. `name_prefix` (`rg-<id>-<round>`) is safe in every AWS name and token.

    `settings` is the stage's target mapping without `kind`, `parameters` the request's, merged over it by the
    executor; `data` the step's notes plus, in apply, the plan's `data`; `read_artifact(name)` gives the verified
    bytes; `session.client(service)` a boto3 client of the deploy role.
    """

    name_prefix: str
    account: str
    region: str
    application: str
    environment: str
    version: str
    settings: Mapping
    parameters: Mapping
    artifacts: Mapping[str, ArtifactRef]
    staging_bucket: str
    session: object
    read_artifact: Callable[[str], bytes]
    data: Mapping = field(default_factory=dict)
    intents: tuple[IntentView, ...] = ()
    attempt: int = 1
    seen: dict = field(default_factory=dict)  # token → what the engine records of it

    def saw(self, token: str, **response: str) -> None:
        """Reading AWS proves that the call with this token was carried out, whatever became of its answer."""
        intent = self.sent(token)
        if intent is not None and intent.outcome in ("pending", "ambiguous"):
            self.seen[token] = response

    def sent(self, token: str) -> IntentView | None:
        """The intent with this token, if one was committed before."""
        return next((intent for intent in self.intents if intent.token == token), None)


class Executor(Protocol):
    """One file per kind in executors/, one line in its registry; the schema of its settings is in pipelines.targets."""

    kind: str
    artifact_kinds: tuple[str, ...]  # staged into the account before plan; others stay where they are

    def plan(self, context: Context) -> Progress:
        """Done.result = {"state": "ready"|"none", "changes": [{"action", "logical_id", "type", "replacement"}],
        "data": {…}}: `changes` normalised (sorted, no ids, times), `data` what apply needs to find it again."""

    def apply(self, context: Context) -> Progress:
        """Carry out exactly the plan in `context.data`. A plan that AWS no longer has as it was: Failed
        with code `plan_stale`, changed=False."""

    def rollback(self, context: Context) -> Progress:
        """Bring the target to the release this context describes (the last verified one)."""

    def cleanup(self, context: Context) -> Progress:
        """Remove what the plan left unused (change set, empty REVIEW_IN_PROGRESS stack)."""
