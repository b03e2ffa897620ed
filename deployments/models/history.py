"""The history export's row: one per deployment, written by transition() in the same transaction."""

from django.db import models


class History(models.Model):
    """Every column is text or an instant ready for export; missing data is the words `not recorded`.

    Streamed by COPY on PostgreSQL, so it joins nothing.
    """

    deployment = models.CharField(primary_key=True, max_length=30)
    application = models.CharField(max_length=64)
    version = models.CharField(max_length=100)
    environment = models.CharField(max_length=64)
    state = models.CharField(max_length=20)
    kind = models.CharField(max_length=10)
    requested_by = models.CharField(max_length=64)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField()
    approvals = models.TextField()  # "rita (release-managers) approve 2026-…Z: comment; …"
    eligibility = models.TextField(db_default="not recorded")
    gate_version = models.TextField()
    content_hash = models.TextField()
    window = models.TextField()
    evidence = models.TextField()
    artifacts = models.TextField()
    commit = models.TextField()
    account = models.TextField()
    region = models.TextField()
    aws_identity = models.TextField()
    plan = models.TextField()
    tests = models.TextField()
    previous_version = models.TextField()
    rolled_back_to = models.TextField()
    break_glass = models.BooleanField(default=False)
    review = models.TextField(db_default="not recorded")
    expedited = models.TextField(db_default="no")
    outcome = models.TextField()
    release = models.TextField(db_default="not recorded")
    build = models.TextField(db_default="not recorded")
    approval = models.TextField(db_default="not recorded")
    requester = models.TextField(db_default="not recorded")
    pipeline_version = models.TextField(db_default="not recorded")

    class Meta:
        indexes = [
            models.Index(fields=["requested_at"], name="history_requested_at"),
            models.Index(fields=["application", "environment"], name="history_lane"),
        ]
