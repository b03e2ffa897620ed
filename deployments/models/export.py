"""A large history export, asked for by one caller and written by a worker."""

from django.db import models
from django.db.models import Q

from kernel.ids import new_exp


class Export(models.Model):
    """Ended when `ended_at` is set: with a `digest` it is done, without one it failed and `problem` says why.
    The file is named by the id and the lease's epoch, so that a worker that slept through its lease writes
    beside the file that counts. Bookkeeping: the row and the file go a while after `expires_at`."""

    id = models.CharField(primary_key=True, max_length=30, default=new_exp, editable=False)
    owner = models.CharField(max_length=200)  # the tag of whoever asked; to everybody else it does not exist
    asked_by = models.JSONField()  # kernel.actor.Actor.as_record
    asked_at = models.DateTimeField()
    format = models.CharField(max_length=10)
    filters = models.JSONField()  # deployments.exports.columns.Filters.as_json
    attempts = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, default="", blank=True)
    lease_until = models.DateTimeField(null=True)
    lease_epoch = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, default="", blank=True)
    rows = models.BigIntegerField(null=True)
    size = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=71, default="", blank=True)
    expires_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)  # the file

    class Meta:
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(ended_at__isnull=True), name="export_open"),
            models.Index(fields=["owner", "id"], name="export_owner"),
        ]
