"""Which worker processes are alive, and for which pool."""

from django.db import models


class Worker(models.Model):
    """One worker process; `seen_at` is touched by its own thread on the database's clock."""

    name = models.CharField(primary_key=True, max_length=100)
    pool = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pool", "seen_at"], name="worker_alive")]
