"""The sealer says that it lives, or why it stopped; `/readyz` reads it."""

from audit.models import SealerState
from kernel.clock import raw_now


def report(mismatch: str = "", *, verified: bool = False) -> None:
    """Store that the sealer is alive now and what mismatch stopped it ("" = none). `verified`: it has just checked
    the whole log from the first leaf on."""
    at = raw_now()
    said = {"alive_at": at, "mismatch": mismatch} | ({"verified_at": at} if verified else {})
    SealerState.objects.update_or_create(id=1, defaults=said)
