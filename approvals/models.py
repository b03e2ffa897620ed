"""Approval requests and votes. A request attaches to (release, environment), never to a deployment row."""

from django.db import models
from django.db.models import Q

from kernel.ids import new_apr, new_vot
from pipelines.models import Environment
from releases.models import Release
from teams.models import Delegation, Person


class ApprovalRequest(models.Model):
    """`reminded`: percent of the time for votes of which people were told (approvals.timetable); `remind_at`: when the
    next step is due. `gate`: the snapshot it is judged by: {"slots": [{"group", "count"}] (owners resolved), "exclude",
    "step_up", "comment", "expires_in", "valid_for", "escalation", "version"}. `relations`: [{"relation", "person"|null,
    "email"|null}] of requester, submitter, authors and pipeline editor. `deployment`: its `dep_` id, as text."""

    id = models.CharField(primary_key=True, max_length=30, default=new_apr, editable=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="approval_requests")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="approval_requests")
    deployment = models.CharField(max_length=30)
    subject = models.JSONField()
    content_hash = models.CharField(max_length=71)
    past_subjects = models.JSONField(default=dict)  # {content hash: subject} of what was asked before
    state = models.CharField(max_length=10)  # approvals.states.ApprovalState
    gate = models.JSONField()
    relations = models.JSONField(default=list)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    satisfied_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    consumed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    remind_at = models.DateTimeField(null=True)
    escalated_to = models.CharField(
        max_length=64, default="", blank=True
    )  # a group that sees it from then on
    superseded_by = models.CharField(max_length=30, default="", blank=True)  # the newer deployment's id

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "environment"],
                condition=Q(state__in=["open", "satisfied", "void"]),
                name="approval_request_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["state", "expires_at"], name="approval_request_due"),
            models.Index(fields=["state", "remind_at"], name="approval_request_remind"),
        ]

    def __str__(self) -> str:
        return self.id


class Vote(models.Model):
    """One person's word on one content. Votes are never edited; they are voided or withdrawn."""

    id = models.CharField(primary_key=True, max_length=30, default=new_vot, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="votes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="votes")
    decision = models.CharField(max_length=8)  # approve | reject
    content_hash = models.CharField(max_length=71)
    comment = models.TextField(default="", blank=True)
    method = models.CharField(max_length=20)
    signature = models.JSONField(null=True)  # statement.stored(): what a passkey signed, with its key
    groups = models.JSONField(default=list)  # of whose place it was cast in, at that moment: why it counted
    # In whose place it was cast; null: in one's own.
    delegation = models.ForeignKey(Delegation, null=True, on_delete=models.PROTECT, related_name="votes")
    at = models.DateTimeField()
    void = models.BooleanField(default=False)
    changed_fields = models.JSONField(default=list)
    withdrawn_at = models.DateTimeField(null=True)

    @property
    def on_behalf_of(self) -> Person | None:
        """Whose place in a group this vote fills, where it is not the voter's own."""
        return self.delegation.principal if self.delegation_id else None

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the people who are counted by it: the voter, and whose place it fills."""
        return (self.person_id, self.delegation.principal_id) if self.delegation_id else (self.person_id,)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "person"],
                condition=Q(void=False, withdrawn_at__isnull=True),
                name="vote_one_per_person",
            )
        ]


class SigningStatement(models.Model):
    """A statement that somebody was handed to sign. It can be used once, by that person, until `not_after`.

    `shown`: the model of what the page showed, whose digest is the statement's member of that name.
    """

    nonce = models.CharField(primary_key=True, max_length=43)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="statements")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="statements")
    statement = models.JSONField()
    shown = models.JSONField()
    issued_at = models.DateTimeField()
    not_after = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.nonce
