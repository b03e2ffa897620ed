"""A build is what CI made, immutable; artifacts are named by digest; evidence is append-only."""

from django.db import models

from kernel.ids import new_art, new_bld, new_evd
from teams.models import Application


class Build(models.Model):
    id = models.CharField(primary_key=True, max_length=30, default=new_bld, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="builds")
    version = models.CharField(max_length=100)
    commit = models.CharField(max_length=64)
    branch = models.CharField(max_length=250)
    repository = models.CharField(max_length=500, default="", blank=True)
    run = models.JSONField(default=dict)
    submitter = models.CharField(max_length=254, default="", blank=True)  # an e-mail, as posted
    posted_by = models.CharField(max_length=64)  # actor tag
    built_at = models.DateTimeField(null=True)
    commits = models.JSONField(null=True)  # null: not supplied, which is not the same as none
    digest = models.CharField(max_length=71)  # sha256:… over the content
    state = models.CharField(max_length=12)  # builds.states.BuildState
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(default="", blank=True)
    # What verify_artifacts read from the test-bundle (builds.testspec.read_bundle); null: unread
    test_spec = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "version"], name="build_version_once")]
        # Every page asks for them, and there are hardly any.
        indexes = [
            models.Index(
                fields=["application"],
                condition=models.Q(state="quarantined", withdrawn_at__isnull=True),
                name="build_quarantined",
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.version}"


class Artifact(models.Model):
    id = models.CharField(primary_key=True, max_length=30, default=new_art, editable=False)
    build = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="artifacts")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=40)
    uri = models.CharField(max_length=2000)
    version_id = models.CharField(max_length=1100, default="", blank=True)
    digest = models.CharField(max_length=71)
    size = models.BigIntegerField(null=True)
    state = models.CharField(max_length=12)  # builds.states.ArtifactState
    detail = models.TextField(default="", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["build", "name"], name="artifact_name_once")]
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="artifact_due")]

    def __str__(self) -> str:
        return self.name


class Evidence(models.Model):
    """One posted report. `subject` is `build:bld_…` or `deployment:dep_…` (tests run after a deployment)."""

    id = models.CharField(primary_key=True, max_length=30, default=new_evd, editable=False)
    build = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="evidence")
    subject = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    dialect = models.CharField(max_length=40, default="", blank=True)
    state = models.CharField(max_length=10)  # parsed | rejected
    verdict = models.CharField(max_length=6)  # pass | fail | warn | none
    summary = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    digest = models.CharField(max_length=71)
    size = models.BigIntegerField()
    posted_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "kind", "created_at"], name="evidence_latest")]
