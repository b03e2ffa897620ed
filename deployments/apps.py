"""Django's entry for deployments."""

from django.apps import AppConfig
from django.core.checks import register

from deployments.checks import target_kinds


class DeploymentsConfig(AppConfig):
    """Registers the system checks: `make check`, migrations and every starting worker run them."""

    name = "deployments"

    def ready(self) -> None:
        register(target_kinds)
