"""The floor's own rows: the clock's offset, stored answers, counted requests."""

from django.db import models


class ClockOffset(models.Model):
    """Seconds added to the database's now. Read only where `CLOCK_MAY_MOVE` is set (never in production)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="clock_offset_single_row")]

    def __str__(self) -> str:
        return f"{self.seconds:+d} s"


class IdempotentAnswer(models.Model):
    """The first answer to an `Idempotency-Key`, kept 24 h.

    `sealed`: headers and body, encrypted, because an answer may hold a token that is shown once.
    `key_digest` is the SHA-256 of the key, `request_digest` that of the request.
    """

    principal = models.CharField(max_length=100)
    key_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["principal", "key_digest"], name="idempotent_answer_one_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.key_digest[:8]}"


class RateBucket(models.Model):
    """Requests of one subject in one Unix minute; `reported`: an audit event tells of these failures."""

    subject = models.CharField(max_length=100)
    minute = models.BigIntegerField()
    used = models.BigIntegerField()
    reported = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "minute"], name="rate_bucket_one_per_minute")
        ]
        indexes = [models.Index(fields=["minute"], name="rate_bucket_minute")]

    def __str__(self) -> str:
        return f"{self.subject} {self.minute}: {self.used}"


class Heartbeat(models.Model):
    """When a part that runs by itself last said that it lives, by the database's clock."""

    name = models.CharField(primary_key=True, max_length=100)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.seen_at}"
