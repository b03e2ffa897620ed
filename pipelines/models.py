"""Accounts, environments, pipeline versions, windows, freezes. Archived, never deleted."""

from django.db import models
from django.db.models import Q

from kernel.ids import new_acc, new_chg, new_env, new_frz, new_tst, new_win
from pipelines.states import ChangeState
from teams.models import Application, Person


class Account(models.Model):
    """An AWS account with the role we deploy through. `external_id` is ours, random, one per account."""

    id = models.CharField(primary_key=True, max_length=30, default=new_acc, editable=False)
    account_id = models.CharField(max_length=12, unique=True)
    alias = models.CharField(max_length=64, unique=True)
    partition = models.CharField(max_length=20, default="aws")
    regions = models.JSONField(default=list)
    deploy_role_arn = models.CharField(max_length=200)
    observe_role_arn = models.CharField(max_length=200, default="", blank=True)
    pool = models.CharField(max_length=64)
    external_id = models.CharField(max_length=64)
    test_result = models.JSONField(null=True)  # the last answer of "test connection"; null: never tried
    tested_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.alias


class ConnectionTest(models.Model):
    """Somebody waits for a try of the way into an account. A worker of the account's pool takes it before
    `expires_at` (raw clock) and leaves its `answer`; forgotten after a day."""

    id = models.CharField(primary_key=True, max_length=30, default=new_tst, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    asked_by = models.JSONField()  # kernel.actor.Actor.as_record
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    taken_by = models.CharField(max_length=100, default="", blank=True)
    answer = models.JSONField(null=True)


class Environment(models.Model):
    """A named place in an account and region. It owns its gate: `gate` = {"slots": [{"group", "count"}],
    "expedited_slots"?, "exclude": […], "expires_in": s, "valid_for": s, "step_up": bool,
    "comment": "optional|required", "escalation": group or None} or {}."""

    name = models.CharField(primary_key=True, max_length=64)
    uid = models.CharField(max_length=30, default=new_env, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="environments")
    region = models.CharField(max_length=30)
    rank = models.PositiveIntegerField()
    tier = models.CharField(max_length=64, default="", blank=True)
    protected = models.BooleanField(default=False)
    default_open = models.BooleanField()
    gate = models.JSONField(default=dict)
    gate_version = models.PositiveIntegerField(default=1)
    lane = models.CharField(max_length=10, default="supersede")
    previews = models.BooleanField(default=False)
    break_glass = models.PositiveSmallIntegerField(default=1)  # release managers who must agree to one
    overdue_review = models.CharField(max_length=5, default="warn")  # warn | block
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rank"], condition=Q(archived_at__isnull=True), name="environment_rank_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PipelineVersion(models.Model):
    """One immutable version of an application's pipeline; the highest `number` is in force.

    `spec` = {"stages": [{"environment", "target": {"kind", …}, "tests", "soak", "bake", "slots"}],
    "expedited"?: [{"environment", "skip", "slots"}]}.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="pipeline_versions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    spec = models.JSONField()
    edited_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="pipeline_version_once")
        ]


class GateShortage(models.Model):
    """A gate that the people there are cannot fill at this time; the row goes when they can. `id`: `prod/payments`,
    or `prod` where no pipeline leads; with `/expedited` for the expedited path. `groups`: a smallest set that has too
    few people together."""

    id = models.CharField(primary_key=True, max_length=140)
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, null=True, related_name="+")
    groups = models.JSONField()
    found_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class Window(models.Model):
    """When deployment is allowed. `start` is local time without offset (ISO 8601), `zone` an IANA name."""

    id = models.CharField(primary_key=True, max_length=30, default=new_win, editable=False)
    name = models.CharField(max_length=100)
    scope = models.JSONField(default=dict)
    timezone = models.CharField(max_length=64)
    rrule = models.CharField(max_length=500)
    start = models.CharField(max_length=19)
    duration = models.PositiveIntegerField()  # seconds
    in_flight = models.CharField(max_length=12, default="finish")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    archived_at = models.DateTimeField(null=True)
    archived_reason = models.TextField(default="", blank=True)


class Freeze(models.Model):
    """When deployment is not allowed: `start`–`end` once, or `start` + `rrule` + `duration` recurring."""

    id = models.CharField(primary_key=True, max_length=30, default=new_frz, editable=False)
    name = models.CharField(max_length=100)
    scope = models.JSONField(default=dict)
    timezone = models.CharField(max_length=64)
    start = models.CharField(max_length=19)
    end = models.CharField(max_length=19, default="", blank=True)
    rrule = models.CharField(max_length=500, default="", blank=True)
    duration = models.PositiveIntegerField(null=True)
    reason = models.TextField()
    contact = models.CharField(max_length=200)
    actions = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    archived_at = models.DateTimeField(null=True)
    archived_reason = models.TextField(default="", blank=True)


class ConfigChange(models.Model):
    """Configuration that somebody proposed and that a second person must confirm before it is in force.

    `request`: what the verb `kind` (pipelines.actions.attempt.VERBS) is called with; `base`: the version it was made
    from, where the object has one; `diff`: [{"pointer", "before", "after"}], exactly what is confirmed; `proposed`:
    the object's settings as they would be, null where it would be gone;
    `environments`: the protected ones for whose sake it waits.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_chg, editable=False)
    kind = models.CharField(max_length=40)
    target = models.CharField(max_length=200)
    request = models.JSONField()
    base = models.PositiveIntegerField(null=True)
    diff = models.JSONField()
    proposed = models.JSONField(null=True)
    environments = models.JSONField(default=list)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_via = models.JSONField()  # kernel.actor.Actor.as_record
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=ChangeState.PENDING)
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "expires_at"], name="config_change_due")]

    def __str__(self) -> str:
        return self.id
