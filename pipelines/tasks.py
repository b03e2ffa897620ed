"""Celery: what is looked at again because people come and go."""

from celery import shared_task

from pipelines.actions.look_at_gates import look_at_gates as look


@shared_task(name="pipelines.look_at_gates")
def look_at_gates(_changed: str = "") -> None:
    """Every ten minutes, and at once when somebody left a group."""
    look()
