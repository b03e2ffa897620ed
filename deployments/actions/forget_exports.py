"""Files of exports go when their day is over, their rows a week later."""

from datetime import timedelta

from deployments.exports import store
from deployments.models import Export
from kernel.clock import raw_now

ROW_KEPT = timedelta(days=7)


def forget_exports() -> int:
    """Remove them; how many files went. No event: that it was made and until when it is kept is on record."""
    at = raw_now()
    over = Export.objects.filter(expires_at__lte=at, removed_at__isnull=True)
    ids = list(over.values_list("pk", flat=True)[:100])
    for export_id in ids:
        store.remove(export_id)
    Export.objects.filter(pk__in=ids).update(removed_at=at)
    Export.objects.filter(expires_at__lte=at - ROW_KEPT, removed_at__isnull=False).delete()
    return len(ids)
