"""Periodic work of the wiring; the schedule stands in releasegate/celery.py."""

from celery import shared_task

from kernel.clock import SCHEDULER
from releasegate.actions.beat import beat
from releasegate.actions.forget_expired import forget_expired
from releasegate.actions.summarise_failures import summarise_failures


@shared_task(name="releasegate.beat")
def scheduler_lives() -> None:
    """The scheduler's word that it lives."""
    beat(SCHEDULER)


@shared_task(name="releasegate.summarise_failures")
def summarise() -> None:
    """Failed authentication becomes summarised events."""
    summarise_failures()


@shared_task(name="releasegate.forget_expired")
def forget() -> None:
    """Old answers and counters go."""
    forget_expired()
