"""A deployment, its steps, the intents it wrote before each AWS mutation, its log, and its lane."""

from django.db import models
from django.db.models import Q

from approvals.models import ApprovalRequest
from deployments.states import HOLDS_LANE, TERMINAL, IntentOutcome, StepState
from kernel.ids import new_dep, new_int
from pipelines.models import Environment, PipelineVersion
from releases.models import Release
from teams.models import Application, Person


class Deployment(models.Model):
    """One attempt to bring a release into an environment. `state` is written by transition.py alone."""

    id = models.CharField(primary_key=True, max_length=30, default=new_dep, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="deployments")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="deployments")
    version = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, default="deploy")  # deploy | rollback | baseline
    state = models.CharField(max_length=20)
    state_version = models.PositiveIntegerField(default=1)
    waiting_for = models.CharField(max_length=10, default="", blank=True)
    reasons = models.JSONField(default=list)  # of the last decision
    checks = models.JSONField(default=list)

    requested_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="deployments")
    requested_by_name = models.CharField(max_length=64)
    requested_by_tag = models.CharField(max_length=64)
    reason = models.TextField(default="", blank=True)
    parameters = models.JSONField(default=dict)
    not_before = models.DateTimeField(null=True)
    skipped_stages = models.JSONField(null=True)  # of an expedited one: never asked for; null: the usual way
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    start_record = models.JSONField(null=True)  # what was in force when it started: calendar, keys (start.py)

    approval = models.ForeignKey(
        ApprovalRequest, null=True, on_delete=models.PROTECT, related_name="deployments"
    )
    pipeline_version = models.ForeignKey(PipelineVersion, null=True, on_delete=models.PROTECT)
    pool = models.CharField(max_length=64, default="", blank=True)
    plan_state = models.CharField(max_length=12, default="not_computed")  # ready | none | not_computed
    plan_digest = models.CharField(max_length=71, default="", blank=True)
    plan_changes = models.JSONField(default=list)
    plan_data = models.JSONField(default=dict)  # what the executor needs to find the plan again
    plan_round = models.PositiveIntegerField(default=1)  # a new plan after a PATCH gets new names in AWS
    aws_identity = models.JSONField(null=True)
    previous_version = models.CharField(max_length=100, default="", blank=True)
    rolled_back_to = models.CharField(max_length=100, default="", blank=True)
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    break_glass = models.BooleanField(default=False)
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.CharField(max_length=64, default="", blank=True)
    cancel_reason = models.TextField(default="", blank=True)
    withdrawn_while_running = models.BooleanField(default=False)
    cleaned_at = models.DateTimeField(null=True)  # unused change sets and empty stacks removed

    lease_owner = models.CharField(max_length=100, default="", blank=True)
    lease_epoch = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    crashes = models.PositiveSmallIntegerField(default=0)  # leases in a row that ran out
    failures = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # looks in a row that ended in an error of ours

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "environment"],
                condition=Q(state__in=sorted(HOLDS_LANE)),
                name="deployment_one_in_lane",
            ),
            models.UniqueConstraint(
                fields=["release", "environment"],
                condition=~Q(state__in=sorted(TERMINAL)),
                name="deployment_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="deployment_due"),
            models.Index(fields=["application", "environment", "state"], name="deployment_lane"),
            models.Index(fields=["state"], name="deployment_state"),
        ]

    @property
    def expedited(self) -> bool:
        """It went, or asked to go, the expedited way; for ever."""
        return self.skipped_stages is not None

    def __str__(self) -> str:
        return self.id


class Step(models.Model):
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="steps")
    seq = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default=StepState.PENDING)
    attempt = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    detail = models.TextField(default="", blank=True)
    data = models.JSONField(default=dict)  # the executor's notes, kept between ticks

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "seq"], name="step_once")]


class Intent(models.Model):
    """Committed before an AWS mutation, with the token AWS will see; its outcome is recorded afterwards."""

    id = models.CharField(primary_key=True, max_length=30, default=new_int, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="intents")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="intents")
    attempt = models.PositiveSmallIntegerField(default=1)
    api = models.CharField(max_length=80)  # cloudformation.ExecuteChangeSet
    purpose = models.CharField(max_length=12)  # plan | stage | apply | test | rollback | cleanup
    token = models.CharField(max_length=128)
    target = models.CharField(max_length=500, default="", blank=True)
    request_digest = models.CharField(max_length=71)
    epoch = models.BigIntegerField()
    sends = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, default=IntentOutcome.PENDING)
    response = models.JSONField(default=dict)
    aws_request_id = models.CharField(max_length=100, default="", blank=True)
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "token"], name="intent_token_once")]


class DeploymentLog(models.Model):
    """One piece of a deployment's log; `offset` is where it begins, in characters."""

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="log")
    offset = models.PositiveBigIntegerField()
    text = models.TextField()
    at = models.DateTimeField()
    in_key = models.BooleanField(
        default=False
    )  # it ends inside a private key; the next piece may go on with it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "offset"], name="deployment_log_offset_once")
        ]


class Lane(models.Model):
    """What runs in an environment now, kept in the transaction that ends a deployment: the board reads this."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="lanes")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="lanes")
    deployment = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=100, default="", blank=True)
    since = models.DateTimeField(null=True)
    in_progress = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "environment"], name="lane_once")]
