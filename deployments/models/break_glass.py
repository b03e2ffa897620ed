"""A break-glass: who let one deployment past which checks, until when, and what somebody else found afterwards."""

from django.db import models
from django.db.models import Q

from deployments.models.deployment import Deployment
from kernel.ids import new_rev
from teams.models import Person


class BreakGlass(models.Model):
    """`needs`: release managers who must agree. `relations`: whoever had a hand in it, as approvals keep them."""

    id = models.CharField(primary_key=True, max_length=30, default=new_rev, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="bypasses")
    reason = models.TextField()
    incident = models.CharField(max_length=200)
    skip = models.JSONField(default=list)
    until = models.DateTimeField()
    drill = models.BooleanField(default=False)
    needs = models.PositiveSmallIntegerField(default=1)
    relations = models.JSONField(default=list)
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    finding = models.TextField(default="", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(reviewed_at__isnull=True), name="break_glass_open_review"
            )
        ]

    def __str__(self) -> str:
        return self.id
