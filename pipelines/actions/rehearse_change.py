"""Let somebody look at the world as it would be under a proposed change. Nothing of it stays."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from pipelines.actions.confirm_change import apply_as_proposed
from pipelines.models import ConfigChange

Seen = TypeVar("Seen")


class _Enough(Exception):
    """What was seen, on the way out of the transaction that is rolled back."""

    def __init__(self, seen):
        self.seen = seen


def rehearse_change(change: ConfigChange, look: Callable[[], Seen]) -> Seen:
    """What `look()` reads once the change is done; then everything is rolled back, its events too.

    Raises what pipelines.actions.confirm_change raises when the change cannot come into force any more.
    """
    try:
        with transaction.atomic():
            apply_as_proposed(change, request_id=None)
            raise _Enough(look())
    except _Enough as enough:
        return enough.seen
