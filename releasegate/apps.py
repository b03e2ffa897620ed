"""Django's entry for the wiring."""

from django.apps import AppConfig

from releasegate.celery import app as celery_app

__all__ = ["ReleaseGateConfig", "celery_app"]


class ReleaseGateConfig(AppConfig):
    """Holds the commands, the middleware and the periodic tasks of the wiring; no models."""

    name = "releasegate"
    verbose_name = "Release Gate"
