"""A release: an application's version that is meant to ship."""

from django.db import models

from builds.models import Build
from kernel.ids import new_rel
from teams.models import Application


class Release(models.Model):
    """`id` sorts by cut time: newer = cut later."""

    id = models.CharField(primary_key=True, max_length=30, default=new_rel, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=100)
    build = models.OneToOneField(Build, on_delete=models.PROTECT, related_name="release")
    state = models.CharField(max_length=10)  # releases.states.ReleaseState: open | withdrawn
    cut_at = models.DateTimeField()
    cut_by = models.CharField(max_length=64)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "version"], name="release_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.version}"
