"""The four tables of the log, the openings beside it, and what the sealer says about itself.

`audit_auditevent`, `audit_leaf`, `audit_node` and `audit_checkpoint` take INSERT and SELECT only
(triggers.py, grants.py). No foreign key leads to another app: actors and subjects are text, so history
outlives them.
"""

from django.db import models
from django.db.models import Q

from kernel.ids import new_evt


def stored_bytes(value) -> bytes:
    """The bytes of a binary column. SQLite keeps text where somebody wrote text; what then fails is the
    comparison of hashes, not the reading."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


class AuditEvent(models.Model):
    """One thing that happened. `body` holds the canonical bytes and is the only thing hashed; every other
    column is a search copy that no verifier trusts. `leaf_hash` = SHA-256(0x00 ‖ body), checked by the
    sealer."""

    id = models.CharField(primary_key=True, max_length=30, default=new_evt, editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=200)  # tag: user:per_…, application:<name>, system:<name>
    subject = models.CharField(max_length=200)
    outcome = models.CharField(max_length=7)  # audit.tags.Outcome
    environment = models.CharField(max_length=64, default="", blank=True)
    application = models.CharField(max_length=64, default="", blank=True)
    request_id = models.CharField(max_length=200, default="", blank=True)
    body = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="audit_event_at"),
            models.Index(fields=["subject", "id"], name="audit_event_subject"),
            models.Index(fields=["kind", "id"], name="audit_event_kind"),
            models.Index(fields=["actor", "id"], name="audit_event_actor"),
            models.Index(fields=["application", "id"], name="audit_event_application"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Leaf(models.Model):
    """The sealed place of an event: gapless from 0, given once, by the sealer alone."""

    leaf_index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="leaf")
    leaf_hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return str(self.leaf_index)


class Node(models.Model):
    """The hash over the complete subtree of 2^level leaves that begins at leaf idx·2^level (level ≥ 1)."""

    pk = models.CompositePrimaryKey("level", "idx")
    level = models.PositiveSmallIntegerField()
    idx = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.level}/{self.idx}"


class Checkpoint(models.Model):
    """The signed state of the log at one size: a C2SP signed note. One root per size, for ever."""

    tree_size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    vkey = models.CharField(max_length=400)
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint {self.tree_size}"


class Opening(models.Model):
    """What a commitment in a body stands for. Beside the log, so that a person can be forgotten and the log
    still verifies: commitment = HMAC-SHA256(nonce, field ‖ value)."""

    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="openings")
    field = models.CharField(max_length=64)
    nonce = models.BinaryField(max_length=32)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "field"], name="audit_opening_one_per_field")]
        indexes = [models.Index(fields=["value"], condition=Q(field="actor"), name="audit_opening_username")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.field}"


class SealerState(models.Model):
    """The one row by which the sealer says that it lives, or why it stopped. Not part of the log."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    alive_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)  # every sealed body was hashed again and the root agreed
    mismatch = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_sealer_state_single_row")]

    def __str__(self) -> str:
        return self.mismatch or "running"
