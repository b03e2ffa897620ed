"""The one row by which tests and the demo move the clock."""

from django.db import models


class ClockOffset(models.Model):
    """Seconds added to the database's now. Read only where `CLOCK_MAY_MOVE` is set (never in production)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="clock_offset_single_row")]

    def __str__(self) -> str:
        return f"{self.seconds:+d} s"
