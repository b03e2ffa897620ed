"""The sealer says that it lives, or why it stopped; `/readyz` reads it."""

from audit.models import SealerState
from kernel.clock import raw_now


def report(mismatch: str = "") -> None:
    """Store that the sealer is alive now and what mismatch stopped it ("" = none)."""
    SealerState.objects.update_or_create(id=1, defaults={"alive_at": raw_now(), "mismatch": mismatch})
